package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Moves the entries of one table into one or two fresh ones, or of two into one: reads it as a
 * whole into arrays, distributes there, and writes the result as a whole. In arrays that stay in
 * the nearest cache an entry takes a fraction of what it takes from slab to slab.
 */
final class Mover {
  private static final int WORDS = Group.SLOTS_BYTES / Long.BYTES;
  private static final int GROUPS = Sizes.MAX_GROUPS;
  private static final long TAG = 0x7f;
  private static final long TAKEN = 0x80;

  private final long[] from = new long[GROUPS * WORDS];
  private final long[] fromControl = new long[GROUPS];
  private int fromGroups;

  /** Of both targets, the second one's behind the first one's. */
  private final long[] to = new long[2 * GROUPS * WORDS];

  private final long[] control = new long[2 * GROUPS];

  private final int[] groups = new int[2];
  private final int[] count = new int[2];

  void read(MemorySegment slab, long entry) {
    fromGroups = Entry.groups(entry);
    int first = Entry.first(entry);
    for (int g = 0; g < fromGroups; g++) {
      fromControl[g] = Group.control(slab, (long) first + g);
    }
    MemorySegment.copy(slab, JAVA_LONG_UNALIGNED, Group.slots(first), from, 0, fromGroups * WORDS);
  }

  /** Begins with two empty tables of these sizes. */
  void begin(int zeroGroups, int oneGroups) {
    Arrays.fill(control, 0);
    groups[0] = zeroGroups;
    groups[1] = oneGroups;
    count[0] = 0;
    count[1] = 0;
  }

  /**
   * Puts each entry that was read on the side that this bit of its hash says, all on the first when
   * there is no bit.
   *
   * @return false when a side has no room
   */
  boolean distribute(Engine engine, long bit) {
    int shift = Long.numberOfTrailingZeros(bit);
    int mask = bit == 0 ? 0 : 1;
    for (int g = 0; g < fromGroups; g++) {
      for (long taken = Group.taken(fromControl[g]); taken != 0; taken &= taken - 1) {
        int word = g * WORDS + 2 * (Long.numberOfTrailingZeros(taken) >>> 3);
        long key = from[word];
        long hash = engine.hash(key);
        // Which side is a toss-up: arithmetic, where a branch would be wrong half of the time.
        int side = (int) (hash >>> shift) & mask;
        int at = side * GROUPS + Group.home(hash, groups[side]);
        long free = Group.free(control[at]);
        if (free == 0) {
          at = nextFree(side, at - side * GROUPS);
          if (at < 0) {
            return false;
          }
          free = Group.free(control[at]);
        }
        int slot = Group.freeShift(free, hash);
        control[at] |= (((hash & TAG) | TAKEN) << slot) & Group.TAGS;
        int target = at * WORDS + slot / (Byte.SIZE / 2);
        to[target] = key;
        to[target + 1] = from[word + 1];
        count[side]++;
      }
    }
    return true;
  }

  /** The next group with room; those on the way are passed. Nothing is passed where none has. */
  private int nextFree(int side, int home) {
    int total = groups[side];
    if (count[side] == total * Group.SLOTS) {
      return -1;
    }
    int g = home;
    for (int left = total; left > 0; left--) {
      int at = side * GROUPS + g;
      if (Group.free(control[at]) != 0) {
        return at;
      }
      control[at] = Group.withOneMorePasser(control[at]);
      g = g + 1 == total ? 0 : g + 1;
    }
    // Two writers have lost each other's counts.
    throw new IndexOutOfBoundsException("a table below its limit must have a free slot");
  }

  /** Entries that were distributed. */
  int moved() {
    return count[0] + count[1];
  }

  /** Writes one side to its table; the number of its entries. */
  int write(int side, MemorySegment slab, int first) {
    for (int g = 0; g < groups[side]; g++) {
      Group.setControl(slab, (long) first + g, control[side * GROUPS + g]);
    }
    MemorySegment.copy(
        to,
        side * GROUPS * WORDS,
        slab,
        JAVA_LONG_UNALIGNED,
        Group.slots(first),
        groups[side] * WORDS);
    return count[side];
  }
}
