/* SPDX-License-Identifier: Apache-2.0
 * What a correct library may do with memory, and seldom does. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void *correct_malloc(size_t n) { char *p = malloc(n); if (p) memset(p, 0x41, n); return p; }
void correct_free(void *p) { free(p); }
int correct_read(volatile char *p) { return *p; }

/* Drops whole pages of a live block and reads them: the sum of the zeroes, or less than 0. */
long correct_drop_pages(void) {
  size_t n = 16 * 4096;
  char *p = malloc(n);
  memset(p, 1, n);
  char *first = (char *)(((uintptr_t)p + 4095) & ~(uintptr_t)4095);
  if (madvise(first, 4 * 4096, MADV_DONTNEED) != 0) return -1;
  long sum = 0;
  for (int i = 0; i < 4 * 4096; i++) sum += ((volatile char *)first)[i];
  free(p);
  return sum;
}

/* Frees a block in a forked child, which has no other thread. The child's exit status; -1: it did not end. */
long correct_fork_and_free(void *p) {
  pid_t child = fork();
  if (child == 0) {
    free(p);
    free(malloc(100));
    _exit(42);
  }
  int status = 0;
  struct timespec moment = {0, 1000000};
  for (int i = 0; i < 20000; i++) {
    if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
    nanosleep(&moment, 0);
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return -1;
}
