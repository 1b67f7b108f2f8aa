/* SPDX-License-Identifier: Apache-2.0
 *
 * What the machine code and Java share: one control structure, slots, events.
 *
 * All C files of this folder become one position-independent image without any library (see build).
 * Java maps the image, points the image's data page (struct lb_image) at one struct lb_shared, and
 * calls the entry points by downcalls; patched slots and signal handlers point into the image. The
 * image may be mapped several times; every copy has its own data page, all share one lb_shared.
 *
 * Rules of this code: general registers only, no thread-local storage, no errno, no library call,
 * little stack (signal handlers run on any thread's stack), nothing that waits for a lock. Java reads
 * offsets of the fields from the listing that build writes (LB_OFFSETS below).
 */
#ifndef LIFEBOUND_H
#define LIFEBOUND_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Raised when the meaning of a field changes; Java refuses an image of another number. */
#define LB_VERSION 2

/* ---- struct lb_shared.mode ---- */
#define LB_OBSERVE 0 /* no page dies */
#define LB_STRICT 1  /* a known access form becomes HotSpot's InternalError, every other one recovers */
#define LB_RECOVER 2 /* record, bring the old bytes back, let the instruction run again */

/* ---- struct lb_shared.variant: how pages die ---- */
#define LB_UFFD 1  /* userfaultfd, SIGBUS; old bytes go to the side copy */
#define LB_REMAP 2 /* mapped onto an empty memfd, SIGBUS; old bytes stay in the pool's memfd */
#define LB_PROT 3  /* PROT_NONE, SIGSEGV; old bytes stay in the page */

/*
 * ---- struct lb_slot.state ----
 *
 *   63                         24 23            8 7      0
 *  +-----------------------------+---------------+--------+
 *  | generation (counts uses)    | pins          | state  |
 *  +-----------------------------+---------------+--------+
 *
 *   FREE --alloc--> ARMING --> LIVE --free--> DYING --> DEAD --fault--> RESTORED
 *                     ^                                  |                |
 *                     +-------------alloc (no pins)------+----------------+
 *
 * A pin is a signal handler at work on the slot: while there is one the slot is not reused.
 */
#define LB_FREE 0
#define LB_ARMING 1
#define LB_LIVE 2
#define LB_DYING 3
#define LB_DEAD 4
#define LB_RESTORED 5
#define LB_STATE_MASK 0xffull
#define LB_PIN (1ull << 8)
#define LB_PINS_MASK (0xffffull << 8)
#define LB_GENERATION_SHIFT 24

#define LB_FRAMES 16
#define LB_CLASSES 8
#define LB_CODE_RANGES 4
#define LB_LIBC_RANGES 3

/* As jvmtiFrameInfo. */
struct lb_frame {
  uint64_t method; /* jmethodID */
  int64_t location;
};

/* Where and when something happened to a block. */
struct lb_site {
  uint64_t nanos; /* CLOCK_MONOTONIC, as System.nanoTime() */
  uint32_t tid;
  uint16_t pcs;    /* valid entries of pc */
  uint16_t frames; /* valid entries of frame */
  uint64_t pc[LB_FRAMES];
  struct lb_frame frame[LB_FRAMES];
};

/* One run of pages and the block that has it or had it last. */
struct lb_slot {
  uint64_t state;
  uint64_t address; /* of the block */
  uint64_t bytes;   /* as asked for */
  uint64_t serial;  /* counts guarded blocks from 1 */
  uint32_t faults;  /* of this block */
  uint32_t strays;  /* faults met while alive */
  uint32_t reported; /* bits: 1 << kind, of this block */
  uint8_t guard_alive; /* the page behind was filled by recover */
  uint8_t used;        /* was alive at least once */
  uint8_t front_alive; /* the page in front was filled for the C library: see LB_CHUNK_HEADER */
  uint8_t open_end;    /* the program was told that it may use the bytes behind the block */
  struct lb_site alloc;
  struct lb_site freed;
};

/* Slots of one length: `count` times (`pages` and one page that is never alive), one such page before. */
struct lb_class {
  uint64_t first_byte; /* of the first slot, from the pool's base */
  uint32_t pages;
  uint32_t count;
  uint32_t first_slot; /* index into lb_shared.slots */
  uint32_t cells_mask; /* queue length - 1 */
  struct lb_cell *cells;
  uint64_t enqueue;
  uint64_t dequeue;
};

/* A cell of the bounded queue in which slots wait, oldest death first. */
struct lb_cell {
  uint64_t sequence;
  uint64_t slot;
};

/* ---- struct lb_event.kind ---- */
#define LB_USE_AFTER_FREE 1
#define LB_OVERFLOW 2
#define LB_UNDERFLOW 3
#define LB_WILD 4             /* an address of the pool that no block ever had */
#define LB_DOUBLE_FREE 5
#define LB_INVALID_FREE 6     /* free of an address that is not a block's first byte */
#define LB_WRITE_AFTER_FREE 7 /* the junk of a quarantined block was overwritten */
#define LB_SLACK_WRITTEN 8    /* the bytes between a block's end and its page's end were overwritten */
#define LB_KIND_WATCH 32      /* kinds from here on belong to watch.c */

/* ---- struct lb_event.how ---- */
#define LB_HOW_RECOVERED 1
#define LB_HOW_DELIVERED 2
#define LB_HOW_REFUSED 3 /* a free that was not done */
#define LB_HOW_NOTED 4

/* One line of the ring of reports; commit = position + 1, written last. */
struct lb_event {
  uint64_t commit;
  uint64_t nanos;
  uint64_t address;
  uint64_t pc;
  uint64_t slot;       /* index, or ~0 */
  uint64_t generation; /* of the slot's block */
  uint64_t serial;     /* of the block */
  uint64_t bytes;      /* of the block, where there is no slot */
  uint32_t tid;
  uint16_t kind;
  uint8_t how;
  uint8_t first; /* the first of its kind for this block */
  uint32_t pcs;
  uint32_t frames;
  uint64_t extra[5]; /* of watch.c, by kind */
  uint64_t pcv[LB_FRAMES];
  struct lb_frame frame[LB_FRAMES];
};

/* A freed unsampled block that waits with junk in it. */
struct lb_quarantined {
  uint64_t sequence;
  uint64_t address;
  uint64_t bytes;
  uint64_t free_function;
  uint64_t pc;
  uint64_t nanos;
  uint64_t tid;
  uint64_t reserved;
};

#define LB_JUNK 0xa5

/* A code heap of HotSpot; only compiled methods in it count. */
struct lb_range {
  uint64_t start;
  uint64_t bytes;
  uint64_t map;   /* CodeHeap::_segmap, or 0: compiled methods only */
  uint64_t shift; /* logarithm of a segment's bytes */
};

/*
 * Left-aligned blocks begin a page, so glibc's header of a block, two words in front of it, lies in the
 * page before, which is dead. A free or realloc that passes no stub reads it there: the handler sees
 * that, frees the block itself and brings the page with a header of this content:
 *
 *     size of what is before := -(run + header)   run + LB_CHUNK_HEADER or run, | IS_MMAPPED (2)
 *
 * To glibc that is a block from mmap whose mapping begins behind the slot and has length 0. munmap refuses
 * that length, and glibc ignores the refusal; mremap refuses it too, and realloc copies instead. The
 * block's distance from the start of its page must be 0 or a power of two, hence left-aligned.
 * From glibc 2.43 on the size is without the header: chunk_counted is 0 there.
 */
#define LB_CHUNK_HEADER 16
#define LB_CHUNK_MAPPED 2

/* A function of the C library that reads the header. */
#define LB_LIBC_FREE 1
#define LB_LIBC_REALLOC 2
#define LB_LIBC_SIZE 3
struct lb_libc {
  uint64_t start;
  uint64_t bytes; /* 0: not known */
  uint64_t role;
};

/* Bytes behind a left-aligned block that are looked at when it is freed. */
#define LB_SLACK_BYTES 64

/* The one control structure of a process. Java writes it before the first entry point is called. */
struct lb_shared {
  uint32_t version;
  uint32_t mode;
  uint32_t variant;
  uint32_t page_bytes;

  uint32_t sampling;   /* 1: lb_pool_alloc hands out slots; 0: it refuses */
  uint32_t page_death; /* 1: a freed block's pages die; 0: they stay (standing down) */
  uint32_t left;       /* 1: blocks begin at the page's start; 0: they end at its end */
  uint32_t stacks;     /* native frames to keep, 0..LB_FRAMES */

  uint64_t pool_base; /* the whole range, dead pages included; handlers look at nothing else */
  uint64_t pool_bytes;
  uint64_t side_base; /* LB_UFFD: page i's copy lies at the same distance */
  uint64_t zero_base; /* zeroes, as long as the longest run */
  struct lb_slot *slots;
  uint32_t slot_count;
  uint32_t class_count;
  struct lb_class classes[LB_CLASSES];

  int32_t fault_fd; /* the userfaultfd */
  int32_t pool_fd;  /* LB_REMAP: the file of the live pages */
  int32_t dead_fd;  /* LB_REMAP: the empty file */
  int32_t event_fd; /* written at a block's first fault, -1: none */

  uint32_t *life; /* reads 1 here and 0 in a forked child (MADV_WIPEONFORK) */

  struct lb_event *events;
  uint64_t events_mask;
  uint64_t events_head; /* next to be written */
  uint64_t events_tail; /* next to be read, written by Java */

  uint64_t byte_limit; /* of resident */
  uint64_t mapping_limit;

  struct lb_range code[LB_CODE_RANGES]; /* where compiled Java methods lie */
  uint64_t code_header;                 /* bytes before a block of a code heap */
  uint64_t code_kind_offset;            /* of the byte that has the block's kind */
  uint64_t code_kind;                   /* compiled method */

  uint64_t old_handler[2]; /* SIGBUS, SIGSEGV: what was installed before */

  /* JVMTI, all or nothing: for Java frames of sampled allocations and frees. */
  uint64_t java_vm;            /* JavaVM* */
  uint64_t jvmti;              /* jvmtiEnv* */
  int64_t thread_from_env;     /* JavaThread* = JNIEnv* + this */
  int64_t thread_state_offset; /* of JavaThread::_thread_state */

  struct lb_quarantined *quarantine;
  uint64_t quarantine_mask; /* 0: no quarantine */
  uint64_t quarantine_limit;
  uint64_t quarantine_block_limit;
  uint64_t quarantine_enqueue;
  uint64_t quarantine_dequeue;

  /* Counters, each only ever added to, save resident, mappings, live and quarantined. */
  uint64_t serial;
  uint64_t faults;
  uint64_t recovered;
  uint64_t delivered;
  uint64_t allocated;
  uint64_t freed;
  uint64_t refused_bytes;    /* allocations not guarded: byte limit */
  uint64_t refused_mappings; /* ... mapping limit */
  uint64_t refused_slots;    /* ... no slot, too long, too aligned */
  uint64_t double_frees;
  uint64_t events_dropped;
  uint64_t parked; /* slots lost to a full queue */
  uint64_t resident;
  uint64_t mappings;
  uint64_t live;
  uint64_t quarantined;
  uint64_t chained; /* faults in the pool given to the old handler: what could not be served */

  /* Of watch.c: it may define its own structure behind this pointer. */
  uint64_t watch;

  /* The ledger's stripe for faults: docs/formats/ledger.md. */
  uint64_t *ledger_head; /* 0: no ledger */
  uint64_t ledger_records;
  uint64_t ledger_mask;
  uint64_t ledger_base; /* the ledger's mapping */
  uint64_t ledger_bytes;
  uint64_t ledger_lost; /* pages of it that were found missing */

  uint64_t old_flags[2]; /* of old_handler */

  uint64_t front_base;    /* left: a page for each class, with the header at its end; 0: no header */
  uint64_t chunk_counted; /* LB_CHUNK_HEADER, or 0: bytes of the header that its size counts */
  struct lb_libc libc[LB_LIBC_RANGES];
  uint64_t unwatched_frees;    /* guarded blocks that the C library was given past the stubs */
  uint64_t unwatched_reallocs; /* ... and that it may have moved: their slots are lost */
};

/* The data page of one mapped copy of the image. watch.c may add fields at the end. */
struct lb_image {
  struct lb_shared *shared;
  uint64_t old[48]; /* the watched slots' old values; watch.c names the indices */
};

extern struct lb_image lb_image;

/* ---- entry points for Java ---- */

/* Prepares slots and queues from the classes that Java described. 0 or -errno. */
int64_t lb_pool_init(struct lb_shared *s);

/* Puts the handler in front of the present one. signal is 7 or 11. 0 or -errno. */
int64_t lb_install(struct lb_shared *s, int64_t signal);

/* Puts the old handler back where ours is still first. 0, 1: another one is first, or -errno. */
int64_t lb_uninstall(struct lb_shared *s, int64_t signal);

/* 1: ours is first. 0: another one. */
int64_t lb_installed(struct lb_shared *s, int64_t signal);

/* Brings every dead page back, with the old bytes where they are known; afterwards nothing faults. */
int64_t lb_pool_revive_all(struct lb_shared *s);

/* ---- entry points for Java and for the watch stubs ---- */

/*
 * A guarded block of zeroes, or 0: then the caller takes the real allocator.
 * align: a power of two up to a page. pc, fp: return address and frame pointer of the program's call.
 */
uint64_t lb_pool_alloc(struct lb_shared *s, uint64_t bytes, uint64_t align, uint64_t pc, uint64_t fp);

/* 0: not the pool's, the caller goes on. 1: freed. 2: refused and reported. Never pass on unless 0. */
#define LB_NOT_OURS 0
#define LB_FREED 1
#define LB_REFUSED 2
int64_t lb_pool_free(struct lb_shared *s, uint64_t address, uint64_t pc, uint64_t fp);

/* Whether the address lies in the pool, whatever is or was there. */
static inline int lb_pool_owns(const struct lb_shared *s, uint64_t address) {
  return address - s->pool_base < s->pool_bytes;
}

/* The size of the live or dead block that begins here, or 0 (also for an address within a block). */
uint64_t lb_pool_size(struct lb_shared *s, uint64_t address);

/* The state word of the slot that holds the address, or ~0 (a page between slots, or not the pool's). */
uint64_t lb_pool_state(struct lb_shared *s, uint64_t address);

/* Index of the slot whose pages, or page behind, hold the address; -1 outside. *guard: page behind. */
int64_t lb_pool_slot(const struct lb_shared *s, uint64_t address, int *guard);

/*
 * Takes a freed block of the real allocator into quarantine; it is given to free_function later.
 * 0: not taken (no quarantine, too long): the caller frees. 1: taken. 2: refused, freed twice.
 */
int64_t lb_quarantine_put(
    struct lb_shared *s, uint64_t address, uint64_t bytes, uint64_t free_function, uint64_t pc);

/* Frees everything in quarantine, checked. */
int64_t lb_quarantine_flush(struct lb_shared *s);

/*
 * Begins an event in the ring, with time, thread and frames filled in, or returns NULL when the ring is
 * full. The caller fills the rest and commits; wake: also write the eventfd.
 */
struct lb_event *lb_event_begin(
    struct lb_shared *s, int kind, uint64_t address, uint64_t pc, uint64_t fp, uint64_t *position);
void lb_event_commit(struct lb_shared *s, struct lb_event *e, uint64_t position, int wake);

/* Fills in time, thread, native frames and, in a Java thread in native code, Java frames. */
void lb_site_take(struct lb_shared *s, struct lb_site *site, uint64_t pc, uint64_t fp, int java);

/* The signal handler: (signal, siginfo_t*, ucontext_t*). */
void lb_handler(int signal, void *info, void *context);

/* Of watch.c, for the handler: a free that passed no stub. As lb_pool_free, adopted blocks included. */
void lb_unwatched_free(struct lb_shared *s, uint64_t address, uint64_t pc, uint64_t fp);

/* ---- helpers shared by the C files ---- */
void lb_copy(void *to, const void *from, uint64_t bytes);
void lb_fill(void *to, int value, uint64_t bytes);
uint64_t lb_nanos(void);
uint32_t lb_tid(void);
int64_t lb_read(void *to, uint64_t from, uint64_t bytes);

#define LB_INLINE static inline __attribute__((always_inline))
#define LB_LOAD(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define LB_STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define LB_ADD(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
LB_INLINE int lb_cas(uint64_t *p, uint64_t from, uint64_t to) {
  return __atomic_compare_exchange_n(p, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* ---- raw system calls: the result, or -errno ---- */
#if defined(__x86_64__)
LB_INLINE int64_t lb_syscall6(
    int64_t n, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
  int64_t result;
  register uint64_t r10 __asm__("r10") = d;
  register uint64_t r8 __asm__("r8") = e;
  register uint64_t r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#define LB_NR_READ 0
#define LB_NR_WRITE 1
#define LB_NR_MMAP 9
#define LB_NR_MPROTECT 10
#define LB_NR_SIGACTION 13
#define LB_NR_IOCTL 16
#define LB_NR_YIELD 24
#define LB_NR_MADVISE 28
#define LB_NR_NANOSLEEP 35
#define LB_NR_GETTID 186
#define LB_NR_CLOCK 228
#define LB_NR_READV 310 /* process_vm_readv */
#elif defined(__aarch64__)
LB_INLINE int64_t lb_syscall6(
    int64_t n, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
  register uint64_t x8 __asm__("x8") = (uint64_t)n;
  register uint64_t x0 __asm__("x0") = a;
  register uint64_t x1 __asm__("x1") = b;
  register uint64_t x2 __asm__("x2") = c;
  register uint64_t x3 __asm__("x3") = d;
  register uint64_t x4 __asm__("x4") = e;
  register uint64_t x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return (int64_t)x0;
}
#define LB_NR_IOCTL 29
#define LB_NR_READ 63
#define LB_NR_WRITE 64
#define LB_NR_NANOSLEEP 101
#define LB_NR_CLOCK 113
#define LB_NR_YIELD 124
#define LB_NR_SIGACTION 134
#define LB_NR_GETTID 178
#define LB_NR_MMAP 222
#define LB_NR_MPROTECT 226
#define LB_NR_MADVISE 233
#define LB_NR_READV 270
#else
#error "written for x86-64 and aarch64"
#endif

#define LB_EPERM 1
#define LB_ENOSYS 38

#define lb_syscall3(n, a, b, c) lb_syscall6((n), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0, 0)

/* The thread pointer: distinct for every thread, for striping. */
LB_INLINE uint64_t lb_thread_pointer(void) {
  uint64_t p;
#if defined(__x86_64__)
  __asm__("movq %%fs:0, %0" : "=r"(p));
#else
  __asm__("mrs %0, tpidr_el0" : "=r"(p));
#endif
  return p;
}

#pragma GCC visibility pop

#endif
