package dev.lifebound.memory.map;

import java.util.HashMap;
import java.util.Map;

/**
 * The tables of a concurrent map that no directory refers to and nobody reads any more, by size;
 * for all stripes, so that what one has too many of serves the others. Thread-safe.
 *
 * <p>Whoever gives a table up has changed the version of its stripe before: from then on it may be
 * written to, and its first word leads to the next one of its size.
 */
final class FreeTables {
  /** Sizes of tables that are split when they are full; there are larger ones, but few. */
  private static final int USUAL_GROUPS = 32;

  private final ConcurrentSlabs slabs;
  private final long[] heads = new long[USUAL_GROUPS + 1];
  private final Map<Integer, Long> largeHeads = new HashMap<>();
  private long bytes;

  FreeTables(ConcurrentSlabs slabs) {
    this.slabs = slabs;
  }

  /** Of all of them. */
  synchronized long bytes() {
    return bytes;
  }

  synchronized void give(long position, int groups) {
    ConcurrentTables.setWord(
        slabs.segment(position), ConcurrentSlabs.offset(position), head(groups));
    setHead(groups, position);
    bytes += ConcurrentTables.tableBytes(groups);
  }

  /** A table with its old content, or 0 when there is none of this size. */
  synchronized long take(int groups) {
    long position = head(groups);
    if (position != 0) {
      setHead(
          groups, ConcurrentTables.word(slabs.segment(position), ConcurrentSlabs.offset(position)));
      bytes -= ConcurrentTables.tableBytes(groups);
    }
    return position;
  }

  private long head(int groups) {
    return groups <= USUAL_GROUPS ? heads[groups] : largeHeads.getOrDefault(groups, 0L);
  }

  private void setHead(int groups, long position) {
    if (groups <= USUAL_GROUPS) {
      heads[groups] = position;
    } else {
      largeHeads.put(groups, position);
    }
  }
}
