/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stubs of watched functions share with Java: the table of adopted blocks, the counters that
 * choose what is sampled, the rings. Java writes all of it before the first slot is patched.
 */
#ifndef LIFEBOUND_WATCH_H
#define LIFEBOUND_WATCH_H

#include "lifebound.h"

/* Every watched symbol: X(index, its name without a prefix of ours). The order is the one of Java's. */
#define LB_WATCH_FREEING(X)                          \
  X(0, free)                                         \
  X(1, cfree)                                        \
  X(2, _ZdlPv)                                       \
  X(3, _ZdaPv)                                       \
  X(4, _ZdlPvm)                                      \
  X(5, _ZdaPvm)                                      \
  X(6, _ZdlPvRKSt9nothrow_t)                         \
  X(7, _ZdaPvRKSt9nothrow_t)                         \
  X(8, _ZdlPvSt11align_val_t)                        \
  X(9, _ZdaPvSt11align_val_t)                        \
  X(10, _ZdlPvmSt11align_val_t)                      \
  X(11, _ZdaPvmSt11align_val_t)                      \
  X(12, _ZdlPvSt11align_val_tRKSt9nothrow_t)         \
  X(13, _ZdaPvSt11align_val_tRKSt9nothrow_t)
#define LB_WATCH_REALLOC 14
#define LB_WATCH_REALLOCARRAY 15
#define LB_WATCH_USABLE 16
#define LB_WATCH_MALLOC 17
#define LB_WATCH_CALLOC 18
#define LB_WATCH_POSIX_MEMALIGN 19
#define LB_WATCH_ALIGNED_ALLOC 20
#define LB_WATCH_MEMALIGN 21
#define LB_WATCH_STRDUP 22
#define LB_WATCH_NEW(X)                              \
  X(23, _Znwm)                                       \
  X(24, _Znam)                                       \
  X(25, _ZnwmRKSt9nothrow_t)                         \
  X(26, _ZnamRKSt9nothrow_t)
#define LB_WATCH_NEW_ALIGNED(X)                      \
  X(27, _ZnwmSt11align_val_t)                        \
  X(28, _ZnamSt11align_val_t)                        \
  X(29, _ZnwmSt11align_val_tRKSt9nothrow_t)          \
  X(30, _ZnamSt11align_val_tRKSt9nothrow_t)
#define LB_WATCH_DLSYM 31
#define LB_WATCH_DLOPEN 32
#define LB_WATCH_SYMBOLS 33

/*
 * An adopted block. Java alone enters and removes, under its lock; a stub only raises flags.
 *
 * status:
 *   63                 32 31    24 23    16 15     8 7      0
 *  +---------------------+--------+--------+--------+--------+
 *  | version of the entry|   0    | image  | symbol | flags  |
 *  +---------------------+--------+--------+--------+--------+
 *
 * The version changes whenever the entry gets another block, so that a stub which has read half of the
 * old and half of the new finds out.
 */
struct lb_entry {
  uint64_t key;    /* address of the block; 0: empty, 1: removed */
  uint64_t word;   /* address of the registry's state word */
  uint64_t handle; /* of the registry */
  uint64_t status;
};

#define LB_REMOVED 1
#define LB_FLAG_FREED 1ull       /* C has freed it, the free is owed: by image's function of symbol */
#define LB_FLAG_DONE 2ull        /* ... and was done already: nothing is owed */
#define LB_FLAG_QUARANTINED 4ull /* the registry has let go; a free is a second one */
#define LB_STATUS_FLAGS 0xffull
#define LB_STATUS_SYMBOL_SHIFT 8
#define LB_STATUS_IMAGE_SHIFT 16

/* Open addressing, linear; at least half of it is empty. */
struct lb_table {
  uint64_t mask;  /* entries - 1 */
  uint64_t shift; /* 64 - log2(entries): the hash's upper bits are the index */
  struct lb_entry entry[];
};

#define LB_HASH 0x9e3779b97f4a7c15ull

/* struct lb_watch_event.kind */
#define LB_WATCH_FREED 1          /* C freed a live adopted block */
#define LB_WATCH_SECOND_FREE 2    /* ... again: refused */
#define LB_WATCH_RELEASED_FREE 3  /* ... that Java had released already, while leases are open: refused */

/* One line of the ring of adopted frees; commit = position + 1, written last. */
struct lb_watch_event {
  uint64_t commit;
  uint64_t nanos;
  uint64_t address;
  uint64_t handle;
  uint64_t pc;
  uint32_t tid;
  uint16_t kind;
  uint16_t symbol;
  uint64_t status; /* of the entry */
  uint64_t leases; /* open at the free, as bits of the state word */
};

/* One line of the plain ring: every free of the watched libraries. */
struct lb_watch_free {
  uint64_t commit;
  uint64_t address;
  uint64_t pc;
  uint64_t thread; /* thread pointer */
};

#define LB_STRIPES 256
#define LB_STRIPE_SHIFT 6

/* Allocations left until one is guarded, for the threads whose hash this is. A cache line. */
struct lb_stripe {
  int64_t left;
  uint64_t random;
  int64_t credit; /* ticks that may be spent on guarding, at most LB_BURST */
  uint64_t last;  /* tick of the last turn; 0: none yet */
  uint64_t reserved[4];
};

/*
 * Guarding one block takes microseconds. A thread may spend one part in 2^budget of its time on it; what it
 * has saved lasts for a thousand blocks or two. In a program that does hardly anything but allocate, fewer
 * blocks are guarded than the rate says.
 */
#if defined(__x86_64__)
#define LB_BURST (1ll << 26)
#else
#define LB_BURST (1ll << 21)
#endif

/* ---- bits of struct lb_watch.look ---- */
#define LB_LOOK_TABLE 1      /* something is adopted */
#define LB_LOOK_RING 2       /* every free is told */
#define LB_LOOK_QUARANTINE 4 /* the guard has a quarantine */

struct lb_watch {
  uint64_t look;  /* not 0: a free must be looked at (table, ring or quarantine) */
  uint64_t table; /* struct lb_table *, or 0 while nothing is adopted */
  uint64_t rate;  /* one in so many allocations is guarded; 0: none */
  uint64_t budget; /* see LB_BURST; 0: no limit */

  /* The bits of the registry's state word, and the handle's. */
  uint64_t generation_shift;
  uint64_t state_shift;
  uint64_t state_mask; /* before the shift */
  uint64_t live;
  uint64_t freed_by_c;
  uint64_t one_lease;
  uint64_t lease_mask; /* in place */
  uint64_t handle_generation_shift;
  uint64_t handle_generation_mask;

  struct lb_watch_event *events;
  uint64_t events_mask;
  uint64_t events_head;
  uint64_t events_tail; /* written by Java */
  uint64_t rescan;      /* an event was lost: look through the table */
  uint64_t sleeping;    /* Java waits for wake_fd */
  uint64_t loading;     /* counts calls of dlopen */

  struct lb_watch_free *frees;
  uint64_t frees_mask;
  uint64_t frees_head; /* frees seen */

  int64_t wake_fd;
  uint64_t sampled; /* blocks handed out from the pool */
  uint64_t hits;    /* frees of adopted blocks */
  uint64_t refused; /* second frees and frees of released blocks */
  uint64_t skipped; /* allocations whose turn it was, but not the time */
  /*
   * Whoever looks for a function of a library that he has just loaded waits until Java has patched it:
   * asked and caught_up are values of loading.
   */
  uint64_t asked;
  uint64_t caught_up; /* written by Java */
  uint64_t daemon;    /* number of Java's own thread, which must not wait for itself */
  uint64_t reserved[1];
};

/* The data of one mapped image: one distinct set of the old values of the slots. */
struct lb_watch_image {
  struct lb_stripe *stripes; /* LB_STRIPES of them */
  struct lb_watch *watch;
  uint64_t pool_base; /* as in lb_shared, nearer */
  uint64_t pool_bytes;
  uint64_t special_bytes; /* from pool_base on every free is looked at: pool_bytes, or all while lb_watch.look is not 0 */
  uint64_t index; /* of this image */
  uint64_t old[LB_WATCH_SYMBOLS];
};

extern struct lb_watch_image lb_watch_image;

#endif
