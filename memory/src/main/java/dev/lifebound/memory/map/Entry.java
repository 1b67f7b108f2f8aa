package dev.lifebound.memory.map;

/**
 * One word of the directory: where a table lies, and how full it is.
 *
 * <pre>
 *  63           40 39          23 22     14 13    8 7     2     1       0
 * +---------------+--------------+---------+-------+-------+---------+------+
 * |  slab number  |  offset / 8  |  count  | depth | groups| CHAINED | BUSY |
 * +---------------+--------------+---------+-------+-------+---------+------+
 * </pre>
 *
 * <p>The count stands here and not in the table, because a put has this word at hand: a header in
 * the table would cost each put and remove one more cache line.
 */
final class Entry {
  /** A writer is changing the table. */
  static final long BUSY = 1;

  /** More tables of the same prefix exist, see {@link Engine}. */
  static final long CHAINED = 2;

  /** Entries on which no fast path may run. */
  static final long SLOW = BUSY | CHAINED;

  static final int LOCATION_SHIFT = 23;
  static final long COUNT_ONE = 1L << 14;

  /** The highest slab number, and the bytes that a location can reach within one slab. */
  static final int MAX_SLAB = (1 << 24) - 1;

  static final long MAX_SLAB_BYTES = 1L << 20;

  private static final int SLAB_SHIFT = 40;
  private static final int COUNT_SHIFT = 14;
  private static final int COUNT_MASK = (1 << 9) - 1;
  private static final int DEPTH_SHIFT = 8;
  private static final int DEPTH_MASK = (1 << 6) - 1;
  private static final int GROUPS_SHIFT = 2;
  private static final int GROUPS_MASK = (1 << 6) - 1;

  private Entry() {}

  /** An entry without flags. */
  static long of(long location, int count, int depth, int groups) {
    return location << LOCATION_SHIFT
        | (long) count << COUNT_SHIFT
        | (long) depth << DEPTH_SHIFT
        | (long) groups << GROUPS_SHIFT;
  }

  /** The location of a byte offset in a slab: what {@link Slabs} hands out. */
  static long location(int slab, long offset) {
    return (long) slab << (SLAB_SHIFT - LOCATION_SHIFT) | offset >>> 3;
  }

  static long location(long entry) {
    return entry >>> LOCATION_SHIFT;
  }

  static int slab(long entry) {
    return (int) (entry >>> SLAB_SHIFT);
  }

  /** Bytes from the start of the slab. */
  static long offset(long entry) {
    return entry >>> (LOCATION_SHIFT - 3) & (MAX_SLAB_BYTES - 8);
  }

  static int count(long entry) {
    return (int) (entry >>> COUNT_SHIFT) & COUNT_MASK;
  }

  /** How many of the hash's top bits all keys of the table share. */
  static int depth(long entry) {
    return (int) (entry >>> DEPTH_SHIFT) & DEPTH_MASK;
  }

  static int groups(long entry) {
    return (int) (entry >>> GROUPS_SHIFT) & GROUPS_MASK;
  }

  static String text(long entry) {
    return "table(slab="
        + slab(entry)
        + ", offset="
        + offset(entry)
        + ", count="
        + count(entry)
        + ", depth="
        + depth(entry)
        + ", groups="
        + groups(entry)
        + ((entry & CHAINED) != 0 ? ", chained" : "")
        + ((entry & BUSY) != 0 ? ", busy" : "")
        + ")";
  }
}
