package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** The storage of one map and the steps by which it grows, one small table at a time. */
final class Growth {
  /** Beyond this many top bits that keys share, and {@link #DEPTH_SLACK}, tables are chained. */
  private static final int MIN_DEPTH_LIMIT = Directory.LEAF_BITS;

  /** How much deeper a table may lie than the tables do on average. */
  private static final int DEPTH_SLACK = 4;

  /** Hints above this are taken for mistakes. */
  private static final long MAX_HINT = 1L << 27;

  /** A table that meets this many removals past stuck passers is rebuilt. */
  private static final int STUCK_REMOVALS = 64;

  private final Engine engine;
  private final Settings settings;
  final Tables tables;
  final Chains chains;
  final GrowthCounters counters = new GrowthCounters();
  Directory directory;

  private final Mover mover = new Mover();
  private final Target low = new Target();
  private final Target high = new Target();
  private long tableCount;

  /** The tables when the map was as large as it ever was. */
  private long tablesAtPeak;

  private int stuckRemovals;

  /** Two tables are joined when they fill this part of what one takes before it is split. */
  private static final int JOINED_PART = 7;

  private static final int JOINED_OF = 8;

  /** A fresh table that is being filled. */
  private static final class Target {
    long location;
    int groups;
    int count;
  }

  Growth(Engine engine, Settings settings) {
    this.engine = engine;
    this.settings = settings;
    this.tables = new Tables(new Slabs(settings.source(), settings.limitBytes(), Group.BYTES));
    this.chains = new Chains(tables);
    try {
      this.directory = new Directory(Entry.of(tables.allocate(1), 0, 0, 1));
      tableCount = 1;
      tablesAtPeak = 1;
      prepare(settings.capacityHint());
    } catch (Slabs.OutOfNativeMemory e) {
      tables.slabs.close();
      throw full(e);
    } catch (Throwable e) {
      tables.slabs.close();
      throw e;
    }
  }

  /** Makes the tables for so many entries, if there is memory for them. */
  private void prepare(long entries) {
    if (entries <= Group.SLOTS || entries > MAX_HINT) {
      return;
    }
    int depth = 0;
    // A tenth more, since some tables are fuller than others.
    // By the smallest size, which is that of the lowest hashes.
    while (perTable(entries, depth) > Sizes.capacity(Sizes.full(0, depth))) {
      depth++;
    }
    tables.slabs.setPatient(true);
    try {
      long bytes = 0;
      for (long i = 0; i < 1L << depth; i++) {
        bytes += Tables.bytes(preparedGroups(entries, prefix(i, depth), depth));
      }
      if (bytes + bytes / 8 > settings.limitBytes() - tables.slabs.reservedBytes()) {
        return;
      }
      for (long i = 0; i < 1L << depth; i++) {
        long hash = prefix(i, depth);
        int groups = preparedGroups(entries, hash, depth);
        directory.deepen(hash, depth);
        Directory.set(
            directory.leaf(hash), hash, Entry.of(tables.allocate(groups), 0, depth, groups));
      }
      tableCount = 1L << depth;
    } catch (Slabs.OutOfNativeMemory e) {
      // It was a hint. What there is of slabs will be used.
      reset();
    } finally {
      tables.slabs.setPatient(false);
      counters.begin(this);
      notePeak();
    }
  }

  private static long prefix(long number, int depth) {
    return depth == 0 ? 0 : number << (Long.SIZE - depth);
  }

  private static long perTable(long entries, int depth) {
    return ((entries + entries / 10) >>> depth) + 1;
  }

  private static int preparedGroups(long entries, long hash, int depth) {
    int full = Sizes.full(hash, depth);
    return depth > 0
        ? full
        : (int) Math.min(full, Math.ceilDiv(perTable(entries, depth), Group.SLOTS - 1));
  }

  /** Forgets all tables; the memory stays with the map. */
  void reset() {
    tables.reset();
    chains.reset();
    directory = new Directory(Entry.of(tables.allocate(1), 0, 0, 1));
    tableCount = 1;
    tablesAtPeak = 1;
  }

  /**
   * Gives the table of this hash, which is full, the next size, or splits it, or chains one to it.
   *
   * @throws MapFullException when there is no memory; nothing has changed
   */
  void grow(long hash) {
    try {
      long entry = directory.entry(hash);
      int next = Sizes.next(hash, Entry.depth(entry), Entry.groups(entry));
      if (next != 0) {
        rebuild(hash, entry, next);
        counters.rebuildsLarger++;
      } else {
        split(hash, entry);
      }
      counters.lastTrigger = MapInspection.Trigger.LOAD;
    } catch (Slabs.OutOfNativeMemory e) {
      throw full(e);
    }
  }

  /** Adds to chained tables. */
  void insertChained(long hash, long key, long value) {
    try {
      long head = directory.entry(hash);
      chains.makeRoom(head, hash);
      Directory.set(directory.leaf(hash), hash, chains.insert(head, hash, key, value));
    } catch (Slabs.OutOfNativeMemory e) {
      throw full(e);
    }
  }

  /** A removal met passers that no longer count: frees the searches of them now and then. */
  void metStuckPassers(long hash) {
    if (++stuckRemovals % STUCK_REMOVALS != 0) {
      return;
    }
    long entry = directory.entry(hash);
    try {
      rebuild(hash, entry, Entry.groups(entry));
      counters.rebuildsSame++;
      counters.lastTrigger = MapInspection.Trigger.DEAD;
    } catch (Slabs.OutOfNativeMemory e) {
      // It was for speed only; the next removals try again.
      stuckRemovals--;
    }
  }

  /*
   * In a map of constant size the tables' numbers of entries wander. Now and then one fills up to
   * its last slot and is split, and without the way back every table would be split in the end.
   * So there are as many tables as when the map was largest, and those beyond are joined again:
   * two that fit into one, with so much room that it is not soon split again.
   *
   * A map that shrinks keeps its tables for the entries to come.
   */

  /** Whether there are tables that only wandering numbers have made. */
  boolean hasSurplus() {
    return tableCount > tablesAtPeak;
  }

  /** The map is as large as it ever was, or was told to become so. */
  void notePeak() {
    tablesAtPeak = tableCount;
  }

  /** Joins the table of this hash with its other half, if both together leave enough room. */
  void join(long hash) {
    long entry = directory.entry(hash);
    int depth = Entry.depth(entry);
    if (depth <= directory.rootBits(hash) + 1) {
      return;
    }
    long bit = Long.MIN_VALUE >>> (depth - 1);
    long other = directory.entry(hash ^ bit);
    int groups = Sizes.full(hash & ~bit, depth - 1);
    int joined = Entry.count(entry) + Entry.count(other);
    if (Entry.depth(other) != depth
        || ((entry | other) & Entry.CHAINED) != 0
        || joined > Sizes.capacity(groups) * JOINED_PART / JOINED_OF) {
      return;
    }
    try {
      begin(low, groups);
    } catch (Slabs.OutOfNativeMemory e) {
      // It was to save memory; the next removals try again.
      return;
    }
    mover.begin(groups, groups);
    for (long table : new long[] {entry, other}) {
      mover.read(tables.slabs.segments[Entry.slab(table)], table);
      if (!mover.distribute(engine, 0)) {
        throw new IllegalStateException(
            "two tables must fit into one: " + Entry.text(table) + ", map=" + engine.name);
      }
    }
    counters.moved += mover.moved();
    write(0, low);
    publish(hash, low, depth - 1);
    tables.free(Entry.location(entry), Entry.groups(entry));
    tables.free(Entry.location(other), Entry.groups(other));
    tableCount--;
    counters.joins++;
    counters.lastTrigger = MapInspection.Trigger.SURPLUS;
  }

  private void rebuild(long hash, long entry, int groups) {
    begin(low, groups);
    move(entry, 0, low, low);
    publish(hash, low, Entry.depth(entry));
    tables.free(Entry.location(entry), Entry.groups(entry));
  }

  private void split(long hash, long entry) {
    int depth = Entry.depth(entry);
    if (depth >= depthLimit()) {
      chain(hash, entry);
      return;
    }
    // First what can fail; a deeper directory says the same as before.
    directory.deepen(hash, depth + 1);
    long bit = Long.MIN_VALUE >>> depth;
    long lowHash = hash & ~bit;
    long highHash = hash | bit;
    if (!fill(entry, bit, Sizes.full(lowHash, depth + 1), Sizes.full(highHash, depth + 1))) {
      throw new IllegalStateException(
          "half a table must fit into a whole one: " + Entry.text(entry) + ", map=" + engine.name);
    }
    if (low.count == 0 || high.count == 0) {
      abandon();
      splitInName(hash, entry, low.count == 0 ? lowHash : highHash);
      return;
    }
    publish(lowHash, low, depth + 1);
    publish(highHash, high, depth + 1);
    tables.free(Entry.location(entry), Entry.groups(entry));
    tableCount++;
    counters.splits++;
  }

  /** Fills two fresh tables; when one of them has no room, there are none, and the answer is no. */
  private boolean fill(long entry, long bit, int lowGroups, int highGroups) {
    begin(low, lowGroups);
    try {
      begin(high, highGroups);
    } catch (Slabs.OutOfNativeMemory e) {
      tables.free(low.location, low.groups);
      throw e;
    }
    if (move(entry, bit, low, high)) {
      return true;
    }
    abandon();
    return false;
  }

  private void abandon() {
    tables.free(low.location, low.groups);
    tables.free(high.location, high.groups);
  }

  /** All entries are on one side: the table stays as it is and gets an empty neighbour. */
  private void splitInName(long hash, long entry, long emptySide) {
    if (commonBits(entry) >= depthLimit()) {
      chain(hash, entry);
      return;
    }
    int depth = Entry.depth(entry);
    low.location = tables.allocate(1);
    low.groups = 1;
    low.count = 0;
    long[] leaf = directory.leaf(hash);
    long bit = Long.MIN_VALUE >>> depth;
    Directory.set(
        leaf,
        emptySide ^ bit,
        Entry.of(Entry.location(entry), Entry.count(entry), depth + 1, Entry.groups(entry)));
    publish(emptySide, low, depth + 1);
    tableCount++;
    counters.splits++;
  }

  /** How many top bits the hashes of all entries share. */
  private int commonBits(long entry) {
    MemorySegment slab = tables.slabs.segments[Entry.slab(entry)];
    long first = 0;
    long differing = 0;
    boolean any = false;
    for (int g = 0; g < Entry.groups(entry); g++) {
      long group = (long) Entry.first(entry) + g;
      for (long taken = Group.taken(Group.control(slab, group)); taken != 0; taken &= taken - 1) {
        long hash = engine.hash(slab.get(JAVA_LONG_UNALIGNED, Group.slot(group, taken)));
        if (!any) {
          first = hash;
          any = true;
        }
        differing |= first ^ hash;
      }
    }
    return Long.numberOfLeadingZeros(differing);
  }

  private int depthLimit() {
    int average = Long.SIZE - 1 - Long.numberOfLeadingZeros(tableCount);
    return Math.max(MIN_DEPTH_LIMIT, average + DEPTH_SLACK);
  }

  private void chain(long hash, long entry) {
    chains.makeRoom(entry, hash);
    Directory.set(directory.leaf(hash), hash, entry | Entry.CHAINED);
    counters.chainings++;
  }

  private void begin(Target target, int groups) {
    target.location = tables.allocateDirty(groups);
    target.groups = groups;
    target.count = 0;
  }

  private void publish(long hash, Target target, int depth) {
    Directory.set(
        directory.leaf(hash), hash, Entry.of(target.location, target.count, depth, target.groups));
  }

  /** Copies all entries, by this bit of their hash; false when one has no room. */
  private boolean move(long entry, long bit, Target zero, Target one) {
    mover.read(tables.slabs.segments[Entry.slab(entry)], entry);
    mover.begin(zero.groups, one.groups);
    boolean whole = mover.distribute(engine, bit);
    counters.moved += mover.moved();
    if (whole) {
      write(0, zero);
      if (bit != 0) {
        write(1, one);
      }
    }
    return whole;
  }

  private void write(int side, Target target) {
    long entry = target.location << Entry.LOCATION_SHIFT;
    target.count = mover.write(side, tables.slabs.segments[Entry.slab(entry)], Entry.first(entry));
  }

  MapFullException full(Slabs.OutOfNativeMemory e) {
    Slabs slabs = tables.slabs;
    String text =
        "a map must have native memory to grow: map="
            + settings.name()
            + ", used="
            + slabs.reservedBytes()
            + ", limit="
            + (slabs.limitBytes() == Long.MAX_VALUE ? "none" : slabs.limitBytes())
            + ", size="
            + e.bytes
            + ", entries="
            + engine.size
            + "; raise limitBytes, remove entries, or close other maps";
    return new MapFullException(text, e);
  }

  Settings settings() {
    return settings;
  }

  long tableCount() {
    return tableCount;
  }
}
