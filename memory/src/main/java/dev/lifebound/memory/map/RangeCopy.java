package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.function.LongPredicate;

/** The entries of one table on the heap, and the range of hashes that the table holds. */
class RangeCopy {
  private long[] words = new long[2 * 8 * 32];
  private int count;

  /** By group: what was full when it was copied. */
  private long[] seen = new long[32];

  private long end;

  final int count() {
    return count;
  }

  final long key(int index) {
    return words[2 * index];
  }

  final long value(int index) {
    return words[2 * index + 1];
  }

  /** The first hash after the range, or 0 when there is none. */
  final long end() {
    return end;
  }

  void begin(long hash, int depth) {
    count = 0;
    long size = 1L << (Long.SIZE - depth);
    end = (hash & -size) + size;
  }

  /** Copies what is full in a table that may be written to meanwhile, each key once. */
  final void addAll(MemorySegment slab, long offset, int groups) {
    if (words.length < 2 * groups * ConcurrentTables.GROUP_SLOTS) {
      words = new long[2 * groups * ConcurrentTables.GROUP_SLOTS];
    }
    if (seen.length < groups) {
      seen = new long[groups];
    }
    count = 0;
    for (int group = 0; group < groups; group++) {
      long at = ConcurrentTables.groupOffset(offset, group);
      seen[group] = ConcurrentTables.fulls(ConcurrentTables.word(slab, at));
      VarHandle.loadLoadFence();
      for (long full = seen[group]; full != 0; full &= full - 1) {
        long slot = at + ConcurrentTables.slotOffset(full);
        words[2 * count] = ConcurrentTables.word(slab, slot);
        words[2 * count + 1] = ConcurrentTables.word(slab, slot + ConcurrentTables.VALUE_OFFSET);
        count++;
      }
    }
    dropRemoved(slab, offset, groups);
  }

  /**
   * A key that was removed when its slot had been copied may have been put again, into a slot that
   * was copied later. Its first slot stays removed, so a second look at all of them finds it.
   */
  private void dropRemoved(MemorySegment slab, long offset, int groups) {
    VarHandle.loadLoadFence();
    int from = 0;
    int kept = 0;
    for (int group = 0; group < groups; group++) {
      long now =
          ConcurrentTables.fulls(
              ConcurrentTables.word(slab, ConcurrentTables.groupOffset(offset, group)));
      for (long full = seen[group]; full != 0; full &= full - 1, from++) {
        if ((now & full & -full) != 0) {
          words[2 * kept] = words[2 * from];
          words[2 * kept + 1] = words[2 * from + 1];
          kept++;
        }
      }
    }
    count = kept;
  }

  /** Drops entries with other keys. */
  final void keep(LongPredicate key) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (key.test(words[2 * i])) {
        words[2 * kept] = words[2 * i];
        words[2 * kept + 1] = words[2 * i + 1];
        kept++;
      }
    }
    count = kept;
  }

  final void clear() {
    count = 0;
  }

  /** Called with all words copied and nothing checked yet: cells are copied here. */
  void copied(Stripe stripe, long version) {}
}
