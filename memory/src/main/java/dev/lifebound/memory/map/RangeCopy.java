package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** The entries of one table on the heap, and the range of hashes that the table holds. */
class RangeCopy {
  private long[] words = new long[2 * 8 * 32];
  private int count;
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

  /** Adds what is full in a table that may be written to meanwhile. */
  final void addAll(MemorySegment slab, long offset, int groups) {
    if (words.length < 2 * (count + groups * ConcurrentTables.GROUP_SLOTS)) {
      words = Arrays.copyOf(words, 2 * (count + groups * ConcurrentTables.GROUP_SLOTS));
    }
    for (int group = 0; group < groups; group++) {
      long at = ConcurrentTables.groupOffset(offset, group);
      long control = ConcurrentTables.word(slab, at);
      VarHandle.loadLoadFence();
      for (long full = ConcurrentTables.fulls(control); full != 0; full &= full - 1) {
        long slot = at + ConcurrentTables.slotOffset(full);
        words[2 * count] = ConcurrentTables.word(slab, slot);
        words[2 * count + 1] = ConcurrentTables.word(slab, slot + ConcurrentTables.VALUE_OFFSET);
        count++;
      }
    }
  }

  final void clear() {
    count = 0;
  }

  /** Called with all words copied and nothing checked yet: cells are copied here. */
  void copied(Stripe stripe, long version) {}
}
