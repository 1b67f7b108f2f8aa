package dev.lifebound.memory.arena;

/** How a position names a byte of an arena. */
final class Position {
  /*
   *   63 62                 40 39                                   0
   *  +--+---------------------+--------------------------------------+
   *  |0 |     slab number     |        offset in the slab, bytes     |
   *  +--+---------------------+--------------------------------------+
   *
   * Slab number 0 has no bytes, so position 0 names none and may stand for "nothing" in a map.
   * Negative numbers have slab numbers that no table reaches.
   */
  static final int SLAB_SHIFT = 40;
  static final long OFFSET_MASK = (1L << SLAB_SHIFT) - 1;
  static final int MAX_SLAB = (1 << (Long.SIZE - 1 - SLAB_SHIFT)) - 1;

  private Position() {}

  static long of(int slab, long offset) {
    return ((long) slab << SLAB_SHIFT) | offset;
  }

  static int slab(long position) {
    return (int) (position >>> SLAB_SHIFT);
  }

  static long offset(long position) {
    return position & OFFSET_MASK;
  }

  /** For messages: {@code 0x…}. */
  static String text(long position) {
    return "0x" + Long.toHexString(position);
  }
}
