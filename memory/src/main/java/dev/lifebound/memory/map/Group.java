package dev.lifebound.memory.map;

/**
 * The layout of a group and the arithmetic on its control word.
 *
 * <pre>
 *  byte   0         8        16        24                 120       128       136
 *        +---------+---------+---------+---------+- ... -+---------+---------+
 *        | control |  key 0  | value 0 |  key 1  |       |  key 7  | value 7 |
 *        +---------+---------+---------+---------+- ... -+---------+---------+
 *
 *  control byte of slot i:   0 = free,   0x80 | 7 bits of the hash = taken
 *  bit 0 of control bytes 0, 1 and 2: the passers, a number of three bits
 * </pre>
 *
 * <p>The passers of a group are the entries that belong here by their hash, or came by on their
 * way, and found it full. Nobody's search goes on from a group without passers, so a removal frees
 * its slot at once and leaves no tombstone. The three slots that lend a bit compare six bits of the
 * hash instead of seven. At seven the number is stuck, until the table is rebuilt.
 */
final class Group {
  static final int SLOTS = 8;
  static final int SLOT_BYTES = 16;
  static final int BYTES = 8 + SLOTS * SLOT_BYTES;
  static final int SLOTS_OFFSET = 8;
  static final int VALUE_OFFSET = 8;

  /** Where passers no longer count. */
  static final int STUCK = 7;

  static final long LOW_BITS = 0x0101010101010101L;
  static final long HIGH_BITS = 0x8080808080808080L;
  static final long PASSERS = 0x0000000000010101L;

  /** What a search compares. */
  static final long TAGS = ~PASSERS;

  private static final long TAG_BITS = 0x7f;
  private static final long HASH_MASK = 0xffffffffL;

  private Group() {}

  /** A tag in all eight bytes. */
  static long tag(long hash) {
    return ((hash & TAG_BITS) | 0x80) * LOW_BITS;
  }

  /** The number of the group in which a search begins, of so many. */
  static int home(long hash, int groups) {
    return (int) (((hash & HASH_MASK) * groups) >>> 32);
  }

  /**
   * The high bits of the bytes that hold the tag; now and then of one that does not, which the
   * comparison of the keys finds out. Mycroft's test for a zero byte.
   */
  static long matches(long control, long tag) {
    long x = (control ^ tag) & TAGS;
    return (x - LOW_BITS) & ~x & HIGH_BITS;
  }

  static long free(long control) {
    return ~control & HIGH_BITS;
  }

  static long taken(long control) {
    return control & HIGH_BITS;
  }

  /** Bytes from the group's start to the slot of the lowest set bit, one of the high bits. */
  static long slotOffset(long bits) {
    return SLOTS_OFFSET + (Long.numberOfTrailingZeros(bits) >>> 3) * (long) SLOT_BYTES;
  }

  static boolean hasPassers(long control) {
    return (control & PASSERS) != 0;
  }

  static int passers(long control) {
    return (int) ((control & 1) | ((control >>> 7) & 2) | ((control >>> 14) & 4));
  }

  /** The control word with another number of passers. */
  static long withPassers(long control, int passers) {
    return (control & TAGS) | (passers & 1L) | ((passers & 2L) << 7) | ((passers & 4L) << 14);
  }

  /** The control word with the slot of the lowest set bit of {@code free} taken. */
  static long take(long control, long free, long tag) {
    // The whole byte of that slot, without the bit it may have lent.
    long ones = (0xffL << (Long.numberOfTrailingZeros(free) & ~7)) & TAGS;
    return (control & ~ones) | (tag & ones);
  }

  /** The control word with the slot of the lowest set bit of {@code bits} free. */
  static long release(long control, long bits) {
    return control & ~((0xffL << (Long.numberOfTrailingZeros(bits) & ~7)) & TAGS);
  }
}
