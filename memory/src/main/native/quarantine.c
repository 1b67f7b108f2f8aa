/* SPDX-License-Identifier: Apache-2.0
 * Freed blocks of the real allocator that wait with junk in them, oldest first.
 *
 * A bounded queue as the slots' one. Memory is bounded by bytes; when the queue is full or its oldest
 * cell is being written, a block goes to its own free at once.
 */
#include "lifebound.h"

#define LB_JUNK_WORD 0xa5a5a5a5a5a5a5a5ull

static int lb_evict(struct lb_shared *s) {
  uint64_t at = LB_LOAD(&s->quarantine_dequeue);
  struct lb_quarantined *cell;
  for (;;) {
    cell = &s->quarantine[at & s->quarantine_mask];
    int64_t ahead = (int64_t)(LB_LOAD(&cell->sequence) - (at + 1));
    if (ahead < 0) {
      return 0;
    }
    if (ahead == 0 && lb_cas(&s->quarantine_dequeue, at, at + 1)) {
      break;
    }
    at = LB_LOAD(&s->quarantine_dequeue);
  }
  struct lb_quarantined block = *cell;
  LB_STORE(&cell->sequence, at + s->quarantine_mask + 1);
  LB_ADD(&s->quarantined, -block.bytes);
  for (uint64_t i = 0; i < block.bytes; i++) {
    if (*(uint8_t *)(block.address + i) == LB_JUNK) {
      continue;
    }
    uint64_t position;
    struct lb_event *e =
        lb_event_begin(s, LB_WRITE_AFTER_FREE, block.address + i, block.pc, 0, &position);
    if (e) {
      /* Who wrote is not known; this is who freed. */
      e->bytes = block.bytes;
      e->extra[0] = block.address;
      e->extra[1] = block.nanos;
      e->extra[2] = block.tid;
      lb_event_commit(s, e, position, 1);
    }
    break;
  }
  ((void (*)(void *))block.free_function)((void *)block.address);
  return 1;
}

/* Junk at its start: perhaps a block that waits here already. */
static int lb_waits(struct lb_shared *s, uint64_t address) {
  uint64_t end = LB_LOAD(&s->quarantine_enqueue);
  for (uint64_t at = LB_LOAD(&s->quarantine_dequeue); at < end; at++) {
    struct lb_quarantined *cell = &s->quarantine[at & s->quarantine_mask];
    if (LB_LOAD(&cell->sequence) == at + 1 && cell->address == address) {
      return 1;
    }
  }
  return 0;
}

int64_t lb_quarantine_put(
    struct lb_shared *s, uint64_t address, uint64_t bytes, uint64_t free_function, uint64_t pc) {
  if (s->quarantine_mask == 0 || bytes < 8 || bytes > s->quarantine_block_limit || *s->life != 1) {
    return 0;
  }
  if (*(uint64_t *)address == LB_JUNK_WORD && lb_waits(s, address)) {
    uint64_t position;
    LB_ADD(&s->double_frees, 1);
    struct lb_event *e = lb_event_begin(s, LB_DOUBLE_FREE, address, pc, 0, &position);
    if (e) {
      e->how = LB_HOW_REFUSED;
      e->bytes = bytes;
      e->extra[0] = address;
      lb_event_commit(s, e, position, 1);
    }
    return 2;
  }
  lb_fill((void *)address, LB_JUNK, bytes);
  uint64_t at = LB_LOAD(&s->quarantine_enqueue);
  struct lb_quarantined *cell;
  for (;;) {
    cell = &s->quarantine[at & s->quarantine_mask];
    int64_t ahead = (int64_t)(LB_LOAD(&cell->sequence) - at);
    if (ahead < 0) {
      if (!lb_evict(s)) {
        return 0;
      }
    } else if (ahead == 0 && lb_cas(&s->quarantine_enqueue, at, at + 1)) {
      break;
    }
    at = LB_LOAD(&s->quarantine_enqueue);
  }
  cell->address = address;
  cell->bytes = bytes;
  cell->free_function = free_function;
  cell->pc = pc;
  cell->nanos = lb_nanos();
  cell->tid = lb_tid();
  uint64_t held = LB_ADD(&s->quarantined, bytes) + bytes;
  LB_STORE(&cell->sequence, at + 1);
  while (held > s->quarantine_limit && lb_evict(s)) {
    held = LB_LOAD(&s->quarantined);
  }
  return 1;
}

int64_t lb_quarantine_flush(struct lb_shared *s) {
  int64_t evicted = 0;
  while (s->quarantine_mask != 0 && lb_evict(s)) {
    evicted++;
  }
  return evicted;
}
