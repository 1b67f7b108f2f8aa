package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongUnaryOperator;

/**
 * What all single-writer maps share: storage, growth, and the detection of use by two threads. An
 * entry is two words, a key word and a value word; what they mean is the subclass's business, and
 * so are the searches, which want their own compiled form.
 *
 * <p>A search for hash {@code h} in a subclass:
 *
 * <pre>{@code
 * long[] leaf = root[(int) (h >>> rootShift)];
 * long entry = leaf[Directory.index(leaf, h)];
 * if ((entry & Entry.SLOW) != 0 || state != 0) -> the slow form: checkRead(), then tables(entry);
 *     a mark without a writer is one that an error of the VM has left, and goes with the next write
 * MemorySegment segment = segments[Entry.slab(entry)];
 * from group Entry.first(entry) + Group.home(h, groups): compare the keys of Group.matches(control, tag);
 * go on to the next group while Group.hasPassers(control), at most all groups
 * }</pre>
 *
 * <p>Writers run between {@link #enter} and {@link #leave}, and add by {@link #insert} what they
 * did not find.
 */
abstract class Engine extends SingleWriter {
  /** Of a group: a table with fewer entries may be joined with its other half. */
  private static final int JOINED_SLOTS = 3;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  /** The directory's, for one step less in each search. */
  long[][] root;

  int rootShift;

  /** The slabs by number. */
  MemorySegment[] segments;

  private final Growth growth;
  private final MapBackstop backstop;

  /** The largest size since the map was made or cleared. */
  private long peak;

  /** {@link Growth#hasSurplus}. */
  private boolean surplus;

  Engine(Settings settings) {
    super(settings.name());
    this.growth = new Growth(this, settings);
    this.backstop = MapBackstop.of(this, settings.name(), growth.tables.slabs);
    refresh();
  }

  /** The hash of a key word, always the same one while the entry is in the map. */
  abstract long hash(long key);

  final Growth growth() {
    return growth;
  }

  /** Takes over what growth has replaced. */
  private void refresh() {
    root = growth.directory.root;
    rootShift = growth.directory.rootShift;
    segments = growth.tables.slabs.segments;
    surplus = growth.hasSurplus();
  }

  /**
   * Whether a read may go its fast way: nobody is seen writing, the map is open, and the table
   * stands alone.
   */
  final boolean isQuiet(long entry) {
    return ((entry & Entry.SLOW) | state) == IDLE;
  }

  /** A writer's entry: without the mark that one leaves whom a full stack has stopped half-way. */
  static long unmarked(long entry) {
    return entry & ~Entry.BUSY;
  }

  // Entries.

  /**
   * Adds an entry that is not there. Between enter and leave.
   *
   * @throws MapFullException when the map has to grow and cannot; nothing has changed
   */
  final void insert(long hash, long key, long value) {
    long[] leaf = root[(int) (hash >>> rootShift)];
    int at = Directory.index(leaf, hash);
    long entry = unmarked(leaf[at]);
    if ((entry & Entry.CHAINED) != 0) {
      insertSlowly(hash, key, value);
      return;
    }
    markBusy(leaf, at, entry);
    insertMarked(leaf, at, entry, hash, key, value);
  }

  /**
   * As {@link #insert}, into a table that stands alone and was marked as busy; ends the marking.
   *
   * @param at where in the leaf the entry of the table stands, which is {@code entry} but for the
   *     mark
   */
  final void insertMarked(long[] leaf, int at, long entry, long hash, long key, long value) {
    if (Entry.count(entry) >= Sizes.capacity(Entry.groups(entry))) {
      unmark(leaf, at, entry);
      insertSlowly(hash, key, value);
      return;
    }
    addMarked(leaf, at, entry, hash, key, value);
  }

  private void addMarked(long[] leaf, int at, long entry, long hash, long key, long value) {
    MemorySegment segment = segments[Entry.slab(entry)];
    int groups = Entry.groups(entry);
    long group = (long) Entry.first(entry) + Group.home(hash, groups);
    long control = Group.control(segment, group);
    long free = Group.free(control);
    if (free != 0) {
      fill(segment, group, control, free, hash, key, value);
    } else {
      place(segment, Entry.first(entry), groups, hash, key, value);
    }
    count(leaf, at, entry + Entry.COUNT_ONE);
    size++;
    version++;
    if (size > peak) {
      peak = size;
    }
  }

  /** Shows readers of this entry that its table is being changed. */
  static void markBusy(long[] leaf, int at, long entry) {
    WORDS.setOpaque(leaf, at, entry | Entry.BUSY);
  }

  static void unmark(long[] leaf, int at, long entry) {
    WORDS.setOpaque(leaf, at, entry);
  }

  /** Writes an entry, without its flags, in all places of its table, of which {@code at} is one. */
  private static void count(long[] leaf, int at, long entry) {
    int places = Directory.places(leaf, entry);
    if (places == 1) {
      WORDS.setOpaque(leaf, at, entry);
    } else {
      int first = 1 + (at - 1 & -places);
      for (int i = first; i < first + places; i++) {
        WORDS.setOpaque(leaf, i, entry);
      }
    }
  }

  private void insertSlowly(long hash, long key, long value) {
    try {
      while (true) {
        long entry = unmarked(growth.directory.entry(hash));
        if ((entry & Entry.CHAINED) != 0) {
          growth.insertChained(hash, key, value);
          break;
        }
        if (Entry.count(entry) < Sizes.capacity(Entry.groups(entry))) {
          insert(hash, key, value);
          return;
        }
        if (size < peak && Entry.count(entry) < Entry.groups(entry) * Group.SLOTS) {
          // The map has been as large as this: one table is full because keys come and go, and the
          // next removals make room. Splitting here would let a map of constant size grow.
          long[] leaf = growth.directory.leaf(hash);
          int at = Directory.index(leaf, hash);
          markBusy(leaf, at, entry);
          addMarked(leaf, at, entry, hash, key, value);
          return;
        }
        growth.grow(hash);
        if (size >= peak) {
          growth.notePeak();
        }
        refresh();
      }
      size++;
      peak = Math.max(peak, size);
      version++;
    } finally {
      growth.counters.end(growth);
      refresh();
    }
  }

  /** Writes an entry into a table that has a free slot. */
  static void place(MemorySegment slab, int first, int groups, long hash, long key, long value) {
    int g = Group.home(hash, groups);
    for (int left = groups; left > 0; left--) {
      long group = (long) first + g;
      long control = Group.control(slab, group);
      long free = Group.free(control);
      if (free != 0) {
        fill(slab, group, control, free, hash, key, value);
        return;
      }
      Group.setControl(slab, group, Group.withOneMorePasser(control));
      g = g + 1 == groups ? 0 : g + 1;
    }
    throw new IndexOutOfBoundsException("a table below its limit must have a free slot");
  }

  private static void fill(
      MemorySegment slab, long group, long control, long free, long hash, long key, long value) {
    int shift = Group.freeShift(free, hash);
    long slot = Group.slot(group, shift);
    slab.set(JAVA_LONG_UNALIGNED, slot, key);
    slab.set(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET, value);
    Group.setControl(slab, group, Group.take(control, shift, Group.tag(hash)));
  }

  /**
   * Removes an entry that was found in the group where its search begins, of a marked table that
   * stands alone; ends the marking.
   *
   * @param bits the lowest set bit is that of its slot
   */
  final void removeMarked(
      long[] leaf,
      int at,
      long entry,
      MemorySegment segment,
      long group,
      long control,
      long bits,
      long hash) {
    Group.setControl(segment, group, Group.release(control, bits));
    count(leaf, at, entry - Entry.COUNT_ONE);
    size--;
    version++;
    if (surplus) {
      joinNowAndThen(hash, entry);
    }
  }

  private void joinNowAndThen(long hash, long entry) {
    if (Entry.count(entry) > Entry.groups(entry) * JOINED_SLOTS) {
      return;
    }
    try {
      growth.join(hash);
    } finally {
      growth.counters.end(growth);
      refresh();
    }
  }

  /**
   * Removes an entry that was found. Between enter and leave.
   *
   * @param table the entry of its table: the head's, or one of a chain
   * @param group the number of its group in the slab
   * @param bits the lowest set bit is that of its slot
   */
  final void removeAt(long hash, long table, long group, long bits) {
    long[] leaf = root[(int) (hash >>> rootShift)];
    int at = Directory.index(leaf, hash);
    long head = unmarked(leaf[at]);
    markBusy(leaf, at, head);
    MemorySegment segment = segments[Entry.slab(table)];
    boolean stuck = unplace(segment, table, hash, group, bits);
    if ((head & Entry.CHAINED) != 0) {
      head = growth.chains.removed(head, table);
    } else {
      head -= Entry.COUNT_ONE;
    }
    count(leaf, at, head);
    size--;
    version++;
    if ((head & Entry.CHAINED) == 0) {
      if (stuck) {
        rebuildNowAndThen(hash);
      } else if (surplus) {
        joinNowAndThen(hash, head);
      }
    }
  }

  /** Frees the slot, and takes the entry off the passers of the groups before. */
  static boolean unplace(MemorySegment slab, long table, long hash, long group, long bits) {
    Group.setControl(slab, group, Group.release(Group.control(slab, group), bits));
    int groups = Entry.groups(table);
    int g = Group.home(hash, groups);
    boolean stuck = false;
    for (int left = groups; left > 0; left--) {
      long passed = (long) Entry.first(table) + g;
      if (passed == group) {
        break;
      }
      long word = Group.control(slab, passed);
      int passers = Group.passers(word);
      if (passers == Group.STUCK) {
        stuck = true;
      } else {
        Group.setControl(slab, passed, Group.withPassers(word, passers - 1));
      }
      g = g + 1 == groups ? 0 : g + 1;
    }
    return stuck;
  }

  private void rebuildNowAndThen(long hash) {
    try {
      growth.metStuckPassers(hash);
    } finally {
      growth.counters.end(growth);
      refresh();
    }
  }

  /** The entry of a table and those chained to it: for slow forms of searches. */
  final long[] tables(long entry) {
    return growth.chains.tables(entry);
  }

  /** Takes another seed for its hashes; there are no entries. */
  void reseed(long seed) {}

  /** Forgets all entries in constant time; the memory stays. Between enter and leave. */
  final void reset() {
    growth.reset();
    reseed(growth.settings().nextSeed());
    refresh();
    size = 0;
    peak = 0;
    version++;
    clears++;
  }

  /**
   * Frees everything, in a time that does not depend on the entries. A second close does nothing.
   *
   * @throws ConcurrentUseException when another thread is writing; the map stays open
   */
  @Override
  public void close() {
    if (state == CLOSED || state == NIL) {
      return;
    }
    enter();
    try {
      growth.tables.slabs.close();
    } catch (IllegalStateException e) {
      state = IDLE;
      throw e;
    }
    // Iterations ask the map again, also in the midst of a table.
    version++;
    state = CLOSED;
    backstop.disarm();
  }

  final MapBackstop backstop() {
    return backstop;
  }

  @Override
  final boolean isAlive() {
    return growth.tables.slabs.isOpen();
  }

  /** For tests: recounts everything. */
  void checkInvariants() {
    Invariants.check(this, this::hash);
  }

  /** A hash function as a value. */
  final LongUnaryOperator hashes() {
    return this::hash;
  }
}
