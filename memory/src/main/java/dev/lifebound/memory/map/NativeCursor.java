package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the entries of a {@link NativeMap} once, in an order that is different each time.
 *
 * <pre>{@code
 * NativeCursor<String, Long> cursor = map.cursor();
 * while (cursor.next()) {
 *   System.out.println(cursor.key() + " " + cursor.value());
 * }
 * }</pre>
 *
 * <p>The map may be changed meanwhile by the same thread: an entry that is removed before it was
 * reached does not come, one whose value is changed comes with the new value, one that is added may
 * come or not, none comes twice, and {@code clear} ends the cursor. For one thread.
 */
public final class NativeCursor<K, V> {
  /** The words of a slot are kept side by side. */
  private static final int SLOT_WORDS = 2;

  private final NativeMap<K, V> map;
  private final TableWalk walk;
  private final boolean withValues;
  private final int turn;

  /** The slots of the present table that were taken. */
  private final long[] words = new long[SLOT_WORDS * Sizes.MAX_SLOTS];

  /**
   * Keys that are cells are read when their table is copied: afterwards the cell may be another
   * key's. Words are read when they are reached.
   */
  private final @Nullable Object[] keys;

  /** Likewise the values of those NaN keys, which nobody could find again. */
  private final @Nullable Object[] values;

  private int slots;
  private int at;

  /** The tables of the present prefix that are still to come, from {@code table} on. */
  private long[] tables = {};

  private int table;
  private long copiedVersion;
  private long keyWord;
  private long valueWord;
  private @Nullable K key;
  private @Nullable V value;

  NativeCursor(NativeMap<K, V> map, boolean withValues) {
    this(map, withValues, ThreadLocalRandom.current().nextLong());
  }

  /** As above, in this order: the same one while the map is not changed. */
  NativeCursor(NativeMap<K, V> map, boolean withValues, long order) {
    this.map = map;
    this.withValues = withValues;
    this.keys = new @Nullable Object[map.wordKeys ? 0 : Sizes.MAX_SLOTS];
    this.values = new @Nullable Object[map.keys.isKeyUpdated() ? Sizes.MAX_SLOTS : 0];
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
      while (at < slots) {
        if (take(at++)) {
          return true;
        }
      }
      if (!nextTable()) {
        key = null;
        value = null;
        return false;
      }
    }
  }

  /** Makes a slot the present entry, if it is still in the map. */
  private boolean take(int slot) {
    try {
      keyWord = words[SLOT_WORDS * slot];
      K reached = map.wordKeys ? map.key(keyWord) : keyOf(slot);
      if (map.version == copiedVersion) {
        if (map.lives != null && !map.lives.isLive(keyWord, words[SLOT_WORDS * slot + 1])) {
          return false;
        }
        valueWord = words[SLOT_WORDS * slot + 1];
        key = reached;
        value = withValues ? map.value(words[SLOT_WORDS * slot + 1]) : null;
        return true;
      }
      if (walk.isCleared()) {
        return false;
      }
      map.checkRead("iterate");
      if (values.length != 0 && !map.keys.isReflexive(reached)) {
        key = reached;
        value = valueOf(slot);
        return true;
      }
      long found = map.findLive(reached);
      if (found == TypedTable.NONE) {
        return false;
      }
      // A key that is put again with another sign of its zero is stored anew.
      key = map.keys.isKeyUpdated() ? map.key(map.keyWord(found)) : reached;
      value = withValues ? map.valueAt(found) : null;
      return true;
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw map.explain(e, "iterate");
    }
  }

  @SuppressWarnings("unchecked") // it was put there as one
  private K keyOf(int slot) {
    return (K) Objects.requireNonNull(keys[slot]);
  }

  @SuppressWarnings("unchecked") // it was put there as one
  private V valueOf(int slot) {
    return (V) Objects.requireNonNull(values[slot]);
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
    try {
      copy(tables[table++]);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw map.explain(e, "iterate");
    }
    return true;
  }

  private void copy(long entry) {
    MemorySegment segment = map.segments[Entry.slab(entry)];
    int groups = Entry.groups(entry);
    copiedVersion = map.version;
    at = 0;
    slots = 0;
    int first = Math.floorMod(turn, groups);
    for (int i = 0; i < groups; i++) {
      int g = first + i < groups ? first + i : first + i - groups;
      long group = (long) Entry.first(entry) + g;
      long taken = Group.taken(Group.control(segment, group));
      // The slots of a group from the turn on, and around.
      int shift = (turn >>> 8 & Group.SLOTS - 1) << 3;
      for (long bits = Long.rotateRight(taken, shift); bits != 0; bits &= bits - 1) {
        long bit = Long.rotateLeft(bits & -bits, shift);
        copySlot(segment, Group.slot(group, bit));
      }
    }
  }

  private void copySlot(MemorySegment segment, long slot) {
    long word = segment.get(JAVA_LONG_UNALIGNED, slot);
    if (walk.isPartial() && !walk.covers(map.hash(word))) {
      return;
    }
    long second = segment.get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET);
    words[SLOT_WORDS * slots] = word;
    words[SLOT_WORDS * slots + 1] = second;
    if (!map.wordKeys || values.length != 0) {
      K copied = map.key(word);
      if (!map.wordKeys) {
        keys[slots] = copied;
      }
      if (values.length != 0 && !map.keys.isReflexive(copied)) {
        values[slots] = map.value(second);
      }
    }
    slots++;
  }

  /** The present entry's key. */
  public K key() {
    return present(key);
  }

  /** The present entry's value, as of {@link #next}. */
  public V value() {
    return present(value);
  }

  private static <T> T present(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException(
          "a cursor must be at an entry; call next() and look whether there is one");
    }
    return part;
  }

  /** Of the present entry, while the map is not changed. */
  long keyWord() {
    return keyWord;
  }

  /** Of the present entry, while the map is not changed. */
  long valueWord() {
    return valueWord;
  }

  /**
   * An entry that was reached, so that it can be removed when the cursor is further; of a NaN key,
   * which nobody can find, all that its entry is told from others by.
   */
  record Mark<K>(K key, TypedTable.@Nullable Stored stored) {}

  Mark<K> mark() {
    K reached = key();
    if (map.keys.isReflexive(reached)) {
      return new Mark<>(reached, null);
    }
    int slot = at - 1;
    return new Mark<>(
        reached,
        map.stored(words[SLOT_WORDS * slot], reached, words[SLOT_WORDS * slot + 1], valueOf(slot)));
  }

  /** Removes an entry that was reached, if it is still there; also that of a NaN. */
  void remove(Mark<K> entry) {
    if (entry.stored == null) {
      map.remove(entry.key);
    } else {
      map.removeStored(entry.stored);
    }
  }
}
