/* SPDX-License-Identifier: Apache-2.0
 * Allocator loops for bench/run watch. The same loops twice: through the slots of malloc and free, which a
 * watch patches, and through pointers of our own, which were taken before and which nobody patches. Built
 * with -fno-plt both are the same instructions. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *(*plain_malloc)(size_t);
static void (*plain_free)(void *);

void loop_init(void *allocate, void *release) {
  plain_malloc = (void *(*)(size_t))allocate;
  plain_free = (void (*)(void *))release;
}

#define PAIRS(name, ALLOCATE, RELEASE)                     \
  long name(long n, long bytes) {                          \
    for (long i = 0; i < n; i++) {                         \
      volatile char *p = ALLOCATE(bytes);                  \
      p[0] = 1;                                            \
      RELEASE((void *)p);                                  \
    }                                                      \
    return n;                                              \
  }
PAIRS(loop_pairs, malloc, free)
PAIRS(loop_plain_pairs, plain_malloc, plain_free)

/* As a parser or a cache does: 256 blocks of 16 to 1,024 bytes live, each written and hashed once. */
#define HEAVY(name, ALLOCATE, RELEASE)                     \
  long name(long n, long seed) {                           \
    void *live[256] = {0};                                 \
    uint64_t r = (uint64_t)seed | 1, sum = 0;              \
    for (long i = 0; i < n; i++) {                         \
      r ^= r << 13, r ^= r >> 7, r ^= r << 17;             \
      unsigned at = r & 255;                               \
      size_t bytes = 16 + ((r >> 8) & 1008);               \
      RELEASE(live[at]);                                   \
      uint64_t *p = ALLOCATE(bytes);                       \
      memset(p, (int)i, bytes);                            \
      for (size_t k = 0; k < bytes / 8; k++) sum = (sum ^ p[k]) * 0x100000001b3; \
      live[at] = p;                                        \
    }                                                      \
    for (int i = 0; i < 256; i++) RELEASE(live[i]);        \
    return (long)sum;                                      \
  }
HEAVY(loop_heavy, malloc, free)
HEAVY(loop_plain_heavy, plain_malloc, plain_free)

/* The bug that repeats: every block is read once more after its free. */
long loop_bug(long n, long bytes) {
  long sum = 0;
  for (long i = 0; i < n; i++) {
    volatile char *p = malloc(bytes);
    p[0] = 1;
    free((void *)p);
    sum += p[0];
  }
  return sum;
}
