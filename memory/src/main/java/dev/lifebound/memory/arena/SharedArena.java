package dev.lifebound.memory.arena;

import java.util.concurrent.atomic.AtomicLongArray;

/** The form for any number of threads: each allocates from a run of its own. */
final class SharedArena extends MapArena {
  /*
   * One bump under a lock hands out runs of 16 KiB; small blocks are cut from runs without the lock.
   *
   *    stripes:   | word |  | word |  | word |  | word |      one for each 128 bytes
   *                  |         |
   *                  v         v
   *    slab:      | run    | run    | run    | large block | run    | free        |
   *                 ===>      =>
   *
   * The word of a stripe is the position of the next block in its run, or 0 when the run is used up.
   * Runs start at multiples of their size, so the word alone says where its run ends, and one
   * compare-and-set allocates. A word that names the same run again after a rollback does no harm:
   * whoever wins the compare-and-set has the block.
   *
   * A thread starts at the stripe of its number and goes to the next one when somebody else changed
   * the word under its hands. There are no thread-locals: a million virtual threads use as many
   * runs as there are stripes, and a thread that ends leaves nothing behind. The price is one
   * uncontended compare-and-set for each block.
   *
   * Mark, rollback, reset and close empty all words under the lock. A block of another thread is
   * before or after that, for its own word's sake.
   */
  static final long RUN_BYTES = 16 << 10;

  /** A run is at most a quarter of a slab, so it never gets a slab of its own. */
  static final long MIN_SLAB_BYTES = 4 * RUN_BYTES;

  /** Larger blocks are cut from the slab: at most this part of a run is wasted at its end. */
  private static final long MAX_RUN_BLOCK_BYTES = RUN_BYTES / 4;

  private static final int STRIDE = 16;
  private static final int STRIPES_PER_PROCESSOR = 4;

  private final AtomicLongArray stripes;
  private final int lastStripe;
  private final boolean plain;
  private final Object lock = new Object();

  SharedArena(ArenaSettings settings) {
    super(settings);
    int count =
        Integer.highestOneBit(Runtime.getRuntime().availableProcessors() * STRIPES_PER_PROCESSOR);
    stripes = new AtomicLongArray((count + 1) * STRIDE);
    lastStripe = count - 1;
    plain = !settings.checked() && !settings.zeroRecycled();
  }

  @Override
  public long allocateBlock(long bytes) {
    if (plain && Long.compareUnsigned(bytes - 1, MAX_RUN_BLOCK_BYTES) < 0) {
      return allocateSmall(bytes);
    }
    return place(bytes, Bump.UNIT);
  }

  @Override
  public long allocateBlock(long bytes, long alignment) {
    checkAlignment(alignment);
    return alignment <= Bump.UNIT ? allocateBlock(bytes) : place(bytes, alignment);
  }

  private long place(long bytes, long alignment) {
    checkSize(bytes);
    // In checked mode gaps lie between blocks, which runs do not have.
    boolean small = bytes <= MAX_RUN_BLOCK_BYTES && alignment <= Bump.UNIT && !settings.checked();
    long position = small ? allocateSmall(bytes) : allocateLarge(bytes, alignment);
    finish(position, bytes);
    return position;
  }

  private long allocateLarge(long bytes, long alignment) {
    synchronized (lock) {
      bump.epochs.checkOpen();
      long position = bump.allocate(bytes, alignment);
      table = bump.slabs.table();
      return position;
    }
  }

  private long allocateSmall(long bytes) {
    long size = Bump.roundUp(bytes, Bump.UNIT);
    int stripe = (int) Thread.currentThread().threadId() & lastStripe;
    while (true) {
      int at = (stripe + 1) * STRIDE;
      long start = stripes.get(at);
      long runEnd = runEnd(start);
      if (start == 0 || start + size > runEnd) {
        long refilled = refill(at, start, bytes);
        if (refilled != 0) {
          return refilled;
        }
      } else if (stripes.compareAndSet(at, start, wordAfter(start + size, runEnd))) {
        return start;
      } else {
        stripe = (stripe + 1) & lastStripe;
      }
    }
  }

  private static long runEnd(long position) {
    return (position | (RUN_BYTES - 1)) + 1;
  }

  private static long wordAfter(long next, long runEnd) {
    return next == runEnd ? 0 : next;
  }

  /** Gives the stripe a new run, less the block; 0 when somebody else did meanwhile. */
  private long refill(int at, long seen, long bytes) {
    long size = Bump.roundUp(bytes, Bump.UNIT);
    synchronized (lock) {
      bump.epochs.checkOpen();
      if (stripes.get(at) != seen) {
        return 0;
      }
      if (!bump.hasRun(RUN_BYTES)) {
        return allocateLarge(bytes, Bump.UNIT);
      }
      long run = bump.allocateRun(RUN_BYTES);
      table = bump.slabs.table();
      stripes.set(at, wordAfter(run + size, runEnd(run)));
      return run;
    }
  }

  /** Under the lock: what is allocated from here on comes from new runs. */
  private void emptyStripes() {
    for (int stripe = 0; stripe <= lastStripe; stripe++) {
      stripes.set((stripe + 1) * STRIDE, 0);
    }
  }

  @Override
  public Mark mark() {
    synchronized (lock) {
      bump.epochs.checkOpen();
      emptyStripes();
      return bump.mark();
    }
  }

  @Override
  public void rollback(Mark mark) {
    synchronized (lock) {
      bump.epochs.checkOpen();
      try {
        emptyStripes();
        bump.rollback(mark);
      } finally {
        forgetDead();
      }
    }
  }

  @Override
  public void keep(Mark mark) {
    synchronized (lock) {
      bump.epochs.checkOpen();
      bump.keep(mark);
    }
  }

  @Override
  public void reset() {
    synchronized (lock) {
      bump.epochs.checkOpen();
      try {
        emptyStripes();
        bump.reset();
      } finally {
        forgetDead();
      }
    }
  }

  private void forgetDead() {
    if (log != null) {
      log.retain(bump.slabs::isAlive);
    }
  }

  @Override
  public void handOver() {
    // No owner, nothing to hand over.
  }

  @Override
  public void close() {
    synchronized (lock) {
      bump.epochs.close();
      emptyStripes();
    }
  }

  @Override
  public long reservedBytes() {
    synchronized (lock) {
      return isOpen() ? bump.slabs.reservedBytes() : 0;
    }
  }
}
