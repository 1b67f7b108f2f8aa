package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

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
 * if ((entry & Entry.SLOW) != 0 || state != 0) -> the slow form: checkRead(), then tables(entry)
 * MemorySegment segment = segments[Entry.slab(entry)];
 * from group Group.home(h, groups): compare the keys of Group.matches(control, tag);
 * go on to the next group while Group.hasPassers(control), at most all groups
 * }</pre>
 *
 * <p>Writers run between {@link #enter} and {@link #leave}, and add by {@link #insert} what they
 * did not find.
 */
abstract class Engine implements AutoCloseable {
  static final long IDLE = 0;
  static final long CLOSED = -1;
  static final long NIL = -2;

  private static final VarHandle STATE;
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Engine.class, "state", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The directory's, for one step less in each search. */
  long[][] root;

  int rootShift;

  /** The slabs by number. */
  MemorySegment[] segments;

  /**
   * {@link #IDLE}, {@link #CLOSED}, {@link #NIL}, or the id of the thread that is writing. Plain,
   * as are all reads of it: what it tells other threads is a best effort.
   */
  long state;

  long size;

  /** Grows with every change, of values too. Iterations ask the map again when it has moved. */
  long version;

  /** Grows with every {@code clear}. */
  int clears;

  final String name;
  private final Growth growth;

  /** The last thread that wrote, for messages. */
  private @Nullable Thread writer;

  Engine(Settings settings) {
    this.name = settings.name();
    this.growth = new Growth(this, settings);
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
  }

  // Use by two threads.

  /** Begins a change of the map. */
  final void enter() {
    if (state != IDLE) {
      throw refusal("write");
    }
    Thread current = Thread.currentThread();
    if (writer != current) {
      writer = current;
    }
    STATE.setOpaque(this, current.threadId());
  }

  /** Ends a change, in a finally clause. */
  final void leave() {
    long id = Thread.currentThread().threadId();
    if (state != id) {
      throw refusal("write");
    }
    STATE.setOpaque(this, IDLE);
  }

  /** Refuses a read while another thread writes, of a closed map; passes that of a nil map. */
  final void checkRead(long entry, String operation) {
    if ((state != IDLE && state != NIL) || (entry & Entry.BUSY) != 0) {
      throw refusal(operation);
    }
  }

  /** The same before an operation that is not for one key. */
  final void checkRead(String operation) {
    if (state != IDLE && state != NIL) {
      throw refusal(operation);
    }
  }

  /** Why an operation cannot be. */
  final RuntimeException refusal(String operation) {
    long now = state;
    if (now == CLOSED) {
      return new MapClosedException(
          "a map must be open: map="
              + name
              + ", operation="
              + operation
              + "; finish with it before its close()");
    }
    if (now == NIL) {
      return new NilMapException(
          "a nil map must not be written to: map="
              + name
              + "; make one with create() or builder()");
    }
    return new ConcurrentUseException(misuse(operation, now));
  }

  private String misuse(String operation, long now) {
    Thread other = writer;
    Thread current = Thread.currentThread();
    String otherName =
        other != null && other != current && (now <= 0 || other.threadId() == now)
            ? other.getName()
            : "#" + now;
    return "a map with one writer must not be used by another thread while it writes: map="
        + name
        + ", operation="
        + operation
        + ", thread="
        + current.getName()
        + ", writer="
        + otherName
        + "; let one thread use it at a time, or use ConcurrentNativeMap";
  }

  /** What an access that failed in the storage means: closed, or two threads at once. */
  final RuntimeException explain(RuntimeException cause, String operation) {
    if (state == CLOSED || !growth.tables.slabs.isAlive()) {
      state = CLOSED;
      RuntimeException closed = refusal(operation);
      closed.initCause(cause);
      return closed;
    }
    // One thread alone finds every word where it belongs.
    return new ConcurrentUseException(misuse(operation, state), cause);
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
    long entry = leaf[at];
    int groups = Entry.groups(entry);
    if ((entry & Entry.CHAINED) != 0 || Entry.count(entry) >= Sizes.capacity(groups)) {
      insertSlowly(hash, key, value);
      return;
    }
    markBusy(leaf, at, entry);
    place(segments[Entry.slab(entry)], Entry.offset(entry), groups, hash, key, value);
    count(leaf, at, hash, entry + Entry.COUNT_ONE);
    size++;
    version++;
  }

  /** Shows readers of this entry that its table is being changed. */
  static void markBusy(long[] leaf, int at, long entry) {
    WORDS.setOpaque(leaf, at, entry | Entry.BUSY);
  }

  static void unmark(long[] leaf, int at, long entry) {
    WORDS.setOpaque(leaf, at, entry);
  }

  /** Writes an entry, without its flags, in all places of its table. */
  private static void count(long[] leaf, int at, long hash, long entry) {
    if (Long.SIZE - (int) leaf[0] == Entry.depth(entry)) {
      WORDS.setOpaque(leaf, at, entry);
    } else {
      Directory.set(leaf, hash, entry);
    }
  }

  private void insertSlowly(long hash, long key, long value) {
    try {
      while (true) {
        long entry = growth.directory.entry(hash);
        if ((entry & Entry.CHAINED) != 0) {
          growth.insertChained(hash, key, value);
          break;
        }
        if (Entry.count(entry) < Sizes.capacity(Entry.groups(entry))) {
          insert(hash, key, value);
          return;
        }
        growth.grow(hash);
        refresh();
      }
      size++;
      version++;
    } finally {
      growth.counters.end(growth);
      refresh();
    }
  }

  /** Writes an entry into a table that has a free slot. */
  static void place(MemorySegment segment, long base, int groups, long hash, long key, long value) {
    int g = Group.home(hash, groups);
    for (int left = groups; left > 0; left--) {
      long group = base + (long) g * Group.BYTES;
      long control = segment.get(JAVA_LONG_UNALIGNED, group);
      long free = Group.free(control);
      if (free != 0) {
        long slot = group + Group.slotOffset(free);
        segment.set(JAVA_LONG_UNALIGNED, slot, key);
        segment.set(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET, value);
        segment.set(JAVA_LONG_UNALIGNED, group, Group.take(control, free, Group.tag(hash)));
        return;
      }
      int passers = Group.passers(control);
      if (passers < Group.STUCK) {
        segment.set(JAVA_LONG_UNALIGNED, group, Group.withPassers(control, passers + 1));
      }
      g = g + 1 == groups ? 0 : g + 1;
    }
    throw new IndexOutOfBoundsException("a table below its limit must have a free slot");
  }

  /**
   * Removes an entry that was found. Between enter and leave.
   *
   * @param table the entry of its table: the head's, or one of a chain
   * @param group where its group begins in its slab
   * @param bits the lowest set bit is that of its slot
   */
  final void removeAt(long hash, long table, long group, long bits) {
    long[] leaf = root[(int) (hash >>> rootShift)];
    int at = Directory.index(leaf, hash);
    long head = leaf[at];
    markBusy(leaf, at, head);
    MemorySegment segment = segments[Entry.slab(table)];
    boolean stuck = unplace(segment, table, hash, group, bits);
    if ((head & Entry.CHAINED) != 0) {
      head = growth.chains.removed(head, table);
    } else {
      head -= Entry.COUNT_ONE;
    }
    count(leaf, at, hash, head);
    size--;
    version++;
    if (stuck && (head & Entry.CHAINED) == 0) {
      rebuildNowAndThen(hash);
    }
  }

  /** Frees the slot, and takes the entry off the passers of the groups before. */
  static boolean unplace(MemorySegment segment, long table, long hash, long group, long bits) {
    long control = segment.get(JAVA_LONG_UNALIGNED, group);
    segment.set(JAVA_LONG_UNALIGNED, group, Group.release(control, bits));
    int groups = Entry.groups(table);
    long base = Entry.offset(table);
    int g = Group.home(hash, groups);
    boolean stuck = false;
    for (int left = groups; left > 0; left--) {
      long passed = base + (long) g * Group.BYTES;
      if (passed == group) {
        break;
      }
      long word = segment.get(JAVA_LONG_UNALIGNED, passed);
      int passers = Group.passers(word);
      if (passers == Group.STUCK) {
        stuck = true;
      } else {
        segment.set(JAVA_LONG_UNALIGNED, passed, Group.withPassers(word, passers - 1));
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

  /** Forgets all entries in constant time; the memory stays. Between enter and leave. */
  final void reset() {
    growth.reset();
    refresh();
    size = 0;
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
    state = CLOSED;
  }

  /** Whether the map was not closed. A nil map is open. */
  public final boolean isOpen() {
    return state != CLOSED;
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
