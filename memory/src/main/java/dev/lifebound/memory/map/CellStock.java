package dev.lifebound.memory.map;

/**
 * The cells that a stripe can hand out: retired ones by size, and a run that new ones are cut from.
 * Under the stripe's lock.
 *
 * <p>A cell that was retired may still be read, its length first. It waits in a batch until the
 * stripe's version has changed, and only then may its first word lead to the next free cell. So the
 * version changes once for each batch, which is {@value #BATCH} cells or some kilobytes.
 */
final class CellStock {
  static final int BATCH = 64;

  /** The bytes that may wait: so many, and this part of what is in use. */
  private static final long BATCH_BYTES = 2048;

  private static final int BATCH_PART = 16;

  private static final long RUN_BYTES = 4096;
  private static final int CLASS_BITS = 8;
  private static final long CLASS_MASK = (1 << CLASS_BITS) - 1;

  /** Empty until the first cell is retired: maps without cells do without. */
  private long[] heads = {};

  /** Retired cells that may still be read: position and class. */
  private long[] batch = {};

  private int waiting;
  private long waitingBytes;
  private long cursor;
  private long end;
  private long usedBytes;

  /** What {@link #popLarger} has found. */
  private int lastClass;

  /** Bytes of the cells that are in use. */
  long usedBytes() {
    return usedBytes;
  }

  /**
   * A cell that may be written to.
   *
   * @throws MapFullException when there is no memory
   */
  long take(ConcurrentSlabs slabs, Stripe stripe, long bytes) {
    int sizeClass = CellSizes.classOf(bytes);
    long size = CellSizes.bytes(sizeClass);
    long position = heads.length == 0 ? 0 : pop(slabs, sizeClass);
    if (position == 0) {
      position = cut(slabs, stripe, sizeClass, size);
    }
    usedBytes += size;
    return position;
  }

  private long cut(ConcurrentSlabs slabs, Stripe stripe, int sizeClass, long size) {
    if (end - cursor < size) {
      if (waiting > 0) {
        drain(slabs, stripe);
        long position = pop(slabs, sizeClass);
        if (position != 0) {
          return position;
        }
      }
      long large = popLarger(slabs, sizeClass);
      if (large == 0 && size > RUN_BYTES / 4) {
        return taken(slabs, stripe, size);
      }
      keepRest(slabs);
      if (large != 0) {
        cursor = large;
        end = large + CellSizes.bytes(lastClass);
      } else {
        cursor = taken(slabs, stripe, RUN_BYTES);
        end = cursor + RUN_BYTES;
      }
    }
    long position = cursor;
    cursor += size;
    return position;
  }

  private static long taken(ConcurrentSlabs slabs, Stripe stripe, long bytes) {
    long position = slabs.take(bytes, stripe.state.tally);
    stripe.state.tally.end();
    return position;
  }

  /** The smallest free cell of which at least half would be left; its class is the last class. */
  private long popLarger(ConcurrentSlabs slabs, int sizeClass) {
    for (int larger = sizeClass + CellSizes.STEPS; larger < heads.length; larger++) {
      if (heads[larger] != 0) {
        lastClass = larger;
        return pop(slabs, larger);
      }
    }
    return 0;
  }

  /** What is left of the run becomes a free cell. */
  private void keepRest(ConcurrentSlabs slabs) {
    long rest = end - cursor;
    if (rest >= CellSizes.MIN_BYTES) {
      int sizeClass = CellSizes.classOf(rest);
      push(slabs, CellSizes.bytes(sizeClass) > rest ? sizeClass - 1 : sizeClass, cursor);
    }
    cursor = end;
  }

  private void push(ConcurrentSlabs slabs, int sizeClass, long position) {
    if (heads.length == 0) {
      heads = new long[CellSizes.CLASSES];
    }
    ConcurrentTables.setWord(
        slabs.segment(position), ConcurrentSlabs.offset(position), heads[sizeClass]);
    heads[sizeClass] = position;
  }

  private long pop(ConcurrentSlabs slabs, int sizeClass) {
    long position = heads[sizeClass];
    if (position != 0) {
      heads[sizeClass] =
          ConcurrentTables.word(slabs.segment(position), ConcurrentSlabs.offset(position));
    }
    return position;
  }

  /** A cell that the map does not refer to any more. */
  void retire(ConcurrentSlabs slabs, Stripe stripe, long position, long bytes) {
    if (batch.length == 0) {
      batch = new long[BATCH];
    }
    if (waiting == BATCH || waitingBytes > BATCH_BYTES + usedBytes / BATCH_PART) {
      drain(slabs, stripe);
    }
    int sizeClass = CellSizes.classOf(bytes);
    batch[waiting++] = position << CLASS_BITS | sizeClass;
    waitingBytes += CellSizes.bytes(sizeClass);
    usedBytes -= CellSizes.bytes(sizeClass);
  }

  /** A cell that was taken and never published. */
  void giveBack(ConcurrentSlabs slabs, long position, long bytes) {
    int sizeClass = CellSizes.classOf(bytes);
    push(slabs, sizeClass, position);
    usedBytes -= CellSizes.bytes(sizeClass);
  }

  private void drain(ConcurrentSlabs slabs, Stripe stripe) {
    stripe.recycle();
    stripe.state.tally.recycles++;
    link(slabs);
  }

  private void link(ConcurrentSlabs slabs) {
    for (int i = 0; i < waiting; i++) {
      push(slabs, (int) (batch[i] & CLASS_MASK), batch[i] >>> CLASS_BITS);
    }
    waiting = 0;
    waitingBytes = 0;
  }

  /**
   * Takes over the cells of a stripe that is about to be marked dead. What waits goes on waiting,
   * until the version of this one changes.
   */
  void takeOver(CellStock dead) {
    heads = dead.heads;
    batch = dead.batch;
    waiting = dead.waiting;
    waitingBytes = dead.waitingBytes;
    cursor = dead.cursor;
    end = dead.end;
    usedBytes = dead.usedBytes;
  }
}
