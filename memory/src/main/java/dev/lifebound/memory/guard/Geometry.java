package dev.lifebound.memory.guard;

import java.util.ArrayList;
import java.util.List;

/**
 * Which runs of pages a pool has and where they lie.
 *
 * <pre>
 *  class:  | dead | slot: pages | dead | slot: pages | dead | ...   then the next class
 * </pre>
 *
 * @param pageBytes bytes of a page
 * @param classes each: slots of one length
 * @param poolBytes the whole range
 * @param slots in all
 */
record Geometry(long pageBytes, List<SlotClass> classes, long poolBytes, int slots) {
  /**
   * Slots of one length.
   *
   * @param firstByte of the first slot, from the pool's start
   * @param pages of a slot, without the dead one behind it
   * @param firstSlot number of the first slot in the pool
   */
  record SlotClass(long firstByte, int pages, int count, int firstSlot) {
    /** A power of two that leaves every slot a cell although some are being written. */
    int cells() {
      return Integer.highestOneBit(count) << 2;
    }
  }

  /* Runs beside the one-page slots: pages, and how many for 1,024 of those. zlib asks for 64 KiB. */
  private static final int[][] LONGER = {{2, 64}, {4, 32}, {8, 16}, {17, 16}, {33, 2}};
  private static final int USUAL_SLOTS = 1024;

  static Geometry of(int onePageSlots, long pageBytes) {
    List<SlotClass> classes = new ArrayList<>();
    long at = pageBytes;
    int slots = 0;
    for (int i = -1; i < LONGER.length; i++) {
      int pages = i < 0 ? 1 : LONGER[i][0];
      int count =
          i < 0
              ? onePageSlots
              : (int) Math.ceilDiv((long) LONGER[i][1] * onePageSlots, USUAL_SLOTS);
      classes.add(new SlotClass(at, pages, count, slots));
      at += (long) count * (pages + 1) * pageBytes + pageBytes;
      slots += count;
    }
    return new Geometry(pageBytes, List.copyOf(classes), at, slots);
  }

  /** The longest run, in bytes. */
  long longestBytes() {
    return classes.getLast().pages() * pageBytes;
  }

  /** The slot whose pages hold the byte at this distance from the pool's start, or -1. */
  int slot(long at) {
    for (int i = 0; i < classes.size(); i++) {
      SlotClass c = classes.get(i);
      long stride = (c.pages() + 1) * pageBytes;
      long within = at - c.firstByte();
      if (within >= 0 && within < stride * c.count()) {
        return within % stride < c.pages() * pageBytes
            ? c.firstSlot() + (int) (within / stride)
            : -1;
      }
    }
    return -1;
  }
}
