package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;

/**
 * Drops entries of a {@link OwningTable} with handles that nobody has asked for: dead ones, a few
 * at each write, and all of them, table by table. Between enter and leave; what the entries own is
 * noted in the map's {@link Lives}.
 */
final class Sweep {
  /** How many groups one write looks at for dead entries. */
  private static final int GROUPS_SWEPT = 2;

  private final OwningTable<?, ?> map;

  /** Where the search for dead entries goes on. */
  private long prefix;

  private int group;

  Sweep(OwningTable<?, ?> map) {
    this.map = map;
  }

  /** Looks at a few groups for dead entries. */
  void step() {
    for (int i = 0; i < GROUPS_SWEPT; i++) {
      long head = map.growth().directory.entry(prefix);
      int left = group;
      boolean seen = false;
      for (long table : map.tables(head)) {
        if (left < Entry.groups(table)) {
          dropDead(table, left);
          group++;
          seen = true;
          break;
        }
        left -= Entry.groups(table);
      }
      if (!seen) {
        prefix = next(prefix, head);
        group = 0;
      }
    }
  }

  /** The prefix behind that of an entry; 0 behind the last. */
  private static long next(long prefix, long entry) {
    int depth = Entry.depth(entry);
    long span = depth == 0 ? 0 : 1L << (Long.SIZE - depth);
    return (prefix & -span) + span;
  }

  private void dropDead(long table, int number) {
    MemorySegment segment = map.segments[Entry.slab(table)];
    long at = (long) Entry.first(table) + number;
    for (long bits = Group.taken(Group.control(segment, at)); bits != 0; bits &= bits - 1) {
      long slot = TypedTable.at(table, Group.slot(at, bits));
      if (!map.isLive(slot)) {
        map.foundTable = table;
        map.removeOther(slot);
        // The table may have been rebuilt elsewhere.
        return;
      }
    }
  }

  /** Drops the entries of one prefix; the next one, 0 behind the last. */
  long removeTable(long first) {
    long entry;
    while (true) {
      entry = map.growth().directory.entry(first);
      long at = anyOf(map.tables(entry));
      if (at == TypedTable.NONE) {
        break;
      }
      map.removeOther(at);
    }
    // A deallocator may have cleared the map: the prefix may lie within the table's.
    return next(first, entry);
  }

  /** A slot that is taken, and notes its table. */
  private long anyOf(long[] tables) {
    for (long table : tables) {
      MemorySegment segment = map.segments[Entry.slab(table)];
      for (int g = 0; g < Entry.groups(table); g++) {
        long at = (long) Entry.first(table) + g;
        long taken = Group.taken(Group.control(segment, at));
        if (taken != 0) {
          map.foundTable = table;
          return TypedTable.at(table, Group.slot(at, taken));
        }
      }
    }
    return TypedTable.NONE;
  }
}
