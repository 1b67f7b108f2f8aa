package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A map of {@code long} to {@code long} in one block of native memory, made for so many entries and
 * no more: the fastest reads, and no growth.
 *
 * <p>Every key and every value is legal. Making and clearing the map take time for its capacity;
 * putting, getting and removing take constant time on average. Memory is about 23 bytes for each
 * entry of capacity.
 *
 * <p>Threads and errors are those of {@link LongLongMap}.
 */
public final class PresizedLongLongMap extends SingleWriter {
  // Longer than 400 lines: half of it is the contract of the public methods; its searches have no
  // directory and are compiled apart from those of LongLongMap.
  /*
   * Groups and searches are those of LongLongMap, see Group; the one table is as long as it needs to
   * be, 6 of 8 slots full at capacity. While keys come and go one group in a hundred has fifteen
   * passers or more at any time, so that without the count in remove() each group would meet that
   * number once, and keep it.
   */
  private static final int FULL_OF_GROUP = 6;

  private static final long MAX_GROUPS = Integer.MAX_VALUE;
  private static final int ALIGNMENT = 128;

  private final long seed;

  /** Always 0, as in {@link LongLongMap}. */
  @SuppressWarnings({"FieldMayBeFinal", "FieldCanBeFinal"})
  private long none;

  private final long capacity;
  final long groups;
  private final Arena arena;
  private final MapBackstop backstop;
  final MemorySegment segment;

  /**
   * A map for so many entries.
   *
   * @param capacity at least 0
   * @throws MapFullException when the system has no memory for them
   */
  public static PresizedLongLongMap of(long capacity) {
    return of(capacity, "presized map", ThreadLocalRandom.current().nextLong());
  }

  /**
   * A map for so many entries.
   *
   * @param name what the map is for, for messages
   * @param seed of the hash function; a fixed one gives the same layout each time
   */
  public static PresizedLongLongMap of(long capacity, String name, long seed) {
    if (capacity < 0) {
      throw new IllegalArgumentException(
          "a capacity must not be negative: capacity=" + capacity + ", map=" + name);
    }
    return new PresizedLongLongMap(
        capacity, Objects.requireNonNull(name, "name must not be null"), seed);
  }

  @SuppressWarnings("MustBeClosedChecker") // closed by close()
  private PresizedLongLongMap(long capacity, String name, long seed) {
    super(name);
    this.seed = seed;
    this.capacity = capacity;
    this.groups = Math.max(1, Math.ceilDiv(capacity, FULL_OF_GROUP));
    if (groups > MAX_GROUPS) {
      throw full(capacity, null);
    }
    this.arena = Arena.ofShared();
    try {
      this.segment = arena.allocate(groups * Group.BYTES, ALIGNMENT);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw full(capacity, e);
    }
    this.backstop = MapBackstop.of(this, name, new Memory(arena, segment.byteSize()));
  }

  private record Memory(Arena arena, long reservedBytes) implements MapBackstop.Memory {
    @Override
    public boolean isOpen() {
      return arena.scope().isAlive();
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  private MapFullException full(long size, @Nullable Throwable cause) {
    return new MapFullException(
        "a presized map must have native memory for its capacity: map="
            + name
            + ", used=0, limit="
            + MAX_GROUPS * FULL_OF_GROUP
            + " entries, size="
            + size
            + " entries; ask for fewer, or close other maps",
        cause);
  }

  @Override
  boolean isAlive() {
    return arena.scope().isAlive();
  }

  /** The most entries that fit. */
  public long capacity() {
    return capacity;
  }

  /** Native memory in bytes. */
  public long byteSize() {
    return groups * Group.BYTES;
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
    if (state != IDLE) {
      throw refusal("read");
    }
    try {
      MemorySegment memory = segment;
      long hash = LongLongMap.mix(key ^ seed);
      long group = home(hash);
      long control = Group.control(memory, group);
      long bits = Group.matches(control, Group.tag(hash));
      if (bits != 0) {
        long touched = memory.get(JAVA_LONG_UNALIGNED, Group.homeSlot(group, hash)) & none;
        long slot = Group.slot(group, bits);
        if (memory.get(JAVA_LONG_UNALIGNED, slot) == key) {
          return memory.get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET) | touched;
        }
      } else if (!Group.hasPassers(control)) {
        return otherwise;
      }
      return getByWholeSearch(hash, key, otherwise);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "read");
    }
  }

  /** As in {@link LongLongMap}: not compiled into get, which keeps that short. */
  private long getByWholeSearch(long hash, long key, long otherwise) {
    MemorySegment memory = segment;
    long slot = search(memory, key, hash);
    return slot < 0 ? otherwise : memory.get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET);
  }

  /** The number of the group in which the search for a key begins. */
  long homeOf(long key) {
    return home(LongLongMap.mix(key ^ seed));
  }

  private long home(long hash) {
    return ((hash >>> 32) * groups) >>> 32;
  }

  /** Where the key's slot begins, or -1. */
  private long search(MemorySegment memory, long key, long hash) {
    long tag = Group.tag(hash);
    long g = home(hash);
    for (long left = groups; ; g = g + 1 == groups ? 0 : g + 1) {
      long control = Group.control(memory, g);
      for (long bits = Group.matches(control, tag); bits != 0; bits &= bits - 1) {
        long slot = Group.slot(g, bits);
        if (memory.get(JAVA_LONG_UNALIGNED, slot) == key) {
          return slot;
        }
      }
      if (!Group.hasPassers(control) || --left == 0) {
        return -1;
      }
    }
  }

  public boolean containsKey(long key) {
    return find(key).isPresent();
  }

  /** The key's value, or nothing. */
  public OptionalLong find(long key) {
    long value = get(key, 0);
    return value != 0 || get(key, 1) == 0 ? OptionalLong.of(value) : OptionalLong.empty();
  }

  /**
   * Sets the key's value.
   *
   * @return whether the key is new
   * @throws MapFullException when it is new and the map is at its capacity; nothing has changed
   */
  public boolean put(long key, long value) {
    enter();
    try {
      long hash = LongLongMap.mix(key ^ seed);
      long slot = search(segment, key, hash);
      if (slot >= 0) {
        segment.set(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET, value);
        version++;
        return false;
      }
      if (size == capacity) {
        throw new MapFullException(
            "a presized map must stay within its capacity: map="
                + name
                + ", used="
                + size
                + ", limit="
                + capacity
                + ", size=1; make it larger, or use LongLongMap");
      }
      place(hash, key, value);
      size++;
      version++;
      return true;
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      leave();
    }
  }

  private void place(long hash, long key, long value) {
    MemorySegment memory = segment;
    long g = home(hash);
    for (long left = groups; left > 0; left--) {
      long control = Group.control(memory, g);
      long free = Group.free(control);
      if (free != 0) {
        int shift = Group.freeShift(free, hash);
        long slot = Group.slot(g, shift);
        memory.set(JAVA_LONG_UNALIGNED, slot, key);
        memory.set(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET, value);
        Group.setControl(memory, g, Group.take(control, shift, Group.tag(hash)));
        return;
      }
      Group.setControl(memory, g, Group.withOneMorePasser(control));
      g = g + 1 == groups ? 0 : g + 1;
    }
    // Two writers have lost each other's counts.
    throw new IndexOutOfBoundsException("a map below its capacity must have a free slot");
  }

  /**
   * Removes a key with its value.
   *
   * @return whether the key was there
   */
  public boolean remove(long key) {
    enter();
    try {
      MemorySegment memory = segment;
      long hash = LongLongMap.mix(key ^ seed);
      long slot = search(memory, key, hash);
      if (slot < 0) {
        return false;
      }
      long last = slot / Group.SLOTS_BYTES;
      long bits = 0x80L << ((slot % Group.SLOTS_BYTES) / Group.SLOT_BYTES * Byte.SIZE);
      Group.setControl(memory, last, Group.release(Group.control(memory, last), bits));
      for (long g = home(hash); g != last; g = g + 1 == groups ? 0 : g + 1) {
        long control = Group.control(memory, g);
        int passers = Group.passers(control);
        int left = passers < Group.STUCK ? passers - 1 : countPassers(memory, g);
        Group.setControl(memory, g, Group.withPassers(control, left));
      }
      size--;
      version++;
      return true;
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      leave();
    }
  }

  /**
   * How many entries went past a group, or {@link Group#STUCK} when there are as many or more: a
   * number that is stuck is counted anew at each removal that meets it, as nothing rebuilds this
   * form. Where it stays stuck the entries lie close behind, so that the count ends soon.
   */
  private int countPassers(MemorySegment memory, long passed) {
    int count = 0;
    long g = passed;
    for (long left = groups - 1; left > 0 && Group.hasPassers(Group.control(memory, g)); left--) {
      g = g + 1 == groups ? 0 : g + 1;
      for (long bits = Group.taken(Group.control(memory, g)); bits != 0; bits &= bits - 1) {
        long key = memory.get(JAVA_LONG_UNALIGNED, Group.slot(g, bits));
        if (steps(homeOf(key), g) >= steps(passed, g) && ++count == Group.STUCK) {
          return count;
        }
      }
    }
    return count;
  }

  /** The groups that a search passes on its way. */
  private long steps(long from, long to) {
    return to >= from ? to - from : to - from + groups;
  }

  /** Removes all entries. Iterations end. */
  public void clear() {
    enter();
    try {
      for (long g = 0; g < groups; g++) {
        Group.setControl(segment, g, 0);
      }
      size = 0;
      version++;
      clears++;
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      leave();
    }
  }

  /**
   * Calls {@code action} for each entry, from a random one on. The action may change the map: what
   * it removes does not come any more, what it changes comes with the new value, what it adds may
   * come or not.
   */
  public void forEach(LongLongConsumer action) {
    Objects.requireNonNull(action, "action must not be null");
    checkRead("iterate");
    int cleared = clears;
    long seen = version;
    long first = ThreadLocalRandom.current().nextLong(groups);
    long group = first;
    try {
      do {
        long bits = Group.taken(Group.control(segment, group));
        for (; bits != 0 && clears == cleared; bits &= bits - 1) {
          long slot = Group.slot(group, bits);
          long key = segment.get(JAVA_LONG_UNALIGNED, slot);
          // What the action has removed from this group meanwhile is not there any more.
          if (version == seen || search(segment, key, LongLongMap.mix(key ^ seed)) == slot) {
            action.accept(key, segment.get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET));
          }
        }
        checkRead("iterate");
        group = group + 1 == groups ? 0 : group + 1;
      } while (group != first && clears == cleared);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      if (isAlive() && state == IDLE) {
        throw e;
      }
      throw explain(e, "iterate");
    }
  }

  /**
   * What the map looks like inside. Takes time for every slot; for people, tests and dashboards.
   */
  public MapInspection inspect() {
    checkRead("inspect");
    try {
      return PresizedInspector.inspect(this);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "inspect");
    }
  }

  /**
   * The map as a {@link Map}, on the terms of {@link LongLongMap#asMap}; its iterations take the
   * entries as they stand in memory. Adding a key to a full map throws {@link MapFullException} and
   * changes nothing; {@code putAll} then has put the entries before it.
   */
  public Map<Long, Long> asMap() {
    return new MapView<>(new PresizedEntries(this));
  }

  /** Frees the memory; a second close does nothing. */
  @Override
  public void close() {
    if (state == CLOSED) {
      return;
    }
    enter();
    try {
      arena.close();
    } catch (IllegalStateException e) {
      state = IDLE;
      throw e;
    }
    state = CLOSED;
    backstop.disarm();
  }

  /** For tests: recounts everything. */
  void checkInvariants() {
    long count = 0;
    long[] passers = new long[(int) groups];
    for (long g = 0; g < groups; g++) {
      long control = Group.control(segment, g);
      for (long bits = Group.taken(control); bits != 0; bits &= bits - 1) {
        long slot = Group.slot(g, bits);
        long key = segment.get(JAVA_LONG_UNALIGNED, slot);
        if (search(segment, key, LongLongMap.mix(key ^ seed)) != slot) {
          throw new AssertionError("an entry must be found where it is: key=" + key);
        }
        for (long at = homeOf(key); at != g; at = at + 1 == groups ? 0 : at + 1) {
          passers[(int) at]++;
        }
        count++;
      }
    }
    for (int g = 0; g < groups; g++) {
      int kept = Group.passers(Group.control(segment, g));
      if (kept != Math.min(Group.STUCK, passers[g])) {
        throw new AssertionError(
            "passers must agree: group=" + g + ", kept=" + kept + ", counted=" + passers[g]);
      }
    }
    if (count != size || state != IDLE) {
      throw new AssertionError("size must agree: kept=" + size + ", counted=" + count);
    }
  }
}
