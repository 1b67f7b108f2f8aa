package dev.lifebound.memory.map;

/**
 * The sizes of cells: four between each power of two and the next, so that at most a fifth of a
 * cell is unused.
 */
final class CellSizes {
  static final int CLASSES = 112;
  static final long MIN_BYTES = 16;

  /** Sizes to a doubling. */
  static final int STEPS = 4;

  private static final int STEP_BITS = 2;

  private CellSizes() {}

  /** The class of the smallest cells that have room for so many bytes. */
  static int classOf(long bytes) {
    long units = Math.max((bytes + 7) >>> 3, MIN_BYTES >>> 3) - 1;
    int exponent = 63 - Long.numberOfLeadingZeros(units);
    if (exponent < STEP_BITS) {
      return (int) units - 1;
    }
    int step = (int) (units >>> (exponent - STEP_BITS)) & ((1 << STEP_BITS) - 1);
    return ((exponent - STEP_BITS) << STEP_BITS) + step + (1 << STEP_BITS) - 1;
  }

  /** The size of the cells of a class. */
  static long bytes(int sizeClass) {
    int shifted = sizeClass + 1;
    if (shifted < 1 << STEP_BITS) {
      return (shifted + 1L) << 3;
    }
    int exponent = (shifted >>> STEP_BITS) - 1;
    long step = (1L << STEP_BITS) + (shifted & ((1 << STEP_BITS) - 1));
    return ((step + 1) << exponent) << 3;
  }
}
