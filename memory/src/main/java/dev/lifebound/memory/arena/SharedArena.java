package dev.lifebound.memory.arena;

import java.util.concurrent.atomic.AtomicReferenceArray;

/** The form for any number of threads: each allocates from a run of its own. */
final class SharedArena extends MapArena {
  /*
   * One bump under a lock hands out runs of 16 KiB; small blocks are cut from runs without the lock.
   *
   *    stripes:     run      run      run      run          four for each processor
   *                  |        |
   *                  v        v
   *    slab:      | run    | run    | large block | run    | free        |
   *                 ===>      =>
   *
   * A thread takes the stripe of its number and allocates by one fetch-and-add, which no other
   * thread can make fail. There are no thread-locals: a million virtual threads use as many runs as
   * there are stripes, and a thread that ends leaves nothing behind. A plain cursor for each thread
   * would save the locked instruction, and let a thread that is caught between reading and writing
   * its cursor hand out memory that a rollback has given to somebody else.
   *
   * Mark, rollback, reset and close stop all runs under the lock. A block of another thread is
   * before or after that, for its run's sake.
   */
  static final long RUN_BYTES = 16 << 10;

  /** A run is at most a quarter of a slab, so it never gets a slab of its own. */
  static final long MIN_SLAB_BYTES = 4 * RUN_BYTES;

  /** Larger blocks are cut from the slab: at most this part of a run is wasted at its end. */
  private static final long MAX_RUN_BLOCK_BYTES = RUN_BYTES / 4;

  /** References to a cache line. */
  private static final int STRIDE = 16;

  private static final int STRIPES_PER_PROCESSOR = 4;

  private final AtomicReferenceArray<Run> stripes;
  private final int lastStripe;
  private final boolean plain;
  private final Object lock = new Object();

  SharedArena(ArenaSettings settings) {
    super(settings);
    int count =
        Integer.highestOneBit(Runtime.getRuntime().availableProcessors() * STRIPES_PER_PROCESSOR);
    stripes = new AtomicReferenceArray<>(count * STRIDE);
    lastStripe = count - 1;
    plain = !settings.checked() && !settings.zeroRecycled();
    stopRuns();
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
    int stripe = stripe();
    while (true) {
      Run run = stripes.get(stripe);
      long start = run.take(size);
      if (start != 0) {
        return start;
      }
      refill(stripe, run, size);
    }
  }

  private int stripe() {
    return ((int) Thread.currentThread().threadId() & lastStripe) * STRIDE;
  }

  /** The run that the caller allocates from; for tests. */
  Run run() {
    return stripes.get(stripe());
  }

  /** Gives the stripe a new run, unless somebody else did meanwhile. */
  private void refill(int stripe, Run seen, long least) {
    synchronized (lock) {
      bump.epochs.checkOpen();
      if (stripes.get(stripe) == seen) {
        long start = bump.allocateRun(least, RUN_BYTES);
        table = bump.slabs.table();
        stripes.set(stripe, new Run(start, bump.cursor));
      }
    }
  }

  /** Under the lock: what is allocated from here on comes from new runs. */
  private void stopRuns() {
    for (int stripe = 0; stripe < stripes.length(); stripe += STRIDE) {
      Run old = stripes.getAndSet(stripe, Run.empty());
      if (old != null) {
        old.stop();
      }
    }
  }

  @Override
  public Mark mark() {
    synchronized (lock) {
      bump.epochs.checkOpen();
      stopRuns();
      return bump.mark();
    }
  }

  @Override
  public void rollback(Mark mark) {
    synchronized (lock) {
      bump.epochs.checkOpen();
      try {
        stopRuns();
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
        stopRuns();
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
      // In this order, so that whoever was refused once gets no block afterwards.
      stopRuns();
      bump.epochs.close();
    }
  }

  @Override
  public long reservedBytes() {
    synchronized (lock) {
      return isOpen() ? bump.slabs.reservedBytes() : 0;
    }
  }
}
