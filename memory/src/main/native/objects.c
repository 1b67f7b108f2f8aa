/* SPDX-License-Identifier: Apache-2.0
 *
 * What dl_iterate_phdr calls back: copies its list of loaded objects.
 *
 * In C and not in Java, since the list is locked meanwhile. A Java upcall waits for a safepoint where one has
 * begun; a thread of the JVM that waits for the list (the flight recorder does, within the JVM) keeps that
 * safepoint from coming: then the whole process would stand still for ever.
 */
#include <stdint.h>

/* struct dl_phdr_info, as far as it is looked at. */
struct info {
  uint64_t base;
  const char *name;
  uint64_t headers;
  uint16_t header_count;
  uint64_t loads;
};

struct lb_object {
  uint64_t base;
  uint64_t headers;
  uint64_t header_count;
  uint64_t name; /* offset in the names; ends with NUL */
};

/* Java's: the two arrays, and what became of them. What does not fit is counted, and Java asks again. */
struct lb_objects {
  uint64_t loads; /* objects that were ever loaded */
  uint64_t count;
  uint64_t limit;
  uint64_t names_bytes;
  uint64_t names_limit;
  struct lb_object *object;
  char *names;
};

/* Goes on while it gives 0. */
int32_t lb_objects_collect(const struct info *info, uint64_t size, struct lb_objects *all) {
  (void)size;
  all->loads = info->loads;
  if (all->limit == 0) {
    return 1;
  }
  uint64_t at = all->names_bytes;
  const volatile char *name = info->name;
  uint64_t length = 0;
  while (name[length] != 0) {
    length++;
  }
  if (all->count < all->limit && at + length < all->names_limit) {
    for (uint64_t i = 0; i <= length; i++) {
      all->names[at + i] = name[i];
    }
    all->object[all->count] = (struct lb_object){info->base, info->headers, info->header_count, at};
  }
  all->count++;
  all->names_bytes = at + length + 1;
  return 0;
}
