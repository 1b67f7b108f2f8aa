package dev.lifebound.memory.map;

import java.util.Arrays;

/**
 * The retired blocks of one stripe, by class of size. Under the stripe's lock.
 *
 * <p>A retired block may still be read. Its first word, which readers never follow, leads to the
 * next of its class. Before a block is handed out again the stripe's version changes, unless it has
 * changed since the last block of that class was retired.
 */
final class FreeBlocks {
  private static final long NEVER = -1;

  private final long[] heads;
  private final long[] retiredAt;
  private long bytes;

  FreeBlocks(int classes) {
    heads = new long[classes];
    retiredAt = new long[classes];
    Arrays.fill(retiredAt, NEVER);
  }

  /** Of all of them. */
  long bytes() {
    return bytes;
  }

  void retire(ConcurrentSlabs slabs, Stripe stripe, int sizeClass, long position, long size) {
    ConcurrentTables.setWord(
        slabs.segment(position), ConcurrentSlabs.offset(position), heads[sizeClass]);
    heads[sizeClass] = position;
    retiredAt[sizeClass] = stripe.version;
    bytes += size;
  }

  /** A block that may be written to, with its old content, or 0 when there is none. */
  long take(ConcurrentSlabs slabs, Stripe stripe, int sizeClass, long size) {
    long position = heads[sizeClass];
    if (position == 0) {
      return 0;
    }
    if (retiredAt[sizeClass] == stripe.version) {
      stripe.recycle();
      stripe.state.tally.recycles++;
    }
    heads[sizeClass] =
        ConcurrentTables.word(slabs.segment(position), ConcurrentSlabs.offset(position));
    bytes -= size;
    return position;
  }

  /**
   * Takes over all blocks of a stripe that was marked dead, whose readers therefore begin again.
   */
  void takeOver(FreeBlocks dead) {
    System.arraycopy(dead.heads, 0, heads, 0, heads.length);
    Arrays.fill(retiredAt, NEVER);
    bytes = dead.bytes;
  }
}
