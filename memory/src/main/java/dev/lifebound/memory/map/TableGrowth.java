package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;

/**
 * How the tables of a concurrent map make room: a small one is doubled, a regular one is split, one
 * with removed entries is copied without them, and two that are half empty are joined.
 *
 * <p>Everything is under the lock of the stripe in question. What is needed is taken before
 * anything is changed, so that a map that finds no memory is as it was.
 */
final class TableGrowth {
  // Longer than 400 lines by a few: when a table is rebuilt, doubled, split or joined is one
  // decision. Stripes are split in Stripes.

  /*
   * One call moves the entries of one table, at most 256 slots, and copies one directory of at most
   * maxDirectory entries or the root. Exceptions are tables whose keys have hashes that begin alike
   * in far more bits than those of a fair hash would: splitting them would fill directories with
   * nothing, so they are doubled beyond the regular size.
   *
   * Churn: a table of a map whose size does not change holds now more entries and now fewer, some 15
   * of 224 up or down. Were it split whenever it is full by chance, and never joined, then in time
   * nearly all tables would have been, and the map would be larger by a third. So
   * - a table in which entries were removed (CHURNED) may be filled to 15 of 16 slots, not 7 of 8;
   * - when it is due to be rebuilt, and it and its other half hold together less than 15/16 of what
   *   one table does, they become one.
   * The middle between both is where a table is split that only grows: churn adds no tables.
   */
  private static final int MIN_TABLES_WIDENED = 2;
  static final int MAX_SPARSITY = 8;
  private static final int MAX_DEPTH = 56;
  private static final int MAX_GROUPS = 1 << 17;

  private static final int LIVE_BITS = 32;
  private static final long LIVE_MASK = (1L << LIVE_BITS) - 1;

  /** In a table's header: it was rebuilt for removed entries, and may be filled further. */
  private static final long CHURNED = Long.MIN_VALUE;

  /** Of a regular table's slots so many must be removed for it to be rebuilt: a 32nd. */
  private static final int REBUILT_PART = 32;

  /** Two tables are joined when they hold a 16th less than one may. */
  private static final int JOINED_PART = 16;

  private final ConcurrentTables tables;
  private final ConcurrentSlabs slabs;
  private final FreeTables freeTables;
  private final Stripes stripes;

  /** How many leading bits of a hash tell its regular size. */
  private final int sizeBits;

  /** Stands wherever there is no table yet: one group, never written to. */
  private long emptyTable;

  TableGrowth(ConcurrentTables tables) {
    this.tables = tables;
    this.slabs = tables.slabs;
    this.freeTables = new FreeTables(slabs);
    this.stripes = new Stripes(tables);
    this.sizeBits = stripes.firstBits();
  }

  // Header of a table: live entries in the low half, slots that are full or removed in the high
  // one, and CHURNED.

  static int used(long header) {
    return (int) (header >>> LIVE_BITS) & Integer.MAX_VALUE;
  }

  static int live(long header) {
    return (int) header;
  }

  static long header(long header, int live, int used) {
    return (((header >>> LIVE_BITS) + used) << LIVE_BITS) | ((live(header) + live) & LIVE_MASK);
  }

  /** How many slots of a table may be used while it only grows: seven of eight. */
  static int limit(int groups) {
    return groups * (ConcurrentTables.GROUP_SLOTS - 1);
  }

  /** Whether a table with this header may have one more slot used. */
  static boolean hasRoom(long header, int groups) {
    return used(header) < limit(header, groups);
  }

  private static int limit(long header, int groups) {
    return limit(groups) + (header < 0 ? groups - groups / 2 : 0);
  }

  /** Whether not more slots are used than may be; for tests. */
  static boolean isWithin(long header, int groups) {
    return used(header) <= limit(header, groups);
  }

  /** Of tables that wait to be used again. */
  long freeBytes() {
    return freeTables.bytes();
  }

  long emptyTable() {
    return emptyTable;
  }

  /** The first stripes, which have no tables yet. */
  Stripe[] firstRoot() {
    emptyTable = slabs.take(ConcurrentTables.tableBytes(1), false, new GrowthTally());
    return stripes.first(emptyTable);
  }

  /** The groups that a table of this range has before it is split. */
  int regularGroups(long hash) {
    int[] groups = tables.settings.regularGroups();
    return groups[(int) (hash >>> (Long.SIZE - sizeBits)) & (groups.length - 1)];
  }

  /**
   * Makes room in the table of this hash, which has none.
   *
   * @return false when the stripe was split instead, and is dead
   * @throws MapFullException when there is no memory and no removed entry to make room from
   */
  boolean makeRoom(Stripe stripe, long hash, long entry) {
    long table = ConcurrentTables.position(entry);
    int groups = ConcurrentTables.groups(entry);
    int regular = regularGroups(hash);
    if (table == emptyTable) {
      replace(stripe, hash, entry, 1);
      stripe.state.tables++;
      return true;
    }
    int live = live(header(table));
    int removed = used(header(table)) - live;
    stripe.state.churned = removed > 0 || header(table) < 0;
    try {
      if (isWorthRebuilding(live, removed, groups, regular)) {
        if (!join(stripe, hash, entry, regular)) {
          replace(stripe, hash, entry, groups);
          markChurned(stripe, hash);
        }
        stripe.state.tally.rebuilds++;
        stripe.state.tally.lastTrigger = MapInspection.Trigger.DEAD;
        return true;
      }
      if (groups < regular) {
        replace(stripe, hash, entry, Math.min(2 * groups, regular));
        stripe.state.tally.doublings++;
        return true;
      }
      return split(stripe, hash, entry);
    } catch (MapFullException e) {
      if (removed == 0) {
        throw e;
      }
      rebuildInPlace(stripe, entry);
      return true;
    }
  }

  private static boolean isWorthRebuilding(int live, int removed, int groups, int regular) {
    if (groups < regular) {
      int limit = limit(groups);
      return live <= limit - limit / ConcurrentTables.GROUP_SLOTS - 1;
    }
    return removed > groups * ConcurrentTables.GROUP_SLOTS / REBUILT_PART;
  }

  private void markChurned(Stripe stripe, long hash) {
    long table = ConcurrentTables.position(stripe.entryAcquire(hash));
    ConcurrentTables.setWord(
        slabs.segment(table), ConcurrentSlabs.offset(table), header(table) | CHURNED);
  }

  /**
   * Makes one table of this one and its other half, when both are regular ones and hold little.
   * Whoever walks along the hashes is told by the depth of what it finds, see {@link
   * TableRanges#copy(long, RangeCopy)}.
   */
  private boolean join(Stripe stripe, long hash, long entry, int regular) {
    int depth = ConcurrentTables.depth(entry);
    if (depth <= stripe.prefixBits) {
      return false;
    }
    long other = stripe.entryAcquire(hash ^ 1L << (Long.SIZE - depth));
    long table = ConcurrentTables.position(other);
    if (ConcurrentTables.depth(other) != depth
        || ConcurrentTables.groups(entry) != regular
        || ConcurrentTables.groups(other) != regular
        || table == emptyTable) {
      return false;
    }
    int limit = limit(regular);
    if (live(header(ConcurrentTables.position(entry))) + live(header(table))
        > limit - limit / JOINED_PART) {
      return false;
    }
    long joined = take(stripe, regular);
    int moved = copy(entry, joined, regular, 0, 0) + copy(other, joined, regular, 0, 0);
    ConcurrentTables.setWord(
        slabs.segment(joined), ConcurrentSlabs.offset(joined), header(0, moved, moved) | CHURNED);
    publish(stripe, hash, depth - 1, ConcurrentTables.entry(joined, depth - 1, regular));
    stripe.state.tally.moved += moved;
    stripe.state.tally.joins++;
    stripe.state.tables--;
    retire(stripe, entry);
    retire(stripe, other);
    return true;
  }

  long header(long table) {
    return ConcurrentTables.word(slabs.segment(table), ConcurrentSlabs.offset(table));
  }

  /** Copies what is live into a table of so many groups, which takes the old one's place. */
  private void replace(Stripe stripe, long hash, long entry, int groups) {
    int depth = ConcurrentTables.depth(entry);
    long fresh = take(stripe, groups);
    stripe.state.tally.moved += copy(entry, fresh, groups, 0, 0);
    publish(stripe, hash, depth, ConcurrentTables.entry(fresh, depth, groups));
    retire(stripe, entry);
  }

  private boolean split(Stripe stripe, long hash, long entry) {
    int depth = ConcurrentTables.depth(entry);
    int groups = ConcurrentTables.groups(entry);
    long[] directory = stripe.directory;
    if (depth == stripe.prefixBits + Integer.numberOfTrailingZeros(directory.length)) {
      long dense = Math.max(stripe.state.tables, MIN_TABLES_WIDENED) * MAX_SPARSITY;
      if (depth >= MAX_DEPTH || directory.length > dense) {
        oversize(stripe, hash, entry);
        return true;
      }
      if (directory.length >= tables.settings.maxDirectory()) {
        if (stripes.split(stripe, hash)) {
          return false;
        }
        oversize(stripe, hash, entry);
        return true;
      }
      long[] wide = new long[2 * directory.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = directory[i >>> 1];
      }
      stripe.directory = wide;
      stripe.state.tally.words += wide.length;
    }
    splitTable(stripe, hash, entry, depth + 1, groups);
    return true;
  }

  private void splitTable(Stripe stripe, long hash, long entry, int depth, int groups) {
    long bit = 1L << (Long.SIZE - depth);
    int high = countHigh(entry, bit);
    int live = live(header(ConcurrentTables.position(entry)));
    long first = high == live ? emptyTable : take(stripe, groups);
    long second = emptyTable;
    if (high > 0) {
      try {
        second = take(stripe, groups);
      } catch (MapFullException e) {
        if (first != emptyTable) {
          retire(stripe, ConcurrentTables.entry(first, depth, groups));
        }
        throw e;
      }
    }
    publishHalf(stripe, hash & -bit & ~bit, depth, entry, first, bit, 0);
    publishHalf(stripe, (hash & -bit) | bit, depth, entry, second, bit, bit);
    stripe.state.tally.splits++;
    stripe.state.tally.lastTrigger = MapInspection.Trigger.LOAD;
    if (first != emptyTable && second != emptyTable) {
      stripe.state.tables++;
    }
    retire(stripe, entry);
  }

  /** Fills and publishes the table of one half. Both are filled from the old one, which stays. */
  private void publishHalf(
      Stripe stripe, long hash, int depth, long old, long half, long bit, long wanted) {
    int groups = half == emptyTable ? 1 : ConcurrentTables.groups(old);
    if (half != emptyTable) {
      stripe.state.tally.moved += copy(old, half, groups, bit, wanted);
    }
    publish(stripe, hash, depth, ConcurrentTables.entry(half, depth, groups));
  }

  private int countHigh(long entry, long bit) {
    long table = ConcurrentTables.position(entry);
    MemorySegment slab = slabs.segment(table);
    int high = 0;
    for (int group = 0; group < ConcurrentTables.groups(entry); group++) {
      long at = ConcurrentTables.groupOffset(ConcurrentSlabs.offset(table), group);
      long full = ConcurrentTables.fulls(ConcurrentTables.word(slab, at));
      for (; full != 0; full &= full - 1) {
        long key = ConcurrentTables.word(slab, at + ConcurrentTables.slotOffset(full));
        high += (tables.hashOf(key) & bit) != 0 ? 1 : 0;
      }
    }
    return high;
  }

  private void oversize(Stripe stripe, long hash, long entry) {
    int groups = ConcurrentTables.groups(entry);
    if (groups >= MAX_GROUPS) {
      throw new MapFullException(
          "the hashes of keys must differ in their leading bits: keys="
              + live(header(ConcurrentTables.position(entry)))
              + ", bits="
              + ConcurrentTables.depth(entry)
              + ", map="
              + tables.settings.name()
              + "; give the codec a better hash");
    }
    replace(stripe, hash, entry, 2 * groups);
    stripe.state.tally.doublings++;
  }

  /** Copies the live entries whose hash has the wanted bit into a table that is empty; how many. */
  private int copy(long entry, long into, int groups, long bit, long wanted) {
    long table = ConcurrentTables.position(entry);
    MemorySegment from = slabs.segment(table);
    MemorySegment to = slabs.segment(into);
    long offset = ConcurrentSlabs.offset(into);
    int moved = 0;
    for (int group = 0; group < ConcurrentTables.groups(entry); group++) {
      long at = ConcurrentTables.groupOffset(ConcurrentSlabs.offset(table), group);
      long full = ConcurrentTables.fulls(ConcurrentTables.word(from, at));
      for (; full != 0; full &= full - 1) {
        long slot = at + ConcurrentTables.slotOffset(full);
        long key = ConcurrentTables.word(from, slot);
        long hash = tables.hashOf(key);
        if ((hash & bit) == wanted) {
          long value = ConcurrentTables.word(from, slot + ConcurrentTables.VALUE_OFFSET);
          ConcurrentTables.place(to, offset, groups, hash, key, value);
          moved++;
        }
      }
    }
    long churned = moved > limit(groups) ? CHURNED : 0;
    ConcurrentTables.setWord(to, offset, header(0, moved, moved) | churned);
    return moved;
  }

  /** Points all entries of the directory at the table of a range. */
  private static void publish(Stripe stripe, long hash, int depth, long entry) {
    long[] directory = stripe.directory;
    int bits = Integer.numberOfTrailingZeros(directory.length);
    int span = 1 << (bits - (depth - stripe.prefixBits));
    int first = stripe.index(hash, directory.length) & -span;
    for (int i = first; i < first + span; i++) {
      Stripe.setEntryRelease(directory, i, entry);
    }
  }

  /** An empty table. */
  private long take(Stripe stripe, int groups) {
    long table = freeTables.take(groups);
    if (table == 0) {
      try {
        return slabs.take(
            ConcurrentTables.tableBytes(groups), stripe.state.churned, stripe.state.tally);
      } catch (MapFullException e) {
        // What cells have left serves tables as well.
        table = slabs.pages.takeAnyFree(CellPages.units(ConcurrentTables.tableBytes(groups)), 1);
        if (table == 0) {
          throw e;
        }
      }
    }
    stripe.state.tally.zeroed += (long) groups * ConcurrentTables.CONTROL_BYTES;
    empty(slabs.segment(table), ConcurrentSlabs.offset(table), groups);
    return table;
  }

  private static void empty(MemorySegment slab, long offset, int groups) {
    ConcurrentTables.setWord(slab, offset, 0);
    for (int group = 0; group < groups; group++) {
      ConcurrentTables.setWord(slab, ConcurrentTables.groupOffset(offset, group), 0);
    }
  }

  /** The directory does not refer to a table any more: readers that may see it begin again. */
  private void retire(Stripe stripe, long entry) {
    long table = ConcurrentTables.position(entry);
    if (table != emptyTable) {
      stripe.recycle();
      stripe.state.replaced++;
      stripe.state.tally.recycles++;
      freeTables.give(table, ConcurrentTables.groups(entry));
    }
  }

  /**
   * Drops removed entries without memory for another table; readers wait, as they do never else.
   */
  private void rebuildInPlace(Stripe stripe, long entry) {
    long table = ConcurrentTables.position(entry);
    int groups = ConcurrentTables.groups(entry);
    RangeCopy copy = new RangeCopy();
    copy.addAll(slabs.segment(table), ConcurrentSlabs.offset(table), groups);
    stripe.beginRewrite();
    try {
      MemorySegment slab = slabs.segment(table);
      long offset = ConcurrentSlabs.offset(table);
      stripe.state.replaced++;
      empty(slab, offset, groups);
      for (int i = 0; i < copy.count(); i++) {
        long key = copy.key(i);
        ConcurrentTables.place(slab, offset, groups, tables.hashOf(key), key, copy.value(i));
      }
      ConcurrentTables.setWord(slab, offset, header(0, copy.count(), copy.count()) | CHURNED);
      stripe.state.tally.inPlace++;
      stripe.state.tally.moved += copy.count();
    } finally {
      stripe.endRewrite();
    }
  }
}
