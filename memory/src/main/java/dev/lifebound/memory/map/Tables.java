package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Hands out tables of a map's slabs and takes them back, with a list of free ones for each size.
 */
final class Tables {
  final Slabs slabs;

  /**
   * By groups: the location of the first free table plus one; its first control word has the next.
   */
  private final long[] free = new long[Sizes.MAX_GROUPS + 1];

  private long freeBytes;

  /** Bytes zeroed in recycled tables since last asked. */
  private long zeroedBytes;

  Tables(Slabs slabs) {
    this.slabs = slabs;
  }

  static long bytes(int groups) {
    return (long) groups * Group.BYTES;
  }

  /**
   * A table without entries.
   *
   * @return its location
   * @throws Slabs.OutOfNativeMemory when there is no memory; nothing has changed
   */
  long allocate(int groups) {
    boolean used = free[groups] != 0;
    long location = allocateDirty(groups);
    if (used || slabs.isRecycled(location)) {
      long entry = location << Entry.LOCATION_SHIFT;
      MemorySegment slab = slabs.segments[Entry.slab(entry)];
      for (int g = 0; g < groups; g++) {
        Group.setControl(slab, Entry.first(entry) + g, 0);
      }
      zeroedBytes += (long) Group.CONTROL_BYTES * groups;
    }
    return location;
  }

  /** A table of whatever content, for who writes all its control words. */
  long allocateDirty(int groups) {
    long head = free[groups];
    if (head == 0) {
      return slabs.allocate(groups);
    }
    long location = head - 1;
    long entry = location << Entry.LOCATION_SHIFT;
    free[groups] = Group.control(slabs.segments[Entry.slab(entry)], Entry.first(entry));
    freeBytes -= bytes(groups);
    return location;
  }

  /** Takes all tables back at once. */
  void reset() {
    slabs.rewind();
    Arrays.fill(free, 0);
    freeBytes = 0;
  }

  void free(long location, int groups) {
    long entry = location << Entry.LOCATION_SHIFT;
    Group.setControl(slabs.segments[Entry.slab(entry)], Entry.first(entry), free[groups]);
    free[groups] = location + 1;
    freeBytes += bytes(groups);
  }

  long freeBytes() {
    return freeBytes;
  }

  /** The locations of the free tables of this size; walks them. */
  List<Long> freeTables(int groups) {
    List<Long> locations = new ArrayList<>();
    long at = free[groups];
    while (at != 0) {
      locations.add(at - 1);
      long entry = (at - 1) << Entry.LOCATION_SHIFT;
      at = Group.control(slabs.segments[Entry.slab(entry)], Entry.first(entry));
    }
    return locations;
  }

  long takeZeroedBytes() {
    long bytes = zeroedBytes + slabs.takeZeroedBytes();
    zeroedBytes = 0;
    return bytes;
  }
}
