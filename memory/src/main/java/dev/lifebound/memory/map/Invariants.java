package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;

/** Recounts a map from its memory; for tests. Takes time for every slot. */
final class Invariants {
  private final Engine engine;
  private final Growth growth;
  private final LongUnaryOperator hashes;

  /** Where tables begin, and how long they are. */
  private final TreeMap<Long, Long> ranges = new TreeMap<>();

  private long entries;
  private long tables;

  private Invariants(Engine engine, LongUnaryOperator hashes) {
    this.engine = engine;
    this.growth = engine.growth();
    this.hashes = hashes;
  }

  static void check(Engine engine, LongUnaryOperator hashes) {
    new Invariants(engine, hashes).check();
  }

  @SuppressWarnings("ReferenceEquality") // of the very same arrays
  private void check() {
    require(engine.root == growth.directory.root, "root", 0, 0);
    require(
        engine.rootShift == growth.directory.rootShift,
        "rootShift",
        engine.rootShift,
        growth.directory.rootShift);
    require(engine.segments == growth.tables.slabs.segments, "segments", 0, 0);
    require(engine.state == Engine.IDLE, "state", engine.state, Engine.IDLE);
    int rootBits = Long.SIZE - engine.rootShift;
    require(engine.root.length == 1 << rootBits, "root", engine.root.length, rootBits);
    long prefix = 0;
    do {
      long[] leaf = growth.directory.leaf(prefix);
      long entry = growth.directory.entry(prefix);
      int depth = Entry.depth(entry);
      int leafBits = Integer.numberOfTrailingZeros(leaf.length - 1);
      int bits = Long.SIZE - (int) leaf[0];
      require(leaf.length == (1 << leafBits) + 1, "leaf length", leaf.length, leafBits);
      require(depth <= bits, "depth", depth, bits);
      require(depth >= bits - leafBits, "depth above its leaf", depth, bits - leafBits);
      places(leaf, prefix, entry, 1 << (bits - depth));
      tables++;
      for (long table : engine.tables(entry)) {
        table(table, prefix, depth);
      }
      prefix += depth == 0 ? 0 : 1L << (Long.SIZE - depth);
    } while (prefix != 0);
    require(entries == engine.size, "size", engine.size, entries);
    require(tables == growth.tableCount(), "tables", growth.tableCount(), tables);
    freeTables();
    long bytes = growth.tables.slabs.reservedBytes();
    require(bytes <= growth.tables.slabs.limitBytes(), "limit", bytes, 0);
  }

  private static void places(long[] leaf, long prefix, long entry, int places) {
    int first = Directory.index(leaf, prefix);
    require((first - 1) % places == 0, "place", first, places);
    for (int i = first; i < first + places; i++) {
      require(leaf[i] == entry, "entry " + i, leaf[i], entry);
    }
    require((entry & Entry.BUSY) == 0, "busy", entry, 0);
  }

  private void table(long table, long prefix, int depth) {
    int groups = Entry.groups(table);
    require(Entry.depth(table) == depth, "depth", Entry.depth(table), depth);
    occupy(Entry.location(table), Tables.bytes(groups));
    MemorySegment segment = engine.segments[Entry.slab(table)];
    long base = Entry.offset(table);
    int[] passers = new int[groups];
    int count = 0;
    for (int g = 0; g < groups; g++) {
      long group = base + (long) g * Group.BYTES;
      long control = segment.get(JAVA_LONG_UNALIGNED, group);
      for (long taken = Group.taken(control); taken != 0; taken &= taken - 1) {
        long key = segment.get(JAVA_LONG_UNALIGNED, group + Group.slotOffset(taken));
        long hash = hashes.applyAsLong(key);
        require(depth == 0 || (hash ^ prefix) >>> (Long.SIZE - depth) == 0, "prefix", hash, prefix);
        int shift = Long.numberOfTrailingZeros(taken) & ~7;
        require(
            ((control ^ Group.tag(hash)) & 0xffL << shift & Group.TAGS) == 0, "tag", control, hash);
        for (int p = Group.home(hash, groups); p != g; p = p + 1 == groups ? 0 : p + 1) {
          passers[p]++;
        }
        count++;
      }
    }
    for (int g = 0; g < groups; g++) {
      long control = segment.get(JAVA_LONG_UNALIGNED, base + (long) g * Group.BYTES);
      int kept = Group.passers(control);
      require(kept == Group.STUCK || kept == passers[g], "passers", kept, passers[g]);
    }
    require(count == Entry.count(table), "count", Entry.count(table), count);
    entries += count;
  }

  private void freeTables() {
    for (int groups = 1; groups <= Sizes.MAX_GROUPS; groups++) {
      for (long location : growth.tables.freeTables(groups)) {
        occupy(location, Tables.bytes(groups));
      }
    }
  }

  /** No two tables share a byte. */
  private void occupy(long location, long bytes) {
    long start = location << 3;
    Map.Entry<Long, Long> before = ranges.floorEntry(start);
    require(
        before == null || before.getKey() + before.getValue() <= start, "overlap", start, bytes);
    Long after = ranges.ceilingKey(start);
    require(after == null || start + bytes <= after, "overlap", start, bytes);
    ranges.put(start, bytes);
  }

  private static void require(boolean holds, String what, long kept, long counted) {
    if (!holds) {
      throw new AssertionError(what + " must agree: kept=" + kept + ", counted=" + counted);
    }
  }
}
