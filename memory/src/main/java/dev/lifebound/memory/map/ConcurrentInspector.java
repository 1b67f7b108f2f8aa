package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Looks into a concurrent map, one table after another, each under its stripe's lock: what is seen
 * of one table fits together, and the whole does when nobody writes.
 */
final class ConcurrentInspector {
  private static final int PARTS_BITS = 6;

  /** The last one counts all entries that a search finds still later. */
  private static final int MAX_SEARCHED = 16;

  /** Of the root: what a compressed one takes. */
  private static final long REFERENCE_BYTES = 4;

  private static final class Stage {
    long small;
    long full;
    long entries;
  }

  private final ConcurrentTables tables;
  private final ConcurrentSlabs slabs;
  private final long[] searched = new long[MAX_SEARCHED];
  private final double[] taken = new double[1 << PARTS_BITS];
  private final double[] slots = new double[1 << PARTS_BITS];
  private final TreeMap<Integer, Stage> stages = new TreeMap<>();
  private final GrowthTally tally = new GrowthTally();
  private long size;
  private long tableCount;
  private long slotCount;
  private long removed;
  private long oversize;
  private long tableBytes;
  private long freeBytes;
  private long cellBytes;
  private long holeBytes;
  private long heapBytes;

  private ConcurrentInspector(ConcurrentTables tables) {
    this.tables = tables;
    this.slabs = tables.slabs;
  }

  /**
   * The map as it is.
   *
   * @throws MapClosedException when it is closed, also meanwhile
   */
  static MapInspection inspect(ConcurrentTables tables) {
    tables.slabs.checkOpen();
    try {
      return new ConcurrentInspector(tables).run();
    } catch (IllegalStateException e) {
      throw tables.slabs.closedOr(e);
    }
  }

  private MapInspection run() {
    long from = 0;
    do {
      Stripe stripe = tables.lockBusy(from);
      long entry;
      try {
        entry = stripe.entryAcquire(from);
        look(entry, from);
      } finally {
        stripe.state.unlock();
      }
      // Two tables may have been joined behind us: from the beginning of the range.
      long size = 1L << (Long.SIZE - ConcurrentTables.depth(entry));
      from = (from & -size) + size;
    } while (from != 0);
    lookAtStripes();
    return result();
  }

  private void look(long entry, long from) {
    long table = ConcurrentTables.position(entry);
    int groups = ConcurrentTables.groups(entry);
    int depth = ConcurrentTables.depth(entry);
    // There is no table here yet: one that all such places share stands for it.
    if (table == tables.growth.emptyTable()) {
      return;
    }
    MemorySegment slab = slabs.segment(table);
    int live = 0;
    for (int group = 0; group < groups; group++) {
      long at = ConcurrentTables.groupOffset(ConcurrentSlabs.offset(table), group);
      long control = ConcurrentTables.word(slab, at);
      for (long full = ConcurrentTables.fulls(control); full != 0; full &= full - 1) {
        long key = ConcurrentTables.word(slab, at + ConcurrentTables.slotOffset(full));
        int first = ConcurrentTables.firstGroup(tables.hashOf(key), groups);
        searched[Math.min(Math.floorMod(group - first, groups), MAX_SEARCHED - 1)]++;
        live++;
      }
      removed += Long.bitCount(ConcurrentTables.removed(control));
    }
    spread(from & -(1L << (Long.SIZE - depth)), depth, live, groups * ConcurrentTables.GROUP_SLOTS);
    slotCount += (long) groups * ConcurrentTables.GROUP_SLOTS;
    size += live;
    tableCount++;
    tableBytes += ConcurrentTables.tableBytes(groups);
    Stage stage = stages.computeIfAbsent(depth, _ -> new Stage());
    stage.entries += live;
    int regular = tables.growth.regularGroups(from);
    if (groups < regular) {
      stage.small++;
    } else {
      stage.full++;
    }
    oversize += groups > regular ? 1 : 0;
  }

  private void spread(long from, int depth, double live, double all) {
    int first = (int) (from >>> (Long.SIZE - PARTS_BITS));
    int parts = depth >= PARTS_BITS ? 1 : 1 << (PARTS_BITS - depth);
    for (int i = first; i < first + parts; i++) {
      taken[i] += live / parts;
      slots[i] += all / parts;
    }
  }

  private void lookAtStripes() {
    long from = 0;
    do {
      Stripe stripe = tables.lockBusy(from);
      try {
        tally.add(stripe.state.tally);
        cellBytes += stripe.state.cells.usedBytes();
        holeBytes += stripe.state.cells.holesBytes();
        heapBytes += (long) stripe.directory.length * Long.BYTES;
      } finally {
        stripe.state.unlock();
      }
      from += 1L << (Long.SIZE - stripe.prefixBits);
    } while (from != 0);
    heapBytes += (long) tables.root.length * REFERENCE_BYTES;
    freeBytes = tables.growth.freeBytes();
  }

  private MapInspection result() {
    long unused = slabs.unusedBytes();
    long spare = slabs.spareBytes();
    long other = Math.max(0, slabs.reservedBytes() - tableBytes - freeBytes - unused - spare);
    return new MapInspection(
        tables.settings.name(),
        size,
        tableCount,
        slotCount,
        removed,
        oversize,
        searchedGroups(),
        occupancy(),
        new MapInspection.Bytes(tableBytes, freeBytes, unused, spare, other, heapBytes),
        cells(other),
        new MapInspection.Growth(
            stages(),
            tally.lastTrigger,
            tally.splits,
            tally.doublings,
            tally.rebuilds,
            0,
            tally.allZeroed,
            tally.allMoved,
            tally.allWords,
            tally.maxZeroed,
            tally.maxMoved,
            tally.maxWords));
  }

  private MapInspection.Cells cells(long other) {
    long free = slabs.pages.freeBytes();
    return new MapInspection.Cells(
        cellBytes, holeBytes, free, Math.max(0, other - cellBytes - holeBytes - free));
  }

  private List<MapInspection.Stage> stages() {
    List<MapInspection.Stage> list = new ArrayList<>();
    stages.forEach((depth, stage) ->
        list.add(
            new MapInspection.Stage(
                depth,
                stage.small,
                stage.full,
                stage.entries,
                (stage.small + stage.full) * Math.scalb(1.0, -depth))));
    return list;
  }

  private List<Long> searchedGroups() {
    int last = MAX_SEARCHED;
    while (last > 1 && searched[last - 1] == 0) {
      last--;
    }
    List<Long> list = new ArrayList<>();
    for (int i = 0; i < last; i++) {
      list.add(searched[i]);
    }
    return list;
  }

  private List<Double> occupancy() {
    List<Double> list = new ArrayList<>();
    for (int part = 0; part < taken.length; part++) {
      list.add(slots[part] == 0 ? 0.0 : taken[part] / slots[part]);
    }
    return list;
  }
}
