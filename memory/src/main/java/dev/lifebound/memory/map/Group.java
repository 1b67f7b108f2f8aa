package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * The layout of groups in a slab, and the arithmetic on control words.
 *
 * <pre>
 *  a slab of n groups:
 *   0                128               256        128 n                 136 n - 8    136 n
 *  +----------------+-----------------+-- ... ---+---------------+- ... -+------------+
 *  | slots, group 0 | slots, group 1  |          | control n - 1 |       | control 0  |
 *  +----------------+-----------------+-- ... ---+---------------+- ... -+------------+
 *
 *  slots:          key 0, value 0, key 1, value 1, ... key 7, value 7; 8 bytes each
 *  control byte i: 0 = slot i is free,   0x80 | 7 bits of the hash = taken
 *  bit 0 of control bytes 0 to 3: the passers, a number of four bits
 * </pre>
 *
 * <p>The slots of a group are two cache lines. The control words of a whole slab lie side by side:
 * a byte for each slot, so that those of a million entries stay in a core's own cache, and a search
 * goes to memory once, for the slot.
 *
 * <p>Three bits of the hash name an entry's home slot in its group. An entry takes it when it is
 * free, and the next free one around the group when not; about three of four are at home. A search
 * that meets its tag reads there too, whatever it finds: where the home slot lies follows from the
 * hash alone, so that a core fetches slot and control word together, not one after the other.
 *
 * <p>The passers of a group are the entries that belong here by their hash, or came by on their
 * way, and found it full. Nobody's search goes on from a group without passers, so a removal frees
 * its slot at once and leaves no tombstone. The four slots that lend a bit compare six bits of the
 * hash instead of seven. At fifteen the number is stuck, until the table is rebuilt.
 */
final class Group {
  static final int SLOTS = 8;
  static final int SLOT_BYTES = 16;
  static final int SLOTS_BYTES = SLOTS * SLOT_BYTES;
  static final int CONTROL_BYTES = 8;
  static final int BYTES = SLOTS_BYTES + CONTROL_BYTES;
  static final int VALUE_OFFSET = 8;

  /** Where passers no longer count. */
  static final int STUCK = 15;

  static final long LOW_BITS = 0x0101010101010101L;
  static final long HIGH_BITS = 0x8080808080808080L;
  static final long PASSERS = 0x0000000001010101L;

  /** What a search compares. */
  static final long TAGS = ~PASSERS;

  private static final long TAG_BITS = 0x7f;

  /** What is left of a number of bits in a control word, of a sum: that of a whole byte. */
  static final int SHIFT_MASK = 0x38;

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

  /** Where in a control word the byte of the hash's home slot stands, in bits. */
  static int homeShift(long hash) {
    return (int) (hash >>> 4) & SHIFT_MASK;
  }

  /** Where in the slab the home slot of the hash begins. */
  static long homeSlot(long group, long hash) {
    return group * SLOTS_BYTES + (hash >>> 3 & (SLOTS - 1) * SLOT_BYTES);
  }

  /**
   * The number, times eight, of the first free slot from the home slot of the hash on, around the
   * group.
   *
   * @param free the high bits of the free slots, not 0
   */
  static int freeShift(long free, long hash) {
    int home = homeShift(hash);
    return home + Long.numberOfTrailingZeros(Long.rotateRight(free, home)) & SHIFT_MASK;
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

  /** The control word of a group, by its number in the slab. */
  static long control(MemorySegment slab, long group) {
    return slab.get(JAVA_LONG_UNALIGNED, slab.byteSize() - CONTROL_BYTES * (group + 1));
  }

  static void setControl(MemorySegment slab, long group, long control) {
    slab.set(JAVA_LONG_UNALIGNED, slab.byteSize() - CONTROL_BYTES * (group + 1), control);
  }

  /** Where in the slab the group's slots begin. */
  static long slots(long group) {
    return group * SLOTS_BYTES;
  }

  /** Where in the slab the slot of the lowest set bit begins, one of the high bits. */
  static long slot(long group, long bits) {
    return group * SLOTS_BYTES + (Long.numberOfTrailingZeros(bits) >>> 3) * (long) SLOT_BYTES;
  }

  /** Where in the slab the slot of this number, times eight, begins. */
  static long slot(long group, int shift) {
    return group * SLOTS_BYTES + (long) shift * (SLOT_BYTES / Byte.SIZE);
  }

  static boolean hasPassers(long control) {
    return (control & PASSERS) != 0;
  }

  static int passers(long control) {
    return (int)
        ((control & 1) | ((control >>> 7) & 2) | ((control >>> 14) & 4) | ((control >>> 21) & 8));
  }

  /** The control word with another number of passers. */
  static long withPassers(long control, int passers) {
    return (control & TAGS)
        | (passers & 1L)
        | ((passers & 2L) << 7)
        | ((passers & 4L) << 14)
        | ((passers & 8L) << 21);
  }

  static long withOneMorePasser(long control) {
    int passers = passers(control);
    return passers == STUCK ? control : withPassers(control, passers + 1);
  }

  /** The control word with the slot of this number, times eight, taken. */
  static long take(long control, int shift, long tag) {
    // The whole byte of that slot, without the bit it may have lent.
    long ones = (0xffL << shift) & TAGS;
    return (control & ~ones) | (tag & ones);
  }

  /** The control word with the slot of the lowest set bit of {@code bits} free. */
  static long release(long control, long bits) {
    return control & ~((0xffL << (Long.numberOfTrailingZeros(bits) & ~7)) & TAGS);
  }
}
