package dev.lifebound.memory.handle;

/**
 * The sizes in which a registry hands out memory of its own: 16 bytes to 64 KiB, four steps to each
 * doubling from 64 bytes on, so that at most a fifth of a block is waste.
 */
final class SizeClass {
  static final long MAX_BLOCK_BYTES = 64 << 10;

  private static final int UNIT_SHIFT = 4;
  private static final int FINE_CLASSES = 4;
  private static final int STEPS = 4;

  /** How many classes have memory. */
  static final int COUNT = of(MAX_BLOCK_BYTES) + 1;

  /** The class of slots without memory of their own: an object beside the slot holds it. */
  static final int HELD = COUNT;

  private static final long PAGE_BYTES = 64 << 10;
  private static final int MIN_BLOCKS = 2;

  private SizeClass() {}

  /** The class of a size from 1 to {@link #MAX_BLOCK_BYTES}. */
  static int of(long bytes) {
    if (bytes <= FINE_CLASSES << UNIT_SHIFT) {
      return (int) ((bytes - 1) >>> UNIT_SHIFT);
    }
    int log = 63 - Long.numberOfLeadingZeros(bytes - 1);
    int step = (int) ((bytes - 1) >>> (log - 2)) & (STEPS - 1);
    return FINE_CLASSES + (log - 6) * STEPS + step;
  }

  /** The bytes that a block of a class takes; 0 for {@link #HELD}. */
  static int blockBytes(int sizeClass) {
    if (sizeClass == HELD) {
      return 0;
    }
    if (sizeClass < FINE_CLASSES) {
      return (sizeClass + 1) << UNIT_SHIFT;
    }
    int log = 6 + (sizeClass - FINE_CLASSES) / STEPS;
    int step = (sizeClass - FINE_CLASSES) % STEPS;
    return (1 << log) + ((step + 1) << (log - 2));
  }

  /** How many slots of a page are used for this class. */
  static int slotsOfPage(int sizeClass) {
    return sizeClass == HELD
        ? SlotTable.PAGE_SLOTS
        : Math.clamp(PAGE_BYTES / blockBytes(sizeClass), MIN_BLOCKS, SlotTable.PAGE_SLOTS);
  }
}
