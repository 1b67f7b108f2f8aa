/* SPDX-License-Identifier: Apache-2.0
 * Copying, time, stacks and the ring of reports. */
#include "lifebound.h"

/* In the data page of each copy of the image; filled in by Java. */
__attribute__((section(".data"))) struct lb_image lb_image = {0};

void lb_copy(void *to, const void *from, uint64_t bytes) {
#if defined(__x86_64__)
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
#else
  char *t = to;
  const char *f = from;
  for (; bytes; bytes--) {
    *t++ = *f++;
  }
#endif
}

void lb_fill(void *to, int value, uint64_t bytes) {
#if defined(__x86_64__)
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
#else
  char *t = to;
  for (; bytes; bytes--) {
    *t++ = (char)value;
  }
#endif
}

uint64_t lb_nanos(void) {
  int64_t time[2];
  lb_syscall3(LB_NR_CLOCK, 1 /* CLOCK_MONOTONIC */, time, 0);
  return (uint64_t)(time[0] * 1000000000 + time[1]);
}

uint32_t lb_tid(void) { return (uint32_t)lb_syscall3(LB_NR_GETTID, 0, 0, 0); }

/*
 * Copies memory that may be given back at any moment. 0: done; 1: it is not there (any more). Where the system
 * forbids the call (an old container's filter), it is read as it is.
 */
int64_t lb_read(void *to, uint64_t from, uint64_t bytes) {
  struct {
    uint64_t base;
    uint64_t bytes;
  } local = {(uint64_t)to, bytes}, remote = {from, bytes};
  int64_t n = lb_syscall6(LB_NR_READV, lb_tid(), (uint64_t)&local, 1, (uint64_t)&remote, 1, 0);
  if (n == -LB_EPERM || n == -LB_ENOSYS) {
    lb_copy(to, (const void *)from, bytes);
    return 0;
  }
  return n == (int64_t)bytes ? 0 : 1;
}

/* Reads this process's memory without a fault: the bytes that could be read, from the first on. */
static uint64_t lb_peek(uint64_t tid, uint64_t address, void *to, uint64_t bytes) {
  struct {
    uint64_t base;
    uint64_t bytes;
  } local = {(uint64_t)to, bytes}, remote = {address, bytes};
  /* A thread's number names its process's memory as well. */
  int64_t n = lb_syscall6(LB_NR_READV, tid, (uint64_t)&local, 1, (uint64_t)&remote, 1, 0);
  return n < 0 ? 0 : (uint64_t)n;
}

/* Bytes of the stack that are read at once: several frames of usual code. */
#define LB_PEEK_BYTES 512

/*
 * Return addresses along the frame pointers, pc first. Code that uses the frame pointer for something
 * else ends the walk or adds a wrong entry; it cannot fault.
 */
static uint32_t lb_walk(struct lb_shared *s, uint64_t tid, uint64_t pc, uint64_t fp, uint64_t *to) {
  uint32_t limit = s->stacks < LB_FRAMES ? s->stacks : LB_FRAMES;
  uint32_t n = 0;
  uint64_t stack[LB_PEEK_BYTES / sizeof(uint64_t)];
  uint64_t from = 0;
  uint64_t bytes = 0;
  if (n < limit && pc != 0) {
    to[n++] = pc;
  }
  while (n < limit && fp != 0 && (fp & 7) == 0) {
    if (fp < from || fp - from + 16 > bytes) {
      from = fp;
      bytes = lb_peek(tid, from, stack, sizeof stack);
    }
    const uint64_t *frame = stack + (fp - from) / sizeof *stack;
    if (fp - from + 16 > bytes || frame[1] < 4096) {
      break;
    }
    to[n++] = frame[1];
    if (frame[0] <= fp || frame[0] - fp > (1 << 20)) {
      break;
    }
    fp = frame[0];
  }
  return n;
}

/*
 * The Java frames of this thread, when it is a Java thread in native code. Elsewhere (a thread of C, a
 * critical downcall, the JVM itself) asking would be wrong, and the answer is none. So it is in a forked
 * child, where locks of the JVM may be held by threads that are not there.
 */
static uint32_t lb_java_frames(struct lb_shared *s, struct lb_frame *to) {
  if (s->jvmti == 0 || s->java_vm == 0 || *s->life != 1) {
    return 0;
  }
  void *env = 0;
  int (*get_env)(void *, void **, int) = (*(void ***)s->java_vm)[6];
  if (get_env((void *)s->java_vm, &env, 0x00010008) != 0) {
    return 0;
  }
  char *thread = (char *)env + s->thread_from_env;
  if (*(volatile int *)(thread + s->thread_state_offset) != 4 /* _thread_in_native */) {
    return 0;
  }
  int (*get_stack)(void *, void *, int, int, void *, int *) = (*(void ***)s->jvmti)[103];
  int count = 0;
  if (get_stack((void *)s->jvmti, 0, 0, LB_FRAMES, to, &count) != 0 || count < 0) {
    return 0;
  }
  return (uint32_t)count;
}

void lb_site_take(struct lb_shared *s, struct lb_site *site, uint64_t pc, uint64_t fp, int java) {
  site->nanos = lb_nanos();
  site->tid = lb_tid();
  site->pcs = (uint16_t)lb_walk(s, site->tid, pc, fp, site->pc);
  site->frames = java ? (uint16_t)lb_java_frames(s, site->frame) : 0;
}

struct lb_event *lb_event_begin(
    struct lb_shared *s, int kind, uint64_t address, uint64_t pc, uint64_t fp, uint64_t *position) {
  /* Asking for Java frames may wait for a safepoint, so it comes before the place in the ring is taken. */
  struct lb_frame frames[LB_FRAMES];
  uint32_t java = fp ? lb_java_frames(s, frames) : 0;
  uint64_t head = LB_LOAD(&s->events_head);
  do {
    if (head - LB_LOAD(&s->events_tail) > s->events_mask) {
      LB_ADD(&s->events_dropped, 1);
      return 0;
    }
  } while (!__atomic_compare_exchange_n(
      &s->events_head, &head, head + 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  struct lb_event *e = &s->events[head & s->events_mask];
  *position = head;
  e->nanos = lb_nanos();
  e->address = address;
  e->pc = pc;
  e->slot = ~0ull;
  e->generation = 0;
  e->serial = 0;
  e->bytes = 0;
  e->tid = lb_tid();
  e->kind = (uint16_t)kind;
  e->how = LB_HOW_NOTED;
  e->first = 1;
  e->frames = java;
  lb_copy(e->frame, frames, java * sizeof *frames);
  e->pcs = lb_walk(s, e->tid, pc, fp, e->pcv);
  for (int i = 0; i < 5; i++) {
    e->extra[i] = 0;
  }
  return e;
}

void lb_event_commit(struct lb_shared *s, struct lb_event *e, uint64_t position, int wake) {
  LB_STORE(&e->commit, position + 1);
  if (wake && s->event_fd >= 0) {
    uint64_t one = 1;
    lb_syscall3(LB_NR_WRITE, s->event_fd, &one, sizeof one);
  }
}
