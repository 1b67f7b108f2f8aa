package dev.lifebound.memory.handle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Free slots and counts that one thread at a time works with, so that an allocation takes a single
 * atomic instruction: the one that locks the stripe.
 *
 * <p>Locked for some nanoseconds, by whoever finds it free; reentrant. The holder calls nothing
 * that waits, except a bound map that has a stripe of its own and changes the map below under it.
 */
final class Stripe {
  /*
   * A magazine allocator [1]. Each class of sizes has a stack of free slots, and the rest of the page
   * that is used up at present. When a stack is full its older half goes to the registry's depot; when
   * it is empty, a batch comes back from there before a new page is begun. So a thread that only
   * allocates and one that only frees balance each other.
   *
   * [1] J. Bonwick, J. Adams, Magazines and Vmem, USENIX 2001.
   */
  static final int BATCH = 128;
  private static final int CAPACITY = 2 * BATCH;

  private static final int SPINS = 64;
  private static final long PARK_NANOS = 20_000;

  private static final VarHandle HOLDER;

  static {
    try {
      HOLDER = MethodHandles.lookup().findVarHandle(Stripe.class, "holder", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Blocks and bytes of one tag, as far as this stripe has seen them come and go. */
  private static final class Count {
    long blocks;
    long bytes;
  }

  // Two cache lines on both sides, since the hardware fetches lines in pairs.
  @SuppressWarnings("unused")
  private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe, pf;

  /** The id of the thread that holds the stripe, or 0. */
  @SuppressWarnings("unused") // by HOLDER
  private long holder;

  private int depth;

  /** Blocks that entered through this stripe less those that left through it; may be negative. */
  private long undead;

  private final int[] @Nullable [] free = new int[SizeClass.COUNT + 1] @Nullable [];
  private final int[] freeCount = new int[SizeClass.COUNT + 1];
  private final int[] fresh = new int[SizeClass.COUNT + 1];
  private final int[] freshEnd = new int[SizeClass.COUNT + 1];
  private @Nullable Count[] counts = new Count[4];

  @SuppressWarnings("unused")
  private long q0, q1, q2, q3, q4, q5, q6, q7, q8, q9, qa, qb, qc, qd, qe, qf;

  /** Takes the stripe if it is free, or held by this thread already. */
  boolean tryLock(Thread me) {
    long id = me.threadId();
    if ((long) HOLDER.getOpaque(this) == id) {
      depth++;
      return true;
    }
    return HOLDER.compareAndSet(this, 0L, id);
  }

  boolean isHeldBy(Thread me) {
    return (long) HOLDER.getOpaque(this) == me.threadId();
  }

  void lock() {
    Thread me = Thread.currentThread();
    for (int tries = 0; !tryLock(me); tries++) {
      pause(tries);
    }
  }

  /** Lets the holder go on: first by waiting in place, then by giving the processor away. */
  static void pause(int tries) {
    if (tries < SPINS) {
      Thread.onSpinWait();
    } else {
      LockSupport.parkNanos(PARK_NANOS);
    }
  }

  void unlock() {
    if (depth > 0) {
      depth--;
    } else {
      HOLDER.setRelease(this, 0L);
    }
  }

  // What follows is called by the holder.

  /** A free slot, or -1 when there is none at hand. */
  int take(int sizeClass) {
    int left = freeCount[sizeClass];
    int[] stack = free[sizeClass];
    if (left > 0 && stack != null) {
      freeCount[sizeClass] = left - 1;
      return stack[left - 1];
    }
    while (fresh[sizeClass] < freshEnd[sizeClass]) {
      int next = fresh[sizeClass]++;
      if (!SlotTable.isRetired(next)) {
        return next;
      }
    }
    return -1;
  }

  /** Begins a page, when there is nothing left of the one before. */
  void refill(int sizeClass, Page page) {
    fresh[sizeClass] = page.firstSlot();
    freshEnd[sizeClass] = page.firstSlot() + page.slots;
  }

  /** Takes a batch over, when its stack is empty. */
  void refill(int sizeClass, int[] batch) {
    System.arraycopy(batch, 0, stack(sizeClass), 0, batch.length);
    freeCount[sizeClass] = batch.length;
  }

  /** Takes a free slot back; returns a batch for the depot when the stack has run full. */
  int @Nullable [] give(int sizeClass, int slot) {
    int[] stack = stack(sizeClass);
    int count = freeCount[sizeClass];
    int[] batch = null;
    if (count == CAPACITY) {
      batch = Arrays.copyOf(stack, BATCH);
      System.arraycopy(stack, BATCH, stack, 0, CAPACITY - BATCH);
      count -= BATCH;
    }
    stack[count] = slot;
    freeCount[sizeClass] = count + 1;
    return batch;
  }

  private int[] stack(int sizeClass) {
    int[] stack = free[sizeClass];
    if (stack == null) {
      stack = new int[CAPACITY];
      free[sizeClass] = stack;
    }
    return stack;
  }

  void count(int tag, int blocks, long bytes) {
    undead += blocks;
    if (tag >= counts.length) {
      counts = Arrays.copyOf(counts, Math.max(tag + 1, counts.length * 2));
    }
    Count count = counts[tag];
    if (count == null) {
      count = new Count();
      counts[tag] = count;
    }
    count.blocks += blocks;
    count.bytes += bytes;
  }

  /** Adds the other's counts to this one's; both are held. */
  void inheritCounts(Stripe other) {
    for (int tag = 0; tag < other.counts.length; tag++) {
      Count count = other.counts[tag];
      if (count != null) {
        count(tag, 0, count.bytes);
        Objects.requireNonNull(counts[tag], "a tag just counted must be there").blocks +=
            count.blocks;
      }
    }
    undead += other.undead;
    other.undead = 0;
    Arrays.fill(other.counts, null);
  }

  /** Takes every free slot of a class out, in batches. */
  List<int[]> drain(int sizeClass) {
    List<int[]> batches = new ArrayList<>();
    for (int slot = take(sizeClass); slot >= 0; ) {
      int[] batch = new int[BATCH];
      int count = 0;
      while (slot >= 0 && count < BATCH) {
        batch[count++] = slot;
        slot = take(sizeClass);
      }
      batches.add(Arrays.copyOf(batch, count));
    }
    return batches;
  }

  long undead() {
    return undead;
  }

  long blocks(int tag) {
    Count count = tag < counts.length ? counts[tag] : null;
    return count == null ? 0 : count.blocks;
  }

  long bytes(int tag) {
    Count count = tag < counts.length ? counts[tag] : null;
    return count == null ? 0 : count.bytes;
  }
}
