package dev.lifebound.crash.autopsy.heap;

import java.util.Collection;

/**
 * A set of object numbers that is asked once for each reference of a dump, and mostly says no: open
 * addressing without boxes. Zero is never in it.
 */
final class Numbers {
  private static final long FACTOR = 0x9E3779B97F4A7C15L;

  private final long[] slots;
  private final int shift;

  Numbers(Collection<Long> numbers) {
    int bits = Math.max(4, 64 - Long.numberOfLeadingZeros(2L * numbers.size()));
    this.slots = new long[1 << bits];
    this.shift = Long.SIZE - bits;
    for (long number : numbers) {
      int at = slot(number);
      while (slots[at] != 0 && slots[at] != number) {
        at = (at + 1) & (slots.length - 1);
      }
      slots[at] = number;
    }
  }

  boolean contains(long number) {
    int at = slot(number);
    long found = slots[at];
    while (found != 0) {
      if (found == number) {
        return true;
      }
      at = (at + 1) & (slots.length - 1);
      found = slots[at];
    }
    return false;
  }

  private int slot(long number) {
    return (int) ((number * FACTOR) >>> shift);
  }
}
