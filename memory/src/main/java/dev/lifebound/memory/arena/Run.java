package dev.lifebound.memory.arena;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A piece of a slab from which any thread allocates by one fetch-and-add, and which is never filled
 * again.
 *
 * <p>The value is the position of the next block. A take that fails leaves it past the end, so that
 * a run that has refused once refuses for good, also to a thread that still holds it after a
 * rollback. 63 bits are more than all failing takes can add.
 */
final class Run extends AtomicLong {
  private static final long serialVersionUID = 1L;
  private static final long PAST_EVERY_END = 1L << 62;

  private final long end;

  /* Two cache lines between the values of neighbouring objects; processors fetch lines in pairs. */
  long pad01, pad02, pad03, pad04, pad05, pad06, pad07;
  long pad08, pad09, pad10, pad11, pad12, pad13, pad14;

  Run(long start, long end) {
    super(start);
    this.end = end;
  }

  /** A run from which nothing can be allocated. */
  static Run empty() {
    return new Run(PAST_EVERY_END, 0);
  }

  /** The position of a block of {@code size}, or 0 when the run has no room. */
  long take(long size) {
    long start = getAndAdd(size);
    return start + size <= end ? start : 0;
  }

  /** Nothing is allocated from here on; what was allocated before stays so. */
  void stop() {
    set(PAST_EVERY_END);
  }
}
