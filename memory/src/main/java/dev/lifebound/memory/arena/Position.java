package dev.lifebound.memory.arena;

/** How a position names a byte of an arena. */
final class Position {
  /*
   *   63 62                         32 31                            0
   *  +--+-----------------------------+-------------------------------+
   *  |0 |         slab number         |    offset in the slab, bytes  |
   *  +--+-----------------------------+-------------------------------+
   *
   * Halves, because a shift by 32 and a cut to 32 bits are one instruction each, which shows in
   * every access. A slab larger than 4 GiB has one number for each 4 GiB, in a row, so that
   * arithmetic in a large block carries from one to the next.
   *
   * Slab number 0 has no bytes, so position 0 names none and may stand for "nothing" in a map.
   * Negative numbers are no slab's.
   */
  static final int SLAB_SHIFT = 32;
  static final long NUMBER_BYTES = 1L << SLAB_SHIFT;
  static final long OFFSET_MASK = NUMBER_BYTES - 1;
  static final int MAX_SLAB = (1 << 30) - 1;

  private Position() {}

  static long of(int slab, long offset) {
    return ((long) slab << SLAB_SHIFT) + offset;
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
