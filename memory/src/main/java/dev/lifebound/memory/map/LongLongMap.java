package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * A map of {@code long} to {@code long} in native memory, for one writer, that grows without long
 * pauses. Every key and every value is legal.
 *
 * <pre>{@code
 * try (LongLongMap counts = LongLongMap.create()) {
 *   counts.put(7, 1);
 *   counts.addTo(7, 41);
 *   counts.get(7); // 42
 *   counts.get(8); // 0, as in Go; counts.find(8) is empty, counts.get(8, -1) is -1
 * } // all memory is free, and every use throws MapClosedException
 * }</pre>
 *
 * <p><b>Threads</b>: any number may read while nobody writes; one writes while nobody reads.
 * Handing the map over needs a happens-before edge, like any object. Overlaps are detected on a
 * best effort and throw {@link ConcurrentUseException}.
 *
 * <p><b>Cost</b>: operations for one key take constant time on average; no put moves more than a
 * small table (at most 256 entries), copies more than 8,192 words of directory, or zeroes more than
 * 64 KiB, whatever the size of the map. Native memory of a large map is about 30 bytes for each
 * entry, and goes back to the system at {@link #close} only.
 */
public final class LongLongMap extends Engine {
  // Longer than 400 lines: half of it is the contract of the public methods, and the fast ways of
  // get,
  // put, addTo and remove stand beside the searches that they leave the rest to.
  /** Odd, with bits all over: two rounds of multiply and shift mix all bits of a key into all. */
  private static final long FIRST_FACTOR = 0x9E3779B97F4A7C15L;

  private static final long SECOND_FACTOR = 0xD6E8FEB86659FD93L;

  private static final LongLongMap NIL_MAP = nilMap();

  private long seed;

  /**
   * Always 0, which the compiler does not know. A get reads the home slot, where three of four
   * entries are, beside the control word: the memory is on its way while the control word says
   * which slot it is. What was read is kept out of the result by this, and the reading kept in the
   * code.
   */
  @SuppressWarnings({"FieldMayBeFinal", "FieldCanBeFinal"})
  private long none;

  LongLongMap(Settings settings) {
    super(settings);
    this.seed = settings.seed();
  }

  /** An empty map with the default settings. */
  public static LongLongMap create() {
    return builder().build();
  }

  /** For everything else. */
  public static LongLongMapBuilder builder() {
    return new LongLongMapBuilder();
  }

  /**
   * The nil map, as Go has it: it is empty and can be read, iterated, removed from, cleared and
   * closed; adding to it throws {@link NilMapException}.
   */
  public static LongLongMap nil() {
    return NIL_MAP;
  }

  private static LongLongMap nilMap() {
    LongLongMap map = new LongLongMapBuilder().name("nil").build();
    map.state = NIL;
    return map;
  }

  @Override
  long hash(long key) {
    return mix(key ^ seed);
  }

  @Override
  void reseed(long next) {
    seed = next;
  }

  static long mix(long key) {
    long hash = key * FIRST_FACTOR;
    return (hash ^ hash >>> 32) * SECOND_FACTOR;
  }

  /** The number of entries. */
  public long size() {
    checkRead("read");
    return size;
  }

  public boolean isEmpty() {
    return size() == 0;
  }

  /** The key's value, or 0. */
  public long get(long key) {
    return get(key, 0);
  }

  /**
   * The key's value, or {@code otherwise} when the key is not there.
   *
   * @throws MapClosedException after {@link #close}
   * @throws ConcurrentUseException when another thread was seen writing
   */
  public long get(long key, long otherwise) {
    try {
      long hash = mix(key ^ seed);
      long[] leaf = root[(int) (hash >>> rootShift)];
      long entry = leaf[Directory.index(leaf, hash)];
      if (!isQuiet(entry)) {
        return getSlowly(entry, hash, key, otherwise);
      }
      MemorySegment segment = segments[Entry.slab(entry)];
      long group = (long) Entry.first(entry) + Group.home(hash, Entry.groups(entry));
      long control = Group.control(segment, group);
      long bits = Group.matches(control, Group.tag(hash));
      if (bits != 0) {
        long touched = segment.get(JAVA_LONG_UNALIGNED, Group.homeSlot(group, hash)) & none;
        long slot = Group.slot(group, bits);
        if (segment.get(JAVA_LONG_UNALIGNED, slot) == key) {
          return segment.get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET) | touched;
        }
      } else if (!Group.hasPassers(control)) {
        return otherwise;
      }
      return getByWholeSearch(entry, hash, key, otherwise);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "read");
    }
  }

  /*
   * The one of thirty that is not the first of its tag in its first group. A method of its own,
   * which is not compiled into get: the loop's values would push those of the way above out of the
   * registers, and what decides how many gets a core has under way is the number of instructions.
   */
  private long getByWholeSearch(long entry, long hash, long key, long otherwise) {
    long slot = search(entry, hash, key);
    return slot < 0
        ? otherwise
        : segments[Entry.slab(entry)].get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET);
  }

  private long getSlowly(long entry, long hash, long key, long otherwise) {
    checkRead("read");
    for (long table : tables(entry)) {
      long slot = search(table, hash, key);
      if (slot >= 0) {
        return segments[Entry.slab(table)].get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET);
      }
    }
    return otherwise;
  }

  /** As {@link #search}, with what nearly always decides in a few instructions. */
  private long slotOf(long table, long hash, long key) {
    MemorySegment segment = segments[Entry.slab(table)];
    long group = (long) Entry.first(table) + Group.home(hash, Entry.groups(table));
    long control = Group.control(segment, group);
    long bits = Group.matches(control, Group.tag(hash));
    if (bits != 0) {
      long touched = segment.get(JAVA_LONG_UNALIGNED, Group.homeSlot(group, hash)) & none;
      long slot = Group.slot(group, bits);
      if (segment.get(JAVA_LONG_UNALIGNED, slot) == key) {
        return slot | touched;
      }
    } else if (!Group.hasPassers(control)) {
      return -1;
    }
    return search(table, hash, key);
  }

  /** The offset in its slab of the slot that holds the key, or -1. */
  private long search(long table, long hash, long key) {
    MemorySegment segment = segments[Entry.slab(table)];
    int groups = Entry.groups(table);
    long first = Entry.first(table);
    long tag = Group.tag(hash);
    int g = Group.home(hash, groups);
    for (int left = groups; ; g = g + 1 == groups ? 0 : g + 1) {
      long group = first + g;
      long control = Group.control(segment, group);
      for (long bits = Group.matches(control, tag); bits != 0; bits &= bits - 1) {
        long slot = Group.slot(group, bits);
        if (segment.get(JAVA_LONG_UNALIGNED, slot) == key) {
          return slot;
        }
      }
      if (!Group.hasPassers(control) || --left == 0) {
        return -1;
      }
    }
  }

  public boolean containsKey(long key) {
    // Two answers for "not there" differ, one for "there" does not.
    long value = get(key, 0);
    return value != 0 || get(key, 1) == 0;
  }

  /** The key's value, or nothing: what Go's {@code v, ok := m[k]} tells. */
  public OptionalLong find(long key) {
    long value = get(key, 0);
    return value != 0 || get(key, 1) == 0 ? OptionalLong.of(value) : OptionalLong.empty();
  }

  /**
   * Sets the key's value.
   *
   * @return whether the key is new
   * @throws MapFullException when the map has to grow and cannot; it is unchanged
   * @throws NilMapException on the nil map
   * @throws MapClosedException after {@link #close}
   * @throws ConcurrentUseException when another thread was seen writing
   */
  public boolean put(long key, long value) {
    enter();
    try {
      return set(key, value, false);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      leave();
    }
  }

  /**
   * Adds to the key's value; a key that is not there has 0.
   *
   * @return the new value
   */
  public long addTo(long key, long delta) {
    enter();
    try {
      long hash = mix(key ^ seed);
      long[] leaf = root[(int) (hash >>> rootShift)];
      int at = Directory.index(leaf, hash);
      long entry = unmarked(leaf[at]);
      if ((entry & Entry.CHAINED) != 0) {
        return addToSlowly(entry, hash, key, delta);
      }
      markBusy(leaf, at, entry);
      long slot = slotOf(entry, hash, key);
      if (slot < 0) {
        insertMarked(leaf, at, entry, hash, key, delta);
        return delta;
      }
      MemorySegment segment = segments[Entry.slab(entry)];
      long value = segment.get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET) + delta;
      segment.set(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET, value);
      unmark(leaf, at, entry);
      version++;
      return value;
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      leave();
    }
  }

  private long addToSlowly(long entry, long hash, long key, long delta) {
    for (long table : tables(entry)) {
      long slot = search(table, hash, key);
      if (slot >= 0) {
        MemorySegment segment = segments[Entry.slab(table)];
        long value = segment.get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET) + delta;
        segment.set(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET, value);
        version++;
        return value;
      }
    }
    insert(hash, key, delta);
    return delta;
  }

  /**
   * Sets the value of a key that is not there.
   *
   * @return whether that was so
   */
  public boolean putIfAbsent(long key, long value) {
    enter();
    try {
      return set(key, value, true);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      leave();
    }
  }

  private boolean set(long key, long value, boolean onlyIfAbsent) {
    long hash = mix(key ^ seed);
    long[] leaf = root[(int) (hash >>> rootShift)];
    int at = Directory.index(leaf, hash);
    long entry = unmarked(leaf[at]);
    if ((entry & Entry.CHAINED) != 0) {
      return setSlowly(entry, hash, key, value, onlyIfAbsent);
    }
    // Before the search, since whatever was loaded before an opaque store is loaded anew after it.
    markBusy(leaf, at, entry);
    long slot = slotOf(entry, hash, key);
    if (slot < 0) {
      insertMarked(leaf, at, entry, hash, key, value);
      return true;
    }
    if (!onlyIfAbsent) {
      segments[Entry.slab(entry)].set(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET, value);
      version++;
    }
    unmark(leaf, at, entry);
    return false;
  }

  private boolean setSlowly(long entry, long hash, long key, long value, boolean onlyIfAbsent) {
    for (long table : tables(entry)) {
      long slot = search(table, hash, key);
      if (slot >= 0) {
        if (!onlyIfAbsent) {
          segments[Entry.slab(table)].set(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET, value);
          version++;
        }
        return false;
      }
    }
    insert(hash, key, value);
    return true;
  }

  /**
   * Sets the key's value to what the function makes of the present one and {@code value}, or to
   * {@code value} when the key is not there. The function may use the map.
   *
   * @return the new value
   */
  public long merge(long key, long value, LongBinaryOperator function) {
    Objects.requireNonNull(function, "function must not be null");
    OptionalLong present = find(key);
    long merged = present.isPresent() ? function.applyAsLong(present.getAsLong(), value) : value;
    put(key, merged);
    return merged;
  }

  /**
   * The key's value; when it is not there, what the function gives for the key, which is put. The
   * function may use the map.
   */
  public long computeIfAbsent(long key, LongUnaryOperator function) {
    Objects.requireNonNull(function, "function must not be null");
    OptionalLong present = find(key);
    if (present.isPresent()) {
      return present.getAsLong();
    }
    long value = function.applyAsLong(key);
    put(key, value);
    return value;
  }

  /**
   * Removes a key with its value. Removing from the nil map is allowed.
   *
   * @return whether the key was there
   */
  public boolean remove(long key) {
    if (state == NIL) {
      return false;
    }
    enter();
    try {
      long hash = mix(key ^ seed);
      long[] leaf = root[(int) (hash >>> rootShift)];
      int at = Directory.index(leaf, hash);
      long entry = unmarked(leaf[at]);
      if ((entry & Entry.CHAINED) != 0) {
        return removeSlowly(entry, hash, key);
      }
      markBusy(leaf, at, entry);
      MemorySegment segment = segments[Entry.slab(entry)];
      long group = (long) Entry.first(entry) + Group.home(hash, Entry.groups(entry));
      long control = Group.control(segment, group);
      long bits = Group.matches(control, Group.tag(hash));
      if (bits != 0) {
        long touched = segment.get(JAVA_LONG_UNALIGNED, Group.homeSlot(group, hash)) & none;
        if (segment.get(JAVA_LONG_UNALIGNED, Group.slot(group, bits)) == key) {
          removeMarked(leaf, at, entry, segment, group, control, bits | touched, hash);
          return true;
        }
      } else if (!Group.hasPassers(control)) {
        unmark(leaf, at, entry);
        return false;
      }
      unmark(leaf, at, entry);
      return removeFrom(entry, hash, key);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      leave();
    }
  }

  private boolean removeSlowly(long entry, long hash, long key) {
    for (long table : tables(entry)) {
      if (removeFrom(table, hash, key)) {
        return true;
      }
    }
    return false;
  }

  private boolean removeFrom(long table, long hash, long key) {
    MemorySegment segment = segments[Entry.slab(table)];
    int groups = Entry.groups(table);
    long first = Entry.first(table);
    long tag = Group.tag(hash);
    int g = Group.home(hash, groups);
    for (int left = groups; ; g = g + 1 == groups ? 0 : g + 1) {
      long group = first + g;
      long control = Group.control(segment, group);
      for (long bits = Group.matches(control, tag); bits != 0; bits &= bits - 1) {
        if (segment.get(JAVA_LONG_UNALIGNED, Group.slot(group, bits)) == key) {
          removeAt(hash, table, group, bits);
          return true;
        }
      }
      if (!Group.hasPassers(control) || --left == 0) {
        return false;
      }
    }
  }

  /**
   * Removes all entries in constant time and keeps the memory for new ones. Iterations end.
   * Clearing the nil map is allowed.
   */
  public void clear() {
    if (state == NIL) {
      return;
    }
    enter();
    try {
      reset();
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      leave();
    }
  }

  /**
   * Calls {@code action} for each entry, in an order that is different each time. The action may
   * change the map, with what {@link LongLongCursor} says of it.
   */
  public void forEach(LongLongConsumer action) {
    Objects.requireNonNull(action, "action must not be null");
    LongLongCursor cursor = cursor();
    while (cursor.next()) {
      action.accept(cursor.key(), cursor.value());
    }
  }

  /** A cursor before the first entry. */
  public LongLongCursor cursor() {
    return new LongLongCursor(this);
  }

  /**
   * What the map looks like inside. Takes time for every slot; for people, tests and dashboards.
   */
  public MapInspection inspect() {
    checkRead("inspect");
    try {
      return Inspector.inspect(this, 0);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "inspect");
    }
  }

  /**
   * The map as a {@link Map}. {@code docs/design/map-semantics.md} says where it differs from this
   * class, row by row. Its iterators are not fail-fast: they go on through changes by the same
   * thread, as {@link LongLongCursor} does, but in the same order while the map is not changed.
   */
  public Map<Long, Long> asMap() {
    return new MapView<>(new LongLongMapEntries(this));
  }

  /** Where the iterations of a view begin. */
  long order() {
    return mix(seed);
  }

  /** Another map with the same entries; the copy of the nil map is the nil map. */
  public LongLongMap copy() {
    if (state == NIL) {
      return this;
    }
    LongLongMap copy = new LongLongMap(growth().settings().withHint(size()));
    try {
      LongLongCursor cursor = cursor();
      while (cursor.next()) {
        copy.put(cursor.key(), cursor.value());
      }
      return copy;
    } catch (RuntimeException e) {
      copy.close();
      throw e;
    }
  }
}
