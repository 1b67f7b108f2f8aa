package dev.lifebound.memory.map;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * The memory that a concurrent map has for cells: whole slabs, cut into units of {@value
 * #UNIT_BYTES} bytes. Stripes take pages of {@value #PAGE_UNITS} units for small cells and runs of
 * any length for large ones; what they free lies side by side with what else is free, and serves
 * whoever asks next. Thread-safe; the counts of a page belong to the stripe that has the page.
 *
 * <p>Whoever frees units has changed the version of its stripe before, so that no reader takes what
 * is written next for what was there.
 */
final class CellPages {
  static final int UNIT_SHIFT = 8;
  static final int UNIT_BYTES = 1 << UNIT_SHIFT;
  static final int PAGE_UNITS = 8;
  static final int PAGE_SHIFT = 11;
  static final int PAGE_BYTES = 1 << PAGE_SHIFT;

  private static final int SCARCE_PART = 16;

  /** How many areas one search looks at; most of them say at once that they have no such run. */
  private static final int LOOKED_AT = 256;

  /** One slab. */
  static final class Area {
    final long position;
    private final int units;
    private final BitSet free;
    private int freeUnits;

    /** No free run is longer; perhaps none is as long. */
    private int longest;

    /** By page: bytes of cells that are in use; kept by the stripe that has the page. */
    private final int[] live;

    /** By page: what the stripe that has it means to do with it. */
    private final byte[] state;

    Area(long position, int units) {
      this.position = position;
      this.units = units;
      this.free = new BitSet(units);
      free.set(0, units);
      this.freeUnits = units;
      this.longest = units;
      int pages = Math.ceilDiv(units, PAGE_UNITS);
      this.live = new int[pages];
      this.state = new byte[pages];
    }

    private int page(long cell) {
      return (int) ((cell - position) >>> PAGE_SHIFT);
    }

    byte state(long cell) {
      return state[page(cell)];
    }

    void setState(long cell, byte value) {
      state[page(cell)] = value;
    }

    int live(long cell) {
      return live[page(cell)];
    }

    void addLive(long cell, long bytes) {
      live[page(cell)] += (int) bytes;
    }

    /** The first unit of a free run, or -1. */
    private int find(int wanted, int alignment) {
      int from = free.nextSetBit(0);
      while (from >= 0) {
        int first = -Math.floorDiv(-from, alignment) * alignment;
        int end = free.nextClearBit(from);
        if (end - first >= wanted) {
          return first;
        }
        from = free.nextSetBit(end);
      }
      longest = Math.min(longest, wanted + alignment - 2);
      return -1;
    }
  }

  private final ConcurrentSlabs slabs;

  /** Grows by copy; a number never comes to mean another area. */
  private volatile Area[] byNumber = {};

  private final List<Area> areas = new ArrayList<>();

  /** Written under the lock. */
  private volatile long freeUnits;

  private volatile long allUnits;

  /** Where the last run was found. */
  private int hand;

  CellPages(ConcurrentSlabs slabs) {
    this.slabs = slabs;
  }

  /** The area of a cell that is in use. */
  Area area(long cell) {
    return byNumber[(int) (cell >>> ConcurrentSlabs.SLAB_SHIFT)];
  }

  static int units(long bytes) {
    return (int) ((bytes + UNIT_BYTES - 1) >>> UNIT_SHIFT);
  }

  /** Units side by side that are free, or 0 when none were found in a number of areas. */
  long takeFree(int units, int alignment) {
    return takeFree(units, alignment, LOOKED_AT);
  }

  /** As above; looks everywhere. */
  long takeAnyFree(int units, int alignment) {
    return takeFree(units, alignment, Integer.MAX_VALUE);
  }

  private synchronized long takeFree(int units, int alignment, int most) {
    if (freeUnits < units) {
      return 0;
    }
    for (int i = Math.min(areas.size(), most); i > 0; i--) {
      Area area = areas.get(hand);
      int first = area.longest < units ? -1 : area.find(units, alignment);
      if (first >= 0) {
        return cut(area, first, units);
      }
      hand = hand + 1 < areas.size() ? hand + 1 : 0;
    }
    return 0;
  }

  private synchronized long cut(Area area, int first, int units) {
    area.free.clear(first, first + units);
    area.freeUnits -= units;
    freeUnits -= units;
    if (area == areas.getLast()
        && area.freeUnits < area.units / 2
        && area.freeUnits + units >= area.units / 2) {
      slabs.prepareSpare();
    }
    return area.position + ((long) first << UNIT_SHIFT);
  }

  /**
   * Units of memory that the map did not have before.
   *
   * @param modest to take little, since the map does not grow
   * @throws MapFullException when the limit or the system has no more; nothing changes then
   */
  synchronized long takeNew(int units, boolean modest, GrowthTally tally) {
    long position = slabs.takeSlab((long) units << UNIT_SHIFT, modest, tally);
    long bytes = slabs.segment(position).byteSize();
    Area area = new Area(position, (int) (bytes >>> UNIT_SHIFT));
    Area[] wide = byNumber;
    int number = (int) (position >>> ConcurrentSlabs.SLAB_SHIFT);
    int last = (int) ((position + bytes - 1) >>> ConcurrentSlabs.SLAB_SHIFT);
    wide = Arrays.copyOf(wide, Math.max(wide.length, last + 1));
    Arrays.fill(wide, number, last + 1, area);
    byNumber = wide;
    areas.add(area);
    hand = areas.size() - 1;
    allUnits += area.units;
    freeUnits += area.units;
    return cut(area, 0, units);
  }

  /** Nobody refers to these units any more, or will see that what it read was recycled. */
  synchronized void free(long position, int units) {
    Area area = area(position);
    int first = (int) ((position - area.position) >>> UNIT_SHIFT);
    area.free.set(first, first + units);
    area.freeUnits += units;
    area.longest = area.freeUnits;
    freeUnits += units;
  }

  /** Bytes that nobody has. */
  long freeBytes() {
    return freeUnits << UNIT_SHIFT;
  }

  /** Whether the map will soon need more memory from the system. */
  boolean isScarce() {
    return freeUnits < allUnits / SCARCE_PART;
  }
}
