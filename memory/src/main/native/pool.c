/* SPDX-License-Identifier: Apache-2.0
 * The guard pool: slots, their queues, and the pages' life and death. */
#include "pool.h"

/* ---- queues: bounded, many producers, many consumers; a stalled thread makes them look empty ---- */

static void lb_queue_init(struct lb_class *c) {
  for (uint64_t i = 0; i <= c->cells_mask; i++) {
    c->cells[i].sequence = i;
  }
  c->enqueue = 0;
  c->dequeue = 0;
}

static int lb_enqueue(struct lb_class *c, uint64_t slot) {
  uint64_t at = LB_LOAD(&c->enqueue);
  for (;;) {
    struct lb_cell *cell = &c->cells[at & c->cells_mask];
    int64_t ahead = (int64_t)(LB_LOAD(&cell->sequence) - at);
    if (ahead < 0) {
      return 0;
    }
    if (ahead == 0 && lb_cas(&c->enqueue, at, at + 1)) {
      cell->slot = slot;
      LB_STORE(&cell->sequence, at + 1);
      return 1;
    }
    at = LB_LOAD(&c->enqueue);
  }
}

static int64_t lb_dequeue(struct lb_class *c) {
  uint64_t at = LB_LOAD(&c->dequeue);
  for (;;) {
    struct lb_cell *cell = &c->cells[at & c->cells_mask];
    int64_t ahead = (int64_t)(LB_LOAD(&cell->sequence) - (at + 1));
    if (ahead < 0) {
      return -1;
    }
    if (ahead == 0 && lb_cas(&c->dequeue, at, at + 1)) {
      int64_t slot = (int64_t)cell->slot;
      LB_STORE(&cell->sequence, at + c->cells_mask + 1);
      return slot;
    }
    at = LB_LOAD(&c->dequeue);
  }
}

static void lb_park_or_enqueue(struct lb_shared *s, struct lb_class *c, uint64_t slot) {
  if (!lb_enqueue(c, slot)) {
    LB_ADD(&s->parked, 1);
  }
}

/* ---- geometry ---- */

static struct lb_class *lb_class_of(struct lb_shared *s, uint64_t slot) {
  for (uint32_t i = 0; i < s->class_count; i++) {
    struct lb_class *c = &s->classes[i];
    if (slot - c->first_slot < c->count) {
      return c;
    }
  }
  return 0;
}

uint64_t lb_slot_start(const struct lb_shared *s, const struct lb_class *c, uint64_t slot) {
  return s->pool_base + c->first_byte + (slot - c->first_slot) * (c->pages + 1) * s->page_bytes;
}

int64_t lb_pool_slot(const struct lb_shared *s, uint64_t address, int *guard) {
  uint64_t at = address - s->pool_base;
  if (at >= s->pool_bytes) {
    return -1;
  }
  for (uint32_t i = 0; i < s->class_count; i++) {
    const struct lb_class *c = &s->classes[i];
    uint64_t stride = (uint64_t)(c->pages + 1) * s->page_bytes;
    uint64_t within = at - c->first_byte;
    if (within < stride * c->count) {
      *guard = within % stride >= (uint64_t)c->pages * s->page_bytes;
      return (int64_t)(c->first_slot + within / stride);
    }
  }
  return -1;
}

/* What the C library looks for in front of the block that begins here: see LB_CHUNK_HEADER. */
static void lb_write_header(const struct lb_shared *s, const struct lb_class *c, uint64_t block) {
  uint64_t run = c->pages * (uint64_t)s->page_bytes;
  volatile uint64_t *header = (volatile uint64_t *)(block - LB_CHUNK_HEADER);
  header[0] = -(run + LB_CHUNK_HEADER);
  header[1] = (run + s->chunk_counted) | LB_CHUNK_MAPPED;
}

int64_t lb_pool_init(struct lb_shared *s) {
  if (s->version != LB_VERSION) {
    return -22;
  }
  for (uint32_t i = 0; i < s->class_count; i++) {
    struct lb_class *c = &s->classes[i];
    if (s->front_base != 0) {
      lb_write_header(s, c, s->front_base + (uint64_t)(i + 1) * s->page_bytes);
    }
    lb_queue_init(c);
    for (uint32_t k = 0; k < c->count; k++) {
      if (!lb_enqueue(c, c->first_slot + k)) {
        return -28;
      }
    }
  }
  return 0;
}

/* ---- pages ---- */

static int64_t lb_uffd_copy(const struct lb_shared *s, uint64_t to, uint64_t from, uint64_t bytes) {
  /* struct uffdio_copy { dst, src, len, mode, copied } */
  uint64_t copy[5] = {to, from, bytes, 0, 0};
  int64_t result;
  do {
    copy[4] = 0;
    result = lb_syscall3(LB_NR_IOCTL, s->fault_fd, 0xc028aa03, copy);
  } while (result == -11 /* EAGAIN */ && (int64_t)copy[4] <= 0);
  return result;
}

static int64_t lb_map(uint64_t address, uint64_t bytes, uint64_t flags, int fd, uint64_t offset) {
  int64_t at = lb_syscall6(LB_NR_MMAP, address, bytes, 3, flags | 0x10 /* FIXED */, (uint64_t)fd, offset);
  return at == (int64_t)address ? 0 : at;
}

int lb_pages_bring(const struct lb_shared *s, uint64_t address, uint64_t bytes, uint64_t from) {
  switch (s->variant) {
    case LB_UFFD: {
      int64_t result = lb_uffd_copy(s, address, from, bytes);
      if (result == 0) {
        return 0;
      }
      if (bytes == s->page_bytes) {
        return result == -17 /* EEXIST: somebody else was first */ ? 1 : (int)result;
      }
      int any = 0;
      for (uint64_t i = 0; i < bytes; i += s->page_bytes) {
        int page = lb_pages_bring(s, address + i, s->page_bytes, from + i);
        if (page < 0) {
          return page;
        }
        any |= page;
      }
      return any;
    }
    case LB_REMAP:
      return (int)lb_map(address, bytes, 1 /* SHARED */, s->pool_fd, address - s->pool_base);
    default:
      return (int)lb_syscall3(LB_NR_MPROTECT, address, bytes, 3);
  }
}

int lb_between_bring(struct lb_shared *s, uint64_t page, int64_t *slot) {
  int guard = 0;
  *slot = lb_pool_slot(s, page + s->page_bytes, &guard);
  if (*slot < 0 || guard || s->front_base == 0) {
    return lb_pages_bring(s, page, s->page_bytes, s->zero_base);
  }
  struct lb_class *c = lb_class_of(s, (uint64_t)*slot);
  uint64_t front = s->front_base + (uint64_t)(c - s->classes) * s->page_bytes;
  int brought = lb_pages_bring(s, page, s->page_bytes, front);
  if (brought >= 0 && s->variant != LB_UFFD) {
    lb_write_header(s, c, page + s->page_bytes);
  }
  return brought;
}

int64_t lb_pages_kill(const struct lb_shared *s, uint64_t address, uint64_t bytes) {
  switch (s->variant) {
    case LB_UFFD:
      return lb_syscall3(LB_NR_MADVISE, address, bytes, 4 /* DONTNEED */);
    case LB_REMAP:
      /* Private: mremap would copy an empty shared mapping for the C library's realloc. */
      return lb_map(address, bytes, 0x4002 /* PRIVATE|NORESERVE */, s->dead_fd, address - s->pool_base);
    default:
      return lb_syscall3(LB_NR_MPROTECT, address, bytes, 0);
  }
}

/* ---- allocation ---- */

static struct lb_class *lb_class_for(struct lb_shared *s, uint64_t pages) {
  struct lb_class *best = 0;
  for (uint32_t i = 0; i < s->class_count; i++) {
    struct lb_class *c = &s->classes[i];
    if (c->pages >= pages && (best == 0 || c->pages < best->pages)) {
      best = c;
    }
  }
  return best;
}

/* A slot that is this thread's alone, in state ARMING; or -1. */
static int64_t lb_take(struct lb_shared *s, struct lb_class *c, uint64_t *was) {
  for (int tries = 0; tries < 4; tries++) {
    int64_t index = lb_dequeue(c);
    if (index < 0) {
      return -1;
    }
    struct lb_slot *slot = &s->slots[index];
    uint64_t state = LB_LOAD(&slot->state);
    uint64_t kind = state & LB_STATE_MASK;
    if ((state & LB_PINS_MASK) == 0 && (kind == LB_FREE || kind == LB_DEAD || kind == LB_RESTORED)) {
      uint64_t next = ((state >> LB_GENERATION_SHIFT) + 1) << LB_GENERATION_SHIFT | LB_ARMING;
      if (lb_cas(&slot->state, state, next)) {
        *was = kind;
        return index;
      }
    }
    lb_park_or_enqueue(s, c, (uint64_t)index);
  }
  return -1;
}

/* Puts an ARMING slot back as dead or never used. */
static uint64_t lb_give_back(struct lb_shared *s, struct lb_class *c, int64_t index) {
  struct lb_slot *slot = &s->slots[index];
  uint64_t state = LB_LOAD(&slot->state);
  while (!lb_cas(&slot->state, state, (state & ~LB_STATE_MASK) | (slot->used ? LB_DEAD : LB_FREE))) {
    state = LB_LOAD(&slot->state);
  }
  lb_park_or_enqueue(s, c, (uint64_t)index);
  return 0;
}

/* A page between slots dies again, if it was brought on behalf of this flag. */
static void lb_between_kill(struct lb_shared *s, uint8_t *alive, uint64_t page) {
  if (LB_LOAD(alive) && __atomic_exchange_n(alive, 0, __ATOMIC_ACQ_REL)) {
    lb_pages_kill(s, page, s->page_bytes);
    LB_ADD(&s->resident, -(uint64_t)s->page_bytes);
    LB_ADD(&s->mappings, s->variant == LB_UFFD ? 0 : -2);
  }
}

/* Where the bytes end that hold junk while the block is alive; they begin behind it. */
static uint64_t lb_slack_end(const struct lb_shared *s, const struct lb_slot *slot, uint64_t end) {
  uint64_t from = slot->address + (slot->bytes ? slot->bytes : 1);
  return s->left && end - from > LB_SLACK_BYTES ? from + LB_SLACK_BYTES : end;
}

uint64_t lb_pool_alloc(struct lb_shared *s, uint64_t bytes, uint64_t align, uint64_t pc, uint64_t fp) {
  uint64_t page = s->page_bytes;
  if (!LB_LOAD(&s->sampling) || *s->life != 1) {
    return 0;
  }
  if (align < 16) {
    align = 16;
  }
  uint64_t asked = bytes ? bytes : 1;
  uint64_t padded = (asked + align - 1) & ~(align - 1);
  struct lb_class *c = asked > s->pool_bytes ? 0 : lb_class_for(s, (padded + page - 1) / page);
  if (c == 0 || align > page || (align & (align - 1)) != 0) {
    LB_ADD(&s->refused_slots, 1);
    return 0;
  }
  int own_mapping = s->variant != LB_UFFD;
  if (own_mapping && LB_ADD(&s->mappings, 2) + 2 > s->mapping_limit) {
    LB_ADD(&s->mappings, -2);
    LB_ADD(&s->refused_mappings, 1);
    return 0;
  }
  uint64_t was;
  int64_t index = lb_take(s, c, &was);
  if (index < 0) {
    LB_ADD(&s->mappings, own_mapping ? -2 : 0);
    LB_ADD(&s->refused_slots, 1);
    return 0;
  }
  struct lb_slot *slot = &s->slots[index];
  uint64_t run = c->pages * page;
  uint64_t start = lb_slot_start(s, c, (uint64_t)index);
  if (!slot->used) {
    /* From now on the slot holds its pages: alive here, dead in the side copy or the file. */
    if (LB_ADD(&s->resident, run) + run > s->byte_limit) {
      LB_ADD(&s->resident, -run);
      LB_ADD(&s->mappings, own_mapping ? -2 : 0);
      LB_ADD(&s->refused_bytes, 1);
      return lb_give_back(s, c, index);
    }
  }
  lb_between_kill(s, &slot->guard_alive, start + run);
  if (s->left) {
    lb_between_kill(s, &slot->front_alive, start - page);
    if ((uint64_t)index != c->first_slot) {
      lb_between_kill(s, &slot[-1].guard_alive, start - page);
    }
  }
  if (was == LB_RESTORED) {
    lb_pages_kill(s, start, run);
    LB_ADD(&s->mappings, own_mapping ? -2 : 0);
  }
  if (slot->used && s->variant == LB_UFFD) {
    lb_syscall3(LB_NR_MADVISE, s->side_base + (start - s->pool_base), run, 4 /* DONTNEED */);
  }
  int brought = lb_pages_bring(s, start, run, s->zero_base);
  if (brought < 0) {
    if (!slot->used) {
      LB_ADD(&s->resident, -run);
    }
    LB_ADD(&s->mappings, own_mapping ? -2 : 0);
    LB_ADD(&s->refused_slots, 1);
    return lb_give_back(s, c, index);
  }
  if (brought == 1 || (slot->used && own_mapping)) {
    lb_fill((void *)start, 0, run);
  }
  uint64_t address = s->left ? start : start + run - padded;
  slot->used = 1;
  slot->open_end = 0;
  slot->address = address;
  slot->bytes = bytes;
  lb_fill((void *)(address + asked), LB_JUNK, lb_slack_end(s, slot, start + run) - (address + asked));
  slot->serial = LB_ADD(&s->serial, 1) + 1;
  slot->faults = 0;
  slot->strays = 0;
  slot->reported = 0;
  slot->freed.nanos = 0;
  lb_site_take(s, &slot->alloc, pc, fp, 1);
  /* Handlers may pin an ARMING slot for a moment; pins are kept. */
  uint64_t state = LB_LOAD(&slot->state);
  while (!lb_cas(&slot->state, state, (state & ~LB_STATE_MASK) | LB_LIVE)) {
    state = LB_LOAD(&slot->state);
  }
  LB_ADD(&s->live, 1);
  LB_ADD(&s->allocated, 1);
  return address;
}

/* ---- free ---- */

static int64_t lb_refuse_free(
    struct lb_shared *s, int kind, uint64_t address, int64_t index, uint64_t pc, uint64_t fp) {
  LB_ADD(&s->double_frees, 1);
  lb_report(s, kind, LB_HOW_REFUSED, address, index, pc, fp, 1);
  return LB_REFUSED;
}

static void lb_check_slack(struct lb_shared *s, struct lb_slot *slot, uint64_t end, int64_t index,
                           uint64_t pc, uint64_t fp) {
  uint64_t from = slot->address + (slot->bytes ? slot->bytes : 1);
  uint64_t until = slot->open_end ? from : lb_slack_end(s, slot, end);
  for (uint64_t at = from; at < until; at++) {
    if (*(volatile uint8_t *)at != LB_JUNK) {
      lb_report(s, LB_SLACK_WRITTEN, LB_HOW_NOTED, at, index, pc, fp, 1);
      return;
    }
  }
}

int64_t lb_pool_free(struct lb_shared *s, uint64_t address, uint64_t pc, uint64_t fp) {
  int guard = 0;
  if (!lb_pool_owns(s, address)) {
    return LB_NOT_OURS;
  }
  int64_t index = lb_pool_slot(s, address, &guard);
  if (index < 0 || guard) {
    return lb_refuse_free(s, LB_INVALID_FREE, address, index, pc, fp);
  }
  struct lb_slot *slot = &s->slots[index];
  uint64_t state;
  do {
    state = LB_LOAD(&slot->state);
    if ((state & LB_STATE_MASK) != LB_LIVE) {
      uint64_t kind = state & LB_STATE_MASK;
      int never = kind == LB_FREE || kind == LB_ARMING || slot->address != address;
      return lb_refuse_free(s, never ? LB_INVALID_FREE : LB_DOUBLE_FREE, address, index, pc, fp);
    }
    if (slot->address != address) {
      return lb_refuse_free(s, LB_INVALID_FREE, address, index, pc, fp);
    }
  } while (!lb_cas(&slot->state, state, (state & ~LB_STATE_MASK) | LB_DYING));
  struct lb_class *c = lb_class_of(s, (uint64_t)index);
  uint64_t run = c->pages * (uint64_t)s->page_bytes;
  uint64_t start = lb_slot_start(s, c, (uint64_t)index);
  lb_site_take(s, &slot->freed, pc, fp, 1);
  lb_check_slack(s, slot, start + run, index, pc, fp);
  LB_ADD(&s->live, -1);
  LB_ADD(&s->freed, 1);
  int here = *s->life == 1;
  int die = here && LB_LOAD(&s->page_death);
  if (die && s->variant == LB_UFFD) {
    lb_copy((void *)(s->side_base + (address - s->pool_base)), (void *)address, slot->bytes);
  }
  if (die && lb_pages_kill(s, start, run) == 0) {
    if (s->variant != LB_UFFD) {
      LB_ADD(&s->mappings, -2);
    }
    die = 2;
  }
  /* A handler may have brought a page back in between: then the state says so already. */
  uint64_t after = die == 2 ? LB_DEAD : LB_RESTORED;
  state = LB_LOAD(&slot->state);
  while ((state & LB_STATE_MASK) == LB_DYING
         && !lb_cas(&slot->state, state, (state & ~LB_STATE_MASK) | after)) {
    state = LB_LOAD(&slot->state);
  }
  if (here) {
    lb_park_or_enqueue(s, c, (uint64_t)index);
  }
  return LB_FREED;
}

uint64_t lb_pool_size(struct lb_shared *s, uint64_t address) {
  int guard = 0;
  int64_t index = lb_pool_slot(s, address, &guard);
  if (index < 0 || guard || s->slots[index].address != address || !s->slots[index].used) {
    return 0;
  }
  return s->slots[index].bytes ? s->slots[index].bytes : 1;
}

uint64_t lb_pool_state(struct lb_shared *s, uint64_t address) {
  int guard = 0;
  int64_t index = lb_pool_slot(s, address, &guard);
  return index < 0 || guard ? ~0ull : LB_LOAD(&s->slots[index].state);
}

/* ---- standing down ---- */

int64_t lb_pool_revive_all(struct lb_shared *s) {
  LB_STORE(&s->sampling, 0);
  LB_STORE(&s->page_death, 0);
  int64_t revived = 0;
  for (uint32_t i = 0; i < s->class_count; i++) {
    struct lb_class *c = &s->classes[i];
    for (uint32_t k = 0; k < c->count; k++) {
      uint64_t start = lb_slot_start(s, c, c->first_slot + k);
      int64_t behind;
      if (k == 0) {
        revived += lb_between_bring(s, start - s->page_bytes, &behind) == 0;
      }
      for (uint32_t p = 0; p < c->pages; p++) {
        uint64_t page = start + p * (uint64_t)s->page_bytes;
        revived += lb_pages_bring(s, page, s->page_bytes, s->side_base + (page - s->pool_base)) == 0;
      }
      revived += lb_between_bring(s, start + c->pages * (uint64_t)s->page_bytes, &behind) == 0;
    }
  }
  return revived;
}
