/* SPDX-License-Identifier: Apache-2.0
 * The signal handler: recognises a fault in the pool, records it, and recovers or delivers.
 */
#include "pool.h"
#include "access.h"

/* A fault in the ledger, which survives the process: the record's form is in docs/formats/ledger.md. */
static void lb_ledger_fault(struct lb_shared *s, int kind, int how, uint64_t address,
                            const struct lb_slot *slot, uint64_t pc) {
  if (s->ledger_head == 0 || kind > LB_UNDERFLOW) {
    return;
  }
  uint64_t sequence = LB_ADD(s->ledger_head, 1);
  uint64_t *record = (uint64_t *)(s->ledger_records + ((sequence & s->ledger_mask) << 6));
  uint64_t flags = 0x80 | 0x40 | (uint64_t)kind | (how == LB_HOW_DELIVERED ? 8 : 0);
  uint64_t word[8] = {10ull << 56 | flags << 48 | ((sequence + 1) & 0xffffffffffffull),
                      lb_nanos(), address, slot ? slot->bytes : 0, slot ? slot->serial : 0, pc, 0, lb_tid()};
  uint64_t mixed = word[0];
  for (int i = 1; i < 8; i++) {
    mixed ^= word[i] << (i * 8) | word[i] >> (64 - i * 8);
  }
  word[7] |= (mixed * 0x9e3779b97f4a7c15ull) >> 48 << 48;
  __atomic_store_n(&record[0], 0, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
  for (int i = 1; i < 8; i++) {
    record[i] = word[i];
  }
  LB_STORE(&record[0], word[0]);
}

void lb_report(struct lb_shared *s, int kind, int how, uint64_t address, int64_t index, uint64_t pc,
               uint64_t fp, int always) {
  struct lb_slot *slot = index < 0 ? 0 : &s->slots[index];
  uint32_t bit = 1u << kind;
  int first = slot == 0 || (__atomic_fetch_or(&slot->reported, bit, __ATOMIC_ACQ_REL) & bit) == 0;
  if (first) {
    lb_ledger_fault(s, kind, how, address, slot, pc);
  }
  /* Repeated faults leave half of the ring to first ones. */
  if (!first && !always && LB_LOAD(&s->events_head) - LB_LOAD(&s->events_tail) > s->events_mask / 2) {
    LB_ADD(&s->events_dropped, 1);
    return;
  }
  uint64_t position;
  struct lb_event *e = lb_event_begin(s, kind, address, pc, first ? fp : 0, &position);
  if (e == 0) {
    return;
  }
  e->how = (uint8_t)how;
  e->first = (uint8_t)first;
  if (slot) {
    e->slot = (uint64_t)index;
    e->generation = LB_LOAD(&slot->state) >> LB_GENERATION_SHIFT;
    e->serial = slot->serial;
    e->bytes = slot->bytes;
    e->extra[0] = slot->address;
  }
  lb_event_commit(s, e, position, first);
}

#define LB_CHAIN 0
#define LB_RETRY 1
#define LB_DELIVER 2

/* Whether the pc, which is being executed, lies in a method that was compiled from Java. */
static int lb_java_code(const struct lb_shared *s, uint64_t pc) {
  for (int i = 0; i < LB_CODE_RANGES; i++) {
    const struct lb_range *heap = &s->code[i];
    if (pc - heap->start >= heap->bytes) {
      continue;
    }
    if (heap->map == 0) {
      return 1;
    }
    /* As CodeHeap::find_start: the map leads back to the block's first segment. */
    const uint8_t *map = (const uint8_t *)heap->map;
    uint64_t segment = (pc - heap->start) >> heap->shift;
    if (map[segment] == 0xff) {
      return 0;
    }
    while (map[segment] > 0) {
      segment -= map[segment];
    }
    uint64_t blob = heap->start + (segment << heap->shift) + s->code_header;
    return *(const uint8_t *)(blob + s->code_kind_offset) == s->code_kind;
  }
  return 0;
}

/* Strict: whether this access may be delivered; if so its destination now holds a harmless value. */
static int lb_deliverable(const struct lb_shared *s, void *context) {
  return s->mode == LB_STRICT && s->old_handler[0] > 1 && lb_java_code(s, lb_context_pc(context))
         && lb_settle_access(context);
}

/* from: the page's bytes; 0: it is one between slots. */
static int lb_serve(struct lb_shared *s, int kind, int64_t index, uint64_t address, uint64_t from,
                    void *context) {
  uint64_t pc = lb_context_pc(context);
  uint64_t fp = lb_context_fp(context);
  LB_ADD(&s->faults, 1);
  if (index >= 0) {
    __atomic_fetch_add(&s->slots[index].faults, 1, __ATOMIC_RELAXED);
  }
  if (lb_deliverable(s, context)) {
    LB_ADD(&s->delivered, 1);
    lb_report(s, kind, LB_HOW_DELIVERED, address, index, pc, fp, 0);
    return LB_DELIVER;
  }
  uint64_t page = address & ~(uint64_t)(s->page_bytes - 1);
  lb_report(s, kind, LB_HOW_RECOVERED, address, index, pc, fp, 0);
  int64_t behind;
  if ((from != 0 ? lb_pages_bring(s, page, s->page_bytes, from) : lb_between_bring(s, page, &behind)) < 0) {
    LB_ADD(&s->chained, 1);
    return LB_CHAIN;
  }
  LB_ADD(&s->recovered, 1);
  return LB_RETRY;
}

/* Which function of the C library is at this pc; 0: none that we know. */
static uint64_t lb_libc_role(const struct lb_shared *s, uint64_t pc) {
  for (int i = 0; i < LB_LIBC_RANGES; i++) {
    if (pc - s->libc[i].start < s->libc[i].bytes) {
      return s->libc[i].role;
    }
  }
  return 0;
}

/*
 * The C library reads the header of a guarded block: somebody gave it to free or realloc past our stubs.
 * The free is done, or refused, here and now; then the library finds a header that makes it do nothing.
 * 1: it was that.
 */
static int lb_unwatched(struct lb_shared *s, uint64_t address, void *context) {
  uint64_t pc = lb_context_pc(context);
  uint64_t block = (address | (s->page_bytes - 1)) + 1;
  uint64_t role = block - address <= LB_CHUNK_HEADER ? lb_libc_role(s, pc) : 0;
  int guard = 0;
  int64_t index = role != 0 && s->front_base != 0 ? lb_pool_slot(s, block, &guard) : -1;
  if (index < 0 || guard) {
    return 0;
  }
  struct lb_slot *slot = &s->slots[index];
  uint64_t kind = LB_LOAD(&slot->state) & LB_STATE_MASK;
  if (kind == LB_FREE || kind == LB_ARMING || slot->address != block) {
    return 0;
  }
  if (kind != LB_LIVE ? role != LB_LIBC_SIZE : role == LB_LIBC_FREE) {
    LB_ADD(&s->unwatched_frees, kind == LB_LIVE);
    lb_unwatched_free(s, block, pc, lb_context_fp(context));
  } else if (kind == LB_LIVE) {
    /* Whoever asks for the block's size, or gets it back larger, may use what is behind it. */
    LB_STORE(&slot->open_end, 1);
    LB_ADD(&s->unwatched_reallocs, role == LB_LIBC_REALLOC);
  }
  int brought = lb_between_bring(s, block - s->page_bytes, &index);
  if (brought < 0) {
    return 0;
  }
  if (brought == 0 && !__atomic_exchange_n(&slot->front_alive, 1, __ATOMIC_ACQ_REL)) {
    LB_ADD(&s->resident, s->page_bytes);
    LB_ADD(&s->mappings, s->variant == LB_UFFD ? 0 : 2);
  }
  return 1;
}

/* The page behind a slot: beyond the block before it, or before the block behind it. */
static int lb_guard_fault(struct lb_shared *s, int64_t index, uint64_t address, void *context) {
  struct lb_slot *slot = &s->slots[index];
  int kind = LB_OVERFLOW;
  int64_t blamed = index;
  if ((LB_LOAD(&slot->state) & LB_STATE_MASK) == LB_FREE || s->left) {
    int guard = 0;
    int64_t next = lb_pool_slot(s, (address | (s->page_bytes - 1)) + 1, &guard);
    uint64_t behind = slot->used ? address - (slot->address + slot->bytes) : ~0ull;
    if (next > index && s->slots[next].used && s->slots[next].address - address < behind) {
      blamed = next;
      kind = LB_UNDERFLOW;
    } else if (!slot->used) {
      kind = LB_WILD;
    }
  }
  int how = lb_serve(s, kind, blamed, address, 0, context);
  if (how == LB_RETRY && !__atomic_exchange_n(&slot->guard_alive, 1, __ATOMIC_ACQ_REL)) {
    LB_ADD(&s->resident, s->page_bytes);
    LB_ADD(&s->mappings, s->variant == LB_UFFD ? 0 : 2);
  }
  return how;
}

static int lb_dead_fault(
    struct lb_shared *s, int64_t index, uint64_t state, uint64_t address, void *context) {
  struct lb_slot *slot = &s->slots[index];
  if (!lb_cas(&slot->state, state, state + LB_PIN)) {
    return LB_RETRY;
  }
  uint64_t page = address & ~(uint64_t)(s->page_bytes - 1);
  int how = lb_serve(s, LB_USE_AFTER_FREE, index, address, s->side_base + (page - s->pool_base), context);
  if (how == LB_RETRY && s->variant == LB_UFFD) {
    /* The page has its bytes again; who brings it now finds it alive and does not read the copy. */
    lb_syscall3(LB_NR_MADVISE, s->side_base + (page - s->pool_base), s->page_bytes, 4 /* DONTNEED */);
  }
  uint64_t now = LB_LOAD(&slot->state);
  for (;;) {
    uint64_t kind = now & LB_STATE_MASK;
    int restored = how == LB_RETRY && (kind == LB_DEAD || kind == LB_DYING);
    uint64_t next = (restored ? (now & ~LB_STATE_MASK) | LB_RESTORED : now) - LB_PIN;
    if (lb_cas(&slot->state, now, next)) {
      LB_ADD(&s->mappings, restored && s->variant != LB_UFFD ? 2 : 0);
      return how;
    }
    now = LB_LOAD(&slot->state);
  }
}

#define LB_PATIENT_STRAYS 1000
#define LB_MOST_STRAYS 100000

/*
 * A page of a block that is alive, or comes to life this moment. Most often somebody else has brought it
 * by the time we look, and the access runs again.
 */
static int lb_stray(struct lb_shared *s, struct lb_slot *slot, int alive, uint64_t address) {
  uint32_t strays = __atomic_add_fetch(&slot->strays, 1, __ATOMIC_RELAXED);
  if (alive && s->variant == LB_UFFD && strays > 8) {
    /* The program has dropped the page itself (MADV_DONTNEED): it is owed zeroes. */
    uint64_t page = address & ~(uint64_t)(s->page_bytes - 1);
    return lb_pages_bring(s, page, s->page_bytes, s->zero_base) < 0 ? LB_CHAIN : LB_RETRY;
  }
  if (strays > LB_MOST_STRAYS) {
    LB_ADD(&s->chained, 1);
    return LB_CHAIN;
  }
  if (!alive) {
    /* The access is stale, and a moment later it meets a block; who brings that may be stopped just now. */
    int64_t pause[2] = {0, strays > LB_PATIENT_STRAYS ? 1000000 : 0};
    lb_syscall3(LB_NR_NANOSLEEP, pause, 0, 0);
  }
  return LB_RETRY;
}

static int lb_fault(struct lb_shared *s, uint64_t address, void *context) {
  int guard = 0;
  int64_t index = lb_pool_slot(s, address, &guard);
  if ((index < 0 || guard) && lb_unwatched(s, address, context)) {
    return LB_RETRY;
  }
  if (index < 0) { /* the page before the first slot of a class */
    index = s->left ? lb_pool_slot(s, (address | (s->page_bytes - 1)) + 1, &guard) : -1;
    int before = index >= 0 && s->slots[index].used;
    return lb_serve(s, before ? LB_UNDERFLOW : LB_WILD, before ? index : -1, address, 0, context);
  }
  if (guard) {
    return lb_guard_fault(s, index, address, context);
  }
  struct lb_slot *slot = &s->slots[index];
  uint64_t state = LB_LOAD(&slot->state);
  switch ((int)(state & LB_STATE_MASK)) {
    case LB_FREE:
      return lb_serve(s, LB_WILD, index, address, s->zero_base, context);
    case LB_ARMING:
      return lb_stray(s, slot, 0, address);
    case LB_LIVE:
      return lb_stray(s, slot, 1, address);
    default:
      return lb_dead_fault(s, index, state, address, context);
  }
}

/* As the kernel has it; the mask is 64 signals. */
struct lb_action {
  uint64_t handler;
  uint64_t flags;
  uint64_t restorer;
  uint64_t mask;
};

static int64_t lb_sigaction(int64_t signal, const struct lb_action *next, struct lb_action *old) {
  return lb_syscall6(LB_NR_SIGACTION, (uint64_t)signal, (uint64_t)next, (uint64_t)old, 8, 0, 0);
}

typedef void (*lb_handler_function)(int, void *, void *);

/*
 * Somebody has cut the ledger's file, or its disk has failed: whoever records an event would die of it. The
 * page becomes memory that nobody reads. 1: done.
 */
static int lb_ledger_page(struct lb_shared *s, uint64_t address) {
  if (address - s->ledger_base >= s->ledger_bytes) {
    return 0;
  }
  uint64_t page = address & ~(uint64_t)(s->page_bytes - 1);
  LB_ADD(&s->ledger_lost, 1);
  return lb_syscall6(LB_NR_MMAP, page, s->page_bytes, 3, 0x32 /* PRIVATE|FIXED|ANONYMOUS */, ~0ull, 0)
         == (int64_t)page;
}

void lb_handler(int signal, void *info, void *context) {
  struct lb_shared *s = lb_image.shared;
  /* siginfo_t: int si_signo, si_errno, si_code; void *si_addr at 16. Codes above 0 are the kernel's. */
  uint64_t address = *(uint64_t *)((char *)info + 16);
  int faulted = *(int *)((char *)info + 8) > 0;
  if (faulted && lb_pool_owns(s, address)) {
    int how = lb_fault(s, address, context);
    if (how == LB_RETRY) {
      return;
    }
    if (how == LB_DELIVER) {
      signal = 7; /* HotSpot explains faults of unsafe accesses under this number only */
    }
  } else if (faulted && signal == 7 && lb_ledger_page(s, address)) {
    return;
  }
  uint64_t old = s->old_handler[signal == 7 ? 0 : 1];
  if (old > 1) {
    ((lb_handler_function)old)(signal, info, context);
    return;
  }
  struct lb_action none = {0};
  lb_sigaction(signal, &none, 0); /* as nobody handled it: the access runs again and ends the process */
}

int64_t lb_install(struct lb_shared *s, int64_t signal) {
  struct lb_action action;
  int64_t result = lb_sigaction(signal, 0, &action);
  if (result < 0 || action.handler == (uint64_t)lb_handler) {
    return result;
  }
  /*
   * Flags, mask and restorer stay those of the handler in front of which we go. SA_NODEFER: the handler itself
   * writes into the ledger, and must meet its lost pages too.
   */
  if ((action.flags & 4) == 0) { /* SA_SIGINFO: an old-style handler, or none */
    return -22;
  }
  s->old_handler[signal == 7 ? 0 : 1] = action.handler;
  s->old_flags[signal == 7 ? 0 : 1] = action.flags;
  action.handler = (uint64_t)lb_handler;
  action.flags |= 0x40000000;
  return lb_sigaction(signal, &action, 0);
}

int64_t lb_installed(struct lb_shared *s, int64_t signal) {
  (void)s;
  struct lb_action action;
  return lb_sigaction(signal, 0, &action) == 0 && action.handler == (uint64_t)lb_handler;
}

int64_t lb_uninstall(struct lb_shared *s, int64_t signal) {
  struct lb_action action;
  int64_t result = lb_sigaction(signal, 0, &action);
  if (result < 0) {
    return result;
  }
  if (action.handler != (uint64_t)lb_handler) {
    return 1;
  }
  action.handler = s->old_handler[signal == 7 ? 0 : 1];
  action.flags = s->old_flags[signal == 7 ? 0 : 1];
  return lb_sigaction(signal, &action, 0);
}
