package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Hands out tables of a map's slabs and takes them back, with a list of free ones for each size.
 */
final class Tables {
  final Slabs slabs;

  /** By groups: the location of the first free table plus one; its first word has the next. */
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
    long head = free[groups];
    if (head == 0) {
      long location = slabs.allocate(bytes(groups));
      if (slabs.isRecycled(location)) {
        clear(location, groups);
      }
      return location;
    }
    long location = head - 1;
    long entry = location << Entry.LOCATION_SHIFT;
    free[groups] = slabs.segments[Entry.slab(entry)].get(JAVA_LONG_UNALIGNED, Entry.offset(entry));
    freeBytes -= bytes(groups);
    clear(location, groups);
    return location;
  }

  /** Makes all slots free; what keys and values are left in them is never read. */
  private void clear(long location, int groups) {
    long entry = location << Entry.LOCATION_SHIFT;
    MemorySegment segment = slabs.segments[Entry.slab(entry)];
    long base = Entry.offset(entry);
    for (int g = 0; g < groups; g++) {
      segment.set(JAVA_LONG_UNALIGNED, base + (long) g * Group.BYTES, 0);
    }
    zeroedBytes += 8L * groups;
  }

  /** Takes all tables back at once. */
  void reset() {
    slabs.rewind();
    Arrays.fill(free, 0);
    freeBytes = 0;
  }

  void free(long location, int groups) {
    long entry = location << Entry.LOCATION_SHIFT;
    slabs.segments[Entry.slab(entry)].set(JAVA_LONG_UNALIGNED, Entry.offset(entry), free[groups]);
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
      at = slabs.segments[Entry.slab(entry)].get(JAVA_LONG_UNALIGNED, Entry.offset(entry));
    }
    return locations;
  }

  long takeZeroedBytes() {
    long bytes = zeroedBytes + slabs.takeZeroedBytes();
    zeroedBytes = 0;
    return bytes;
  }
}
