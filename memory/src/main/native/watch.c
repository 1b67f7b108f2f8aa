/* SPDX-License-Identifier: Apache-2.0
 *
 * The stubs that stand in the slots of watched functions: malloc, free, operator new and their kin.
 *
 * A stub's first lines decide with few instructions that there is nothing to do, and jump to the old
 * value of the slot: the return address stays the program's own. Whatever is to be done is done in the
 * slow form of the stub, which is jumped to as well and has a frame.
 *
 * Nothing here takes a lock, waits (save dlsym, after dlopen), calls Java, or attaches a thread: a free may come from a critical
 * downcall, from the destructor of a thread's own storage, or from a signal handler.
 */
#include "watch.h"

struct lb_watch_image lb_watch_image;

#define LB_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define LB_NOINLINE __attribute__((noinline, used))
/* The first lines of a stub run for every call: they get no frame. */
#define LB_STUB __attribute__((optimize("omit-frame-pointer")))
#define LB_PC ((uint64_t)__builtin_return_address(0))
/* The program's frame pointer at its call: the slow form's own frame has saved it. */
#define LB_FP (*(uint64_t *)__builtin_frame_address(0))
#define LB_OLD(index) lb_watch_image.old[index]

typedef uint64_t (*lb_function)(uint64_t, uint64_t, uint64_t, uint64_t);
#define LB_CALL(index, a, b, c, d) ((lb_function)LB_OLD(index))((a), (b), (c), (d))

/* ---- sampling ---- */

/* Few instructions, since every allocation runs them: the upper 8 of 32 bits are the stripe's number. */
LB_INLINE struct lb_stripe *lb_my_stripe(void) {
  uint32_t hash = (uint32_t)(lb_thread_pointer() >> 12) * 0x9e3779b9u;
  uint64_t offset = hash >> (24 - LB_STRIPE_SHIFT) & ((LB_STRIPES - 1) << LB_STRIPE_SHIFT);
  return (struct lb_stripe *)((char *)lb_watch_image.stripes + offset);
}

/* Whether this allocation's turn has come. Racing threads of one stripe may lose a step: no harm. */
LB_INLINE int lb_turn(void) {
#if defined(__x86_64__)
  /* One instruction, which the compiler makes four of. */
  __asm__ goto("subq $1, %0\n\tjle %l[now]" : : "m"(lb_my_stripe()->left) : "cc", "memory" : now);
  return 0;
now:
  return 1;
#else
  return --lb_my_stripe()->left <= 0;
#endif
}

LB_INLINE uint64_t lb_ticks(void) {
#if defined(__x86_64__)
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
#else
  uint64_t t;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(t));
  return t;
#endif
}

/* Sets the next turn, a quarter around the rate, so that no rhythm of the program's hides a site. */
static void lb_next_turn(struct lb_watch *w, struct lb_stripe *s) {
  uint64_t r = s->random;
  r ^= r << 13;
  r ^= r >> 7;
  r ^= r << 17;
  s->random = r;
  uint64_t rate = w->rate;
  /* Not sampling (any more): far away. */
  s->left = rate == 0 ? (int64_t)1 << 62 : (int64_t)(rate - rate / 4 + (r >> 32) % (rate / 2 + 1));
}

/* A guarded block, or 0: the pool refuses when a budget is reached, or the block is not for it. */
static uint64_t lb_guarded(uint64_t bytes, uint64_t align, uint64_t pc, uint64_t fp) {
  struct lb_watch *w = lb_watch_image.watch;
  struct lb_stripe *stripe = lb_my_stripe();
  lb_next_turn(w, stripe);
  struct lb_shared *s = lb_image.shared;
  if (w->rate == 0 || bytes > s->pool_bytes || align > s->page_bytes) {
    return 0;
  }
  uint64_t start = lb_ticks();
  int64_t credit = LB_BURST;
  if (w->budget != 0 && stripe->last != 0) {
    credit = stripe->credit + (int64_t)((start - stripe->last) >> w->budget);
    credit = credit > LB_BURST ? LB_BURST : credit;
  }
  stripe->last = start;
  stripe->credit = credit;
  if (credit < 0) {
    LB_ADD(&w->skipped, 1);
    return 0;
  }
  uint64_t p = lb_pool_alloc(s, bytes, align, pc, fp);
  if (p != 0) {
    LB_ADD(&w->sampled, 1);
    /* Its free will take as long. */
    stripe->credit = credit - 2 * (int64_t)(lb_ticks() - start);
  }
  return p;
}

/* ---- the table of adopted blocks ---- */

struct lb_found {
  struct lb_entry *entry;
  uint64_t word;
  uint64_t handle;
  uint64_t status;
};

/* A consistent reading of the entry of this address; 0: there is none. */
static int lb_find(struct lb_table *t, uint64_t address, struct lb_found *found) {
  uint64_t i = (address * LB_HASH) >> t->shift;
  for (uint64_t n = 0; n <= t->mask; n++, i = (i + 1) & t->mask) {
    struct lb_entry *e = &t->entry[i];
    uint64_t key = LB_LOAD(&e->key);
    if (key == 0) {
      return 0;
    }
    if (key != address) {
      continue;
    }
    found->entry = e;
    found->status = LB_LOAD(&e->status);
    found->word = LB_LOAD(&e->word);
    found->handle = LB_LOAD(&e->handle);
    if (LB_LOAD(&e->key) == address && LB_LOAD(&e->status) >> 32 == found->status >> 32) {
      return 1;
    }
    /* Removed meanwhile. If the address was entered again, that is not the block this free means. */
    return 0;
  }
  return 0;
}

/* Raises flags in the entry, in whichever table it is by the time this is done. */
static uint64_t lb_raise(struct lb_watch *w, struct lb_found *found, uint64_t address, uint64_t bits) {
  for (;;) {
    uint64_t table = LB_LOAD(&w->table);
    if (table == 0 || !lb_find((struct lb_table *)table, address, found)) {
      return bits;
    }
    uint64_t status = __atomic_or_fetch(&found->entry->status, bits, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&w->table, __ATOMIC_SEQ_CST) == table) {
      return status;
    }
  }
}

static void lb_wake(struct lb_watch *w) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (LB_LOAD(&w->sleeping) != 0 && lb_cas(&w->sleeping, 1, 0)) {
    uint64_t one = 1;
    lb_syscall3(LB_NR_WRITE, w->wake_fd, &one, sizeof one);
  }
}

static void lb_tell(
    struct lb_watch *w, int kind, int symbol, const struct lb_found *found, uint64_t address, uint64_t pc,
    uint64_t leases) {
  uint64_t at = LB_LOAD(&w->events_head);
  for (;;) {
    if (at - LB_LOAD(&w->events_tail) > w->events_mask) {
      __atomic_store_n(&w->rescan, 1, __ATOMIC_SEQ_CST);
      lb_wake(w);
      return;
    }
    if (__atomic_compare_exchange_n(&w->events_head, &at, at + 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      break;
    }
  }
  struct lb_watch_event *e = &w->events[at & w->events_mask];
  e->nanos = lb_nanos();
  e->address = address;
  e->handle = found->handle;
  e->pc = pc;
  e->tid = lb_tid();
  e->kind = (uint16_t)kind;
  e->symbol = (uint16_t)symbol;
  e->status = found->status;
  e->leases = leases;
  LB_STORE(&e->commit, at + 1);
  lb_wake(w);
}

#define LB_ABSENT 0
#define LB_ALIVE 1
#define LB_GONE 2

/* What the table says of this address, without changing anything. */
static int lb_peek(struct lb_watch *w, uint64_t address) {
  struct lb_found found;
  uint64_t table = LB_LOAD(&w->table);
  if (table == 0 || !lb_find((struct lb_table *)table, address, &found)) {
    return LB_ABSENT;
  }
  if ((found.status & LB_STATUS_FLAGS) != 0) {
    return LB_GONE;
  }
  uint64_t v = LB_LOAD((uint64_t *)found.word);
  if (v >> w->generation_shift != ((found.handle >> w->handle_generation_shift) & w->handle_generation_mask)) {
    return LB_ABSENT;
  }
  return ((v >> w->state_shift) & w->state_mask) == w->live ? LB_ALIVE : LB_GONE;
}

/*
 * C frees the block that was adopted at this address: 1 when there is one, and the caller must not free.
 *
 * The state word leaves LIVE by one compare-and-set, which also adds a lease: the pin of the Java thread
 * that tells names, children and bound maps. The memory is given back by whoever closes the last lease,
 * by the function that was called here. Only a guarded block that nobody leases dies at once, so that
 * its pages do.
 */
static int lb_adopted_free(struct lb_watch *w, uint64_t address, int symbol, uint64_t pc, uint64_t fp) {
  struct lb_found found;
  uint64_t table = LB_LOAD(&w->table);
  if (table == 0 || !lb_find((struct lb_table *)table, address, &found)) {
    return 0;
  }
  if ((found.status & LB_FLAG_QUARANTINED) != 0) {
    LB_ADD(&w->refused, 1);
    lb_tell(w, LB_WATCH_SECOND_FREE, symbol, &found, address, pc, 0);
    return 1;
  }
  uint64_t *word = (uint64_t *)found.word;
  uint64_t v = LB_LOAD(word);
  for (;;) {
    if (v >> w->generation_shift != ((found.handle >> w->handle_generation_shift) & w->handle_generation_mask)) {
      return 0; /* the entry is just being taken away: the address is C's */
    }
    uint64_t state = (v >> w->state_shift) & w->state_mask;
    if (state != w->live) {
      LB_ADD(&w->refused, 1);
      int kind = state == w->freed_by_c ? LB_WATCH_SECOND_FREE : LB_WATCH_RELEASED_FREE;
      lb_tell(w, kind, symbol, &found, address, pc, v & w->lease_mask);
      return 1;
    }
    uint64_t next = (v & ~(w->state_mask << w->state_shift)) | (w->freed_by_c << w->state_shift);
    next += w->one_lease;
    if (__atomic_compare_exchange_n(word, &v, next, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      break;
    }
  }
  /* The lease keeps entry and slot ours until Java has heard of the event. */
  LB_ADD(&w->hits, 1);
  struct lb_shared *s = lb_image.shared;
  uint64_t bits = LB_FLAG_FREED | (uint64_t)symbol << LB_STATUS_SYMBOL_SHIFT
      | lb_watch_image.index << LB_STATUS_IMAGE_SHIFT;
  if ((v & w->lease_mask) == 0 && lb_pool_owns(s, address)) {
    lb_pool_free(s, address, pc, fp);
    bits |= LB_FLAG_DONE;
  }
  found.status = lb_raise(w, &found, address, bits);
  lb_tell(w, LB_WATCH_FREED, symbol, &found, address, pc, v & w->lease_mask);
  return 1;
}

void lb_unwatched_free(struct lb_shared *s, uint64_t address, uint64_t pc, uint64_t fp) {
  struct lb_watch *w = (struct lb_watch *)LB_LOAD(&s->watch);
  if (w == 0 || !lb_adopted_free(w, address, 0, pc, fp)) {
    lb_pool_free(s, address, pc, fp);
  }
}

static void lb_note_free(struct lb_watch *w, uint64_t address, uint64_t pc) {
  uint64_t at = LB_ADD(&w->frees_head, 1);
  struct lb_watch_free *f = &w->frees[at & w->frees_mask];
  __atomic_store_n(&f->commit, 0, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
  f->address = address;
  f->pc = pc;
  f->thread = lb_thread_pointer();
  LB_STORE(&f->commit, at + 1);
}

/* Everything a free may be besides a free: 1 when it is done or refused, 0 when the old function frees. */
static int lb_take(uint64_t address, int symbol, uint64_t pc, uint64_t fp) {
  struct lb_watch *w = lb_watch_image.watch;
  struct lb_shared *s = lb_image.shared;
  if ((w->look & LB_LOOK_RING) != 0) {
    lb_note_free(w, address, pc);
  }
  if (lb_adopted_free(w, address, symbol, pc, fp)) {
    return 1;
  }
  if (lb_pool_owns(s, address)) {
    return lb_pool_free(s, address, pc, fp) != LB_NOT_OURS;
  }
  if ((w->look & LB_LOOK_QUARANTINE) != 0 && symbol == 0 && LB_OLD(LB_WATCH_USABLE) != 0) {
    uint64_t bytes = LB_CALL(LB_WATCH_USABLE, address, 0, 0, 0);
    return lb_quarantine_put(s, address, bytes, LB_OLD(0), pc) != 0;
  }
  return 0;
}

/* Whether a free of this address can be more than a free. */
LB_INLINE int lb_special(uint64_t address) {
  return address - lb_watch_image.pool_base < lb_watch_image.special_bytes;
}

/* ---- free, cfree, operator delete ---- */

#define LB_FREEING_STUB(index, name)                                                        \
  LB_NOINLINE uint64_t lb_slow_##name(uint64_t p, uint64_t a, uint64_t b, uint64_t c) {     \
    if (p != 0 && lb_take(p, index, LB_PC, LB_FP)) {                                        \
      return 0;                                                                             \
    }                                                                                       \
    return LB_CALL(index, p, a, b, c);                                                      \
  }                                                                                         \
  LB_STUB uint64_t lb_watch_##name(uint64_t p, uint64_t a, uint64_t b, uint64_t c) {                \
    if (LB_UNLIKELY(lb_special(p))) {                                                       \
      return lb_slow_##name(p, a, b, c);                                                    \
    }                                                                                       \
    return LB_CALL(index, p, a, b, c);                                                      \
  }
LB_WATCH_FREEING(LB_FREEING_STUB)

/* ---- realloc, reallocarray, malloc_usable_size ---- */

/* A block that is guarded or adopted moves to a plain one; every other one is the old function's. */
static int lb_moved(uint64_t p, uint64_t bytes, uint64_t pc, uint64_t fp, uint64_t *result) {
  struct lb_watch *w = lb_watch_image.watch;
  struct lb_shared *s = lb_image.shared;
  int adopted = lb_peek(w, p);
  int pool = lb_pool_owns(s, p);
  if (adopted == LB_ABSENT && !pool) {
    if ((w->look & LB_LOOK_RING) != 0) {
      lb_note_free(w, p, pc);
    }
    return 0;
  }
  *result = 0;
  int alive = adopted == LB_ALIVE
      || (adopted == LB_ABSENT && (lb_pool_state(s, p) & LB_STATE_MASK) == LB_LIVE && lb_pool_size(s, p) != 0);
  if (!alive || bytes == 0) {
    lb_take(p, 0, pc, fp); /* refuses and reports, or frees */
    return 1;
  }
  uint64_t old = pool ? lb_pool_size(s, p) : LB_CALL(LB_WATCH_USABLE, p, 0, 0, 0);
  uint64_t q = LB_CALL(LB_WATCH_MALLOC, bytes, 0, 0, 0);
  if (q != 0) {
    lb_copy((void *)q, (void *)p, old < bytes ? old : bytes);
    lb_take(p, 0, pc, fp);
    *result = q;
  }
  return 1;
}

LB_NOINLINE uint64_t lb_slow_realloc(uint64_t p, uint64_t bytes) {
  uint64_t result;
  if (p != 0 && lb_moved(p, bytes, LB_PC, LB_FP, &result)) {
    return result;
  }
  if (p == 0 && (result = lb_guarded(bytes, 16, LB_PC, LB_FP)) != 0) {
    return result;
  }
  return LB_CALL(LB_WATCH_REALLOC, p, bytes, 0, 0);
}

/* A realloc of nothing is an allocation, but in a library whose frees alone are watched it is not. */
LB_STUB uint64_t lb_watch_realloc(uint64_t p, uint64_t bytes) {
  if (LB_UNLIKELY(p != 0 && lb_special(p))) {
    return lb_slow_realloc(p, bytes);
  }
  return LB_CALL(LB_WATCH_REALLOC, p, bytes, 0, 0);
}

LB_NOINLINE uint64_t lb_slow_reallocarray(uint64_t p, uint64_t count, uint64_t each) {
  uint64_t bytes, result;
  if (p != 0 && !__builtin_mul_overflow(count, each, &bytes) && lb_moved(p, bytes, LB_PC, LB_FP, &result)) {
    return result;
  }
  /* Too large: the old function fails and leaves the block alone. */
  return LB_CALL(LB_WATCH_REALLOCARRAY, p, count, each, 0);
}

LB_STUB uint64_t lb_watch_reallocarray(uint64_t p, uint64_t count, uint64_t each) {
  if (LB_UNLIKELY(p != 0 && lb_special(p))) {
    return lb_slow_reallocarray(p, count, each);
  }
  return LB_CALL(LB_WATCH_REALLOCARRAY, p, count, each, 0);
}

LB_STUB uint64_t lb_watch_malloc_usable_size(uint64_t p) {
  if (LB_UNLIKELY(p - lb_watch_image.pool_base < lb_watch_image.pool_bytes)) {
    return lb_pool_size(lb_image.shared, p);
  }
  return LB_CALL(LB_WATCH_USABLE, p, 0, 0, 0);
}

/* ---- allocation ---- */

#define LB_ALLOCATING_STUB(index, name, bytes, align)                                       \
  LB_NOINLINE uint64_t lb_slow_##name(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {     \
    uint64_t p = lb_guarded((bytes), (align), LB_PC, LB_FP);                                \
    return p != 0 ? p : LB_CALL(index, a, b, c, d);                                         \
  }                                                                                         \
  LB_STUB uint64_t lb_watch_##name(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {                \
    if (LB_UNLIKELY(lb_turn())) {                                                           \
      return lb_slow_##name(a, b, c, d);                                                    \
    }                                                                                       \
    return LB_CALL(index, a, b, c, d);                                                      \
  }
#define LB_NEW_STUB(index, name) LB_ALLOCATING_STUB(index, name, a, 16)
#define LB_NEW_ALIGNED_STUB(index, name) LB_ALLOCATING_STUB(index, name, a, b)

LB_INLINE int lb_power_of_two(uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

/* An alignment that the old function would refuse goes to it: it knows the error. */
LB_INLINE uint64_t lb_alignment(uint64_t n) { return !lb_power_of_two(n) ? ~0ull : n < 16 ? 16 : n; }

static uint64_t lb_product(uint64_t a, uint64_t b) {
  uint64_t bytes;
  return __builtin_mul_overflow(a, b, &bytes) ? ~0ull : bytes;
}

static uint64_t lb_length(const char *text) {
  uint64_t n = 0;
  while (((volatile const char *)text)[n] != 0) {
    n++;
  }
  return n;
}

LB_ALLOCATING_STUB(LB_WATCH_MALLOC, malloc, a, 16)
LB_ALLOCATING_STUB(LB_WATCH_CALLOC, calloc, lb_product(a, b), 16) /* the pool's blocks are zeroes */
LB_ALLOCATING_STUB(LB_WATCH_ALIGNED_ALLOC, aligned_alloc, b, lb_alignment(a))
LB_ALLOCATING_STUB(LB_WATCH_MEMALIGN, memalign, b, lb_alignment(a))
LB_WATCH_NEW(LB_NEW_STUB)
LB_WATCH_NEW_ALIGNED(LB_NEW_ALIGNED_STUB)

LB_NOINLINE uint64_t lb_slow_posix_memalign(uint64_t out, uint64_t align, uint64_t bytes) {
  if (lb_power_of_two(align) && align % sizeof(void *) == 0) {
    uint64_t p = lb_guarded(bytes, lb_alignment(align), LB_PC, LB_FP);
    if (p != 0) {
      *(uint64_t *)out = p;
      return 0;
    }
  } else {
    lb_next_turn(lb_watch_image.watch, lb_my_stripe());
  }
  return LB_CALL(LB_WATCH_POSIX_MEMALIGN, out, align, bytes, 0);
}

LB_STUB uint64_t lb_watch_posix_memalign(uint64_t out, uint64_t align, uint64_t bytes) {
  if (LB_UNLIKELY(lb_turn())) {
    return lb_slow_posix_memalign(out, align, bytes);
  }
  return LB_CALL(LB_WATCH_POSIX_MEMALIGN, out, align, bytes, 0);
}

LB_NOINLINE uint64_t lb_slow_strdup(uint64_t text) {
  uint64_t bytes = lb_length((const char *)text) + 1;
  uint64_t p = lb_guarded(bytes, 16, LB_PC, LB_FP);
  if (p == 0) {
    return LB_CALL(LB_WATCH_STRDUP, text, 0, 0, 0);
  }
  lb_copy((void *)p, (void *)text, bytes);
  return p;
}

LB_STUB uint64_t lb_watch_strdup(uint64_t text) {
  if (LB_UNLIKELY(lb_turn())) {
    return lb_slow_strdup(text);
  }
  return LB_CALL(LB_WATCH_STRDUP, text, 0, 0, 0);
}

/* In libraries whose allocations are watched: a realloc of nothing takes its turn as malloc does. */
LB_STUB uint64_t lb_watch_realloc_sampled(uint64_t p, uint64_t bytes) {
  if (LB_UNLIKELY(p != 0 ? lb_special(p) : lb_turn())) {
    return lb_slow_realloc(p, bytes);
  }
  return LB_CALL(LB_WATCH_REALLOC, p, bytes, 0, 0);
}

/* ---- dlsym, dlopen ---- */

#define LB_WAIT_NANOS 200000
#define LB_WAITS 1000

/*
 * After a dlopen, the JVM looks for JNI_OnLoad: what that, and the program after it, allocates is to be
 * watched already. So the first lookup after a dlopen waits until Java has looked for new libraries, at
 * most 200 ms. loading is raised once more, as Java may have looked while dlopen was still at work.
 */
static __attribute__((noinline)) void lb_await_patches(struct lb_watch *w) {
  uint64_t before = LB_LOAD(&w->loading);
  uint64_t asked = LB_LOAD(&w->asked);
  if (asked == before || LB_LOAD(&w->daemon) == lb_tid() || !lb_cas(&w->asked, asked, before + 1)) {
    return;
  }
  uint64_t mine = LB_ADD(&w->loading, 1) + 1;
  struct {
    int64_t seconds;
    int64_t nanos;
  } pause = {0, LB_WAIT_NANOS};
  for (int i = 0; i < LB_WAITS && (int64_t)(LB_LOAD(&w->caught_up) - mine) < 0; i++) {
    lb_wake(w);
    lb_syscall3(LB_NR_NANOSLEEP, &pause, 0, 0);
  }
  LB_STORE(&w->asked, LB_LOAD(&w->loading));
}

/*
 * A function that frees, found by name, must be the stub as well: it may be given a guarded block. The
 * pseudo handles are passed on untouched, as their meaning depends on the caller's address.
 */
LB_STUB uint64_t lb_watch_dlsym(uint64_t library, uint64_t name) {
  if (library == 0 || library == ~0ull) {
    return LB_CALL(LB_WATCH_DLSYM, library, name, 0, 0);
  }
  struct lb_watch *w = lb_watch_image.watch;
  if (LB_UNLIKELY(LB_LOAD(&w->asked) != LB_LOAD(&w->loading))) {
    lb_await_patches(w);
  }
  uint64_t found = LB_CALL(LB_WATCH_DLSYM, library, name, 0, 0);
  if (found == 0 || lb_watch_image.pool_bytes == 0) {
    return found;
  }
#define LB_SAME(index, name)              \
  if (found == LB_OLD(index)) {           \
    return (uint64_t)&lb_watch_##name;    \
  }
  LB_WATCH_FREEING(LB_SAME)
  LB_SAME(LB_WATCH_REALLOC, realloc)
  LB_SAME(LB_WATCH_REALLOCARRAY, reallocarray)
  LB_SAME(LB_WATCH_USABLE, malloc_usable_size)
  return found;
}

/* Jumps on, since dlopen looks at its caller; Java looks for the new library. */
LB_STUB uint64_t lb_watch_dlopen(uint64_t name, uint64_t flags) {
  struct lb_watch *w = lb_watch_image.watch;
  LB_ADD(&w->loading, 1);
  lb_wake(w);
  return LB_CALL(LB_WATCH_DLOPEN, name, flags, 0, 0);
}
