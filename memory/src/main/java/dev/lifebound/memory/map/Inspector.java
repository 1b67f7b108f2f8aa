package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Walks a map's tables for a {@link MapInspection}. */
final class Inspector {
  /** Parts of the hash space that the drawing shows. */
  static final int PARTS = 64;

  private static final int PART_BITS = 6;

  private final Engine engine;
  private final Growth growth;
  private final List<Long> searched = new ArrayList<>();
  private final double[] taken = new double[PARTS];
  private final double[] slots = new double[PARTS];
  private final TreeMap<Integer, long[]> depths = new TreeMap<>();
  private long groups;
  private long tombstones;
  private long chained;
  private long tableBytes;

  private Inspector(Engine engine) {
    this.engine = engine;
    this.growth = engine.growth();
  }

  /** The map as it is; {@code otherBytes} are those of its reserved memory that hold no table. */
  static MapInspection inspect(Engine engine, long otherBytes) {
    return new Inspector(engine).run(otherBytes, MapInspection.Cells.NONE);
  }

  /** As above, for a map with cells. */
  static MapInspection inspect(Engine engine, Cells cells) {
    return new Inspector(engine).run(cells.chunkBytes(), cells.inspect());
  }

  private MapInspection run(long otherBytes, MapInspection.Cells cells) {
    int clears = engine.clears;
    long prefix = 0;
    do {
      long entry = growth.directory.entry(prefix);
      int depth = Entry.depth(entry);
      long[] all = engine.tables(entry);
      chained += all.length - 1;
      for (long table : all) {
        table(table, prefix, depth);
      }
      if (engine.clears != clears) {
        // The caller says of which map, and by whom.
        throw new IndexOutOfBoundsException("a map must not be cleared while it is inspected");
      }
      // Whatever another thread makes of the tables: the next prefix is a larger one, or none.
      long span = depth == 0 ? 0 : 1L << (Long.SIZE - depth);
      prefix = (prefix & -span) + span;
    } while (prefix != 0);
    List<Double> occupancy = new ArrayList<>();
    for (int i = 0; i < PARTS; i++) {
      occupancy.add(slots[i] == 0 ? 0 : taken[i] / slots[i]);
    }
    return new MapInspection(
        engine.name,
        engine.size,
        growth.tableCount() + chained,
        groups * Group.SLOTS,
        tombstones,
        chained,
        searched,
        occupancy,
        bytes(otherBytes),
        cells,
        stages());
  }

  private void table(long table, long prefix, int depth) {
    MemorySegment segment = engine.segments[Entry.slab(table)];
    int groupCount = Entry.groups(table);
    for (int g = 0; g < groupCount; g++) {
      long group = (long) Entry.first(table) + g;
      long control = Group.control(segment, group);
      if (Group.passers(control) == Group.STUCK) {
        tombstones++;
      }
      for (long bits = Group.taken(control); bits != 0; bits &= bits - 1) {
        long key = segment.get(JAVA_LONG_UNALIGNED, Group.slot(group, bits));
        int steps = Math.floorMod(g - Group.home(engine.hash(key), groupCount), groupCount);
        while (searched.size() <= steps) {
          searched.add(0L);
        }
        searched.set(steps, searched.get(steps) + 1);
      }
    }
    groups += groupCount;
    tableBytes += Tables.bytes(groupCount);
    spread(prefix, depth, Entry.count(table), groupCount * Group.SLOTS);
    long[] stage = depths.computeIfAbsent(depth, any -> new long[3]);
    boolean full = groupCount >= Sizes.full(prefix, depth);
    stage[full ? 1 : 0]++;
    stage[2] += Entry.count(table);
  }

  private void spread(long prefix, int depth, double count, double slotCount) {
    int first = (int) (prefix >>> (Long.SIZE - PART_BITS));
    int parts = depth >= PART_BITS ? 1 : 1 << (PART_BITS - depth);
    for (int i = first; i < first + parts; i++) {
      taken[i] += count / parts;
      slots[i] += slotCount / parts;
    }
  }

  private MapInspection.Bytes bytes(long otherBytes) {
    Slabs slabs = growth.tables.slabs;
    long free = growth.tables.freeBytes();
    return new MapInspection.Bytes(
        tableBytes,
        free,
        slabs.reservedBytes() - slabs.spareBytes() - tableBytes - free - otherBytes,
        slabs.spareBytes(),
        otherBytes,
        growth.directory.bytes() + growth.chains.bytes());
  }

  private MapInspection.Growth stages() {
    List<MapInspection.Stage> stages = new ArrayList<>();
    depths.forEach((depth, counts) ->
        stages.add(
            new MapInspection.Stage(
                depth,
                counts[0],
                counts[1],
                counts[2],
                Math.scalb((double) (counts[0] + counts[1]), -depth))));
    GrowthCounters counters = growth.counters;
    return new MapInspection.Growth(
        stages,
        counters.lastTrigger,
        counters.splits,
        counters.rebuildsLarger,
        counters.rebuildsSame,
        counters.joins,
        counters.bytesZeroed,
        counters.entriesMoved,
        counters.wordsCopied,
        counters.maxBytesZeroed,
        counters.maxEntriesMoved,
        counters.maxWordsCopied);
  }
}
