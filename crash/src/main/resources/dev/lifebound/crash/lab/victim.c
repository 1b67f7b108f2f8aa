/* The victims of the laboratory that are written in C: a library with a table of named blocks, as many
 * have, and four mistakes with it. Loaded by a JVM, or compiled with -DALONE as a program of its own:
 *   cc -g -O1 -DALONE -fsanitize=address victim.c -o victim && ./victim read
 */
#include <stdlib.h>
#include <string.h>

#define ENTRIES 8

/* The table: it knows each block by its number, also after the block was freed. */
static char *volatile table[ENTRIES];

static char *open_entry(int entry, size_t bytes, char mark) {
  char *block = malloc(bytes);
  if (block != 0) {
    memset(block, mark, bytes);
  }
  return table[entry] = block;
}

/* Every answer: -1 all was right, else the index of the first wrong byte. */
static long first_wrong(const volatile char *block, size_t bytes, char mark) {
  for (size_t i = 0; i < bytes; i++) {
    if (block[i] != mark) {
      return (long)i;
    }
  }
  return -1;
}

/* Frees an entry's block and reads it through the table. */
long lab_read_after_free(size_t bytes) {
  free(open_entry(0, bytes, 'a'));
  return first_wrong(table[0], bytes, 'a');
}

/* Frees an entry's block twice; then two entries ask for blocks: wrong if they get the same one. */
long lab_double_free(size_t bytes) {
  free(open_entry(0, bytes, 'a'));
  free(table[0]);
  open_entry(1, bytes, 'b');
  open_entry(2, bytes, 'c');
  return first_wrong(table[1], bytes, 'b');
}

/* Frees an entry's block, lets somebody else allocate, and writes through the table. */
long lab_write_after_free(size_t bytes) {
  free(open_entry(0, bytes, 'a'));
  open_entry(1, bytes, 'b');
  for (size_t i = 0; i < bytes; i++) {
    ((volatile char *)table[0])[i] = 'a';
  }
  return first_wrong(table[1], bytes, 'b');
}

/* Writes half as much again as a block holds; the next block is wrong afterwards. */
long lab_overflow(size_t bytes) {
  open_entry(0, bytes, 'a');
  open_entry(1, bytes, 'b');
  for (size_t i = 0; i < bytes + bytes / 2; i++) {
    ((volatile char *)table[0])[i] = 'x';
  }
  return first_wrong(table[1], bytes, 'b');
}

#ifdef ALONE
#include <stdio.h>

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "";
  long wrong = strcmp(what, "read") == 0       ? lab_read_after_free(64)
               : strcmp(what, "double") == 0   ? lab_double_free(64)
               : strcmp(what, "write") == 0    ? lab_write_after_free(64)
               : strcmp(what, "overflow") == 0 ? lab_overflow(64)
                                               : -2;
  printf("%s: first wrong byte %ld\n", what, wrong);
  return wrong == -2 ? 64 : 0;
}
#endif
