package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Goes through the entries of a {@link LongLongMap} once, in an order that is different each time.
 *
 * <pre>{@code
 * LongLongCursor cursor = map.cursor();
 * while (cursor.next()) {
 *   sum += cursor.key() * cursor.value();
 * }
 * }</pre>
 *
 * <p>The map may be changed meanwhile by the same thread: an entry that is removed before it was
 * reached does not come, one whose value is changed comes with the new value, one that is added may
 * come or not, none comes twice, and {@code clear} ends the cursor. For one thread.
 */
public final class LongLongCursor {
  private static final int GROUP_WORDS = Group.SLOTS_BYTES / Long.BYTES;

  private final LongLongMap map;
  private final TableWalk walk;
  private final long[] copy = new long[Sizes.MAX_GROUPS * GROUP_WORDS];
  private final int turn;

  /** The tables of the present prefix that are still to come, from {@code table} on. */
  private long[] tables = {};

  private int table;

  private final long[] controls = new long[Sizes.MAX_GROUPS];

  /** Of the present table: its groups, and the present one. */
  private int groups;

  private int group;
  private int groupsLeft;

  /** The high bits of the present group's slots that are still to come, turned by {@code turn}. */
  private long slots;

  private long copiedVersion;
  private long key;
  private long value;

  LongLongCursor(LongLongMap map) {
    this(map, ThreadLocalRandom.current().nextLong());
  }

  /** As above, in this order: the same one while the map is not changed. */
  LongLongCursor(LongLongMap map, long order) {
    this.map = map;
    map.checkRead("iterate");
    this.walk = new TableWalk(map, order);
    this.turn = (int) order;
  }

  /**
   * Goes to the next entry.
   *
   * @return whether there is one
   * @throws MapClosedException when the map was closed
   * @throws ConcurrentUseException when another thread was seen writing
   */
  public boolean next() {
    while (true) {
      while (slots != 0) {
        int slot = (Long.numberOfTrailingZeros(slots) >>> 3) + turn & Group.SLOTS - 1;
        slots &= slots - 1;
        int word = group * GROUP_WORDS + 2 * slot;
        key = copy[word];
        value = copy[word + 1];
        if (map.version == copiedVersion || isStillThere()) {
          return true;
        }
      }
      if (groupsLeft > 0) {
        group = group + 1 == groups ? 0 : group + 1;
        groupsLeft--;
        slots = Long.rotateRight(Group.taken(controls[group]), (turn & Group.SLOTS - 1) << 3);
      } else if (!nextTable()) {
        return false;
      }
    }
  }

  private boolean isStillThere() {
    if (walk.isCleared() || !map.containsKey(key)) {
      return false;
    }
    value = map.get(key);
    return true;
  }

  private boolean nextTable() {
    if (table == tables.length) {
      map.checkRead("iterate");
      tables = walk.next();
      table = 0;
    }
    if (tables.length == 0 || walk.isCleared()) {
      return false;
    }
    long entry = tables[table++];
    groups = Entry.groups(entry);
    copiedVersion = map.version;
    try {
      MemorySegment slab = map.segments[Entry.slab(entry)];
      int first = Entry.first(entry);
      for (int g = 0; g < groups; g++) {
        controls[g] = Group.control(slab, (long) first + g);
      }
      MemorySegment.copy(
          slab, JAVA_LONG_UNALIGNED, Group.slots(first), copy, 0, groups * GROUP_WORDS);
      if (walk.isPartial()) {
        leaveOut();
      }
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw map.explain(e, "iterate");
    }
    groupsLeft = groups;
    group = Math.floorMod(turn, groups);
    return true;
  }

  /** Takes those entries out of the copy that have had, or will have, their turn elsewhere. */
  private void leaveOut() {
    for (int g = 0; g < groups; g++) {
      for (long taken = Group.taken(controls[g]); taken != 0; taken &= taken - 1) {
        int slot = Long.numberOfTrailingZeros(taken) >>> 3;
        if (!walk.covers(map.hash(copy[g * GROUP_WORDS + 2 * slot]))) {
          controls[g] = Group.release(controls[g], taken);
        }
      }
    }
  }

  /** The present entry's key. */
  public long key() {
    return key;
  }

  /** The present entry's value, as of {@link #next}. */
  public long value() {
    return value;
  }
}
