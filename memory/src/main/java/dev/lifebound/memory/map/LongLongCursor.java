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
  private static final int GROUP_WORDS = Group.BYTES / Long.BYTES;

  private final LongLongMap map;
  private final TableWalk walk;
  private final long[] copy = new long[Sizes.MAX_GROUPS * GROUP_WORDS];
  private final int turn;

  /** The tables of the present prefix that are still to come, from {@code table} on. */
  private long[] tables = {};

  private int table;

  /** Of the present table: where the last group ends, and the present group begins. */
  private int end;

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
        int word = group + 1 + 2 * slot;
        key = copy[word];
        value = copy[word + 1];
        if (map.version == copiedVersion || isStillThere()) {
          return true;
        }
      }
      if (groupsLeft > 0) {
        group += GROUP_WORDS;
        if (group == end) {
          group = 0;
        }
        groupsLeft--;
        slots = Long.rotateRight(Group.taken(copy[group]), (turn & Group.SLOTS - 1) << 3);
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
    int groups = Entry.groups(entry);
    end = groups * GROUP_WORDS;
    copiedVersion = map.version;
    try {
      MemorySegment.copy(
          map.segments[Entry.slab(entry)], JAVA_LONG_UNALIGNED, Entry.offset(entry), copy, 0, end);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw map.explain(e, "iterate");
    }
    groupsLeft = groups;
    group = Math.floorMod(turn, groups) * GROUP_WORDS;
    return true;
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
