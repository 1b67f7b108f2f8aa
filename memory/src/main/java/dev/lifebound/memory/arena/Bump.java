package dev.lifebound.memory.arena;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The allocating core of an arena: a cursor in the current slab. Not thread-safe. */
final class Bump {
  /*
   * Layout. Used slabs stand in the order in which they were taken; one of them, the current one, is
   * cut from left to right. A block that would take more than a quarter of the next slab gets a slab
   * of its own and leaves the current one current, so that at most a quarter of a slab is wasted.
   *
   *    used:    slab 1             slab 2 (own)     slab 3 (current)
   *           +------------------+----------------+------------------------------+
   *           | A | B | C |waste |       D        | E | F |  free                |
   *           +------------------+----------------+------------------------------+
   *                   ^                                   ^                      ^
   *                  mark (used 1, cursor after B)        cursor                 end
   *
   *    spare: slabs that a rollback or reset emptied
   *
   * Mark: notes the number of used slabs, the current one and its cursor: constant time.
   * Rollback: makes the slabs used since spare, and the noted cursor the cursor: as many steps as
   * slabs are given up. The slab that was current then may be used and left by now; its blocks from
   * the cursor on are the dead ones.
   *
   * Cursor and end are positions, multiples of 8; before the first slab both are 0 and nothing fits.
   *
   * Checked mode: a mark leaves the current slab, so that no slab has blocks of two epochs, and 16
   * bytes lie between blocks, so that one past the end of a block is not the next one.
   */
  static final long UNIT = 8;
  private static final long CHECKED_GAP_BYTES = 16;

  /** A block begins under its slab's first number. */
  static final long MAX_ALIGNMENT = 1L << 30;

  /** A block of more than this part of the next slab gets a slab of its own. */
  private static final int OWN_SLAB_PART = 4;

  /** A spare slab may be this many times larger than the block that gets it as its own. */
  private static final int OWN_SLAB_EXCESS = 2;

  long cursor;
  long end;

  final Slabs slabs;
  final Epochs epochs;
  private final ArenaSettings settings;
  private final long gap;
  private int current;
  private int[] used = new int[4];
  private int usedCount;
  private @Nullable Mark top;

  Bump(ArenaSettings settings) {
    this.settings = settings;
    this.epochs = new Epochs(settings.tag(), settings.checked());
    this.slabs = new Slabs(settings, epochs);
    this.gap = settings.checked() ? CHECKED_GAP_BYTES : 0;
  }

  static long roundUp(long bytes, long unit) {
    return (bytes + unit - 1) & -unit;
  }

  /**
   * A block, aligned by its address.
   *
   * @param bytes at least 1
   * @param alignment a power of two, at least {@link #UNIT}
   */
  long allocate(long bytes, long alignment) {
    long size = roundUp(Math.min(bytes, Slabs.MAX_BYTES), UNIT) + gap;
    long slack = Math.max(0, alignment - Slabs.ALIGNMENT);
    if (bytes > Slabs.MAX_BYTES || alignment > MAX_ALIGNMENT || size + slack > Slabs.MAX_BYTES) {
      slabs.checkLimit(bytes);
      throw new IllegalArgumentException(
          "a block and its alignment must fit the largest slab: size="
              + bytes
              + ", max="
              + Slabs.MAX_BYTES
              + ", alignment="
              + alignment
              + ", maxAlignment="
              + MAX_ALIGNMENT
              + ", tag="
              + settings.tag());
    }
    long start = aligned(cursor, alignment);
    if (size > end - start) {
      long next = slabs.nextBytes();
      if (size + slack > next / OWN_SLAB_PART) {
        return allocateOwnSlab(size + slack, alignment);
      }
      takeCurrent(size + slack, next);
      start = aligned(cursor, alignment);
    }
    cursor = start + size;
    return start;
  }

  /**
   * A piece of a slab, as much as there is from {@code least} to {@code most} bytes; it ends at the
   * cursor.
   */
  long allocateRun(long least, long most) {
    if (end - cursor < least) {
      takeCurrent(least, Math.max(most, slabs.nextBytes()));
    }
    long start = cursor;
    cursor = start + Math.min(most, end - start);
    return start;
  }

  /** The first position from here on whose address is so aligned. */
  private long aligned(long position, long alignment) {
    if (alignment <= Slabs.ALIGNMENT) {
      return roundUp(position, alignment);
    }
    long address = slabs.address(Position.slab(position)) + Position.offset(position);
    return position + (-address & (alignment - 1));
  }

  private long allocateOwnSlab(long size, long alignment) {
    reserveUse();
    int slab = slabs.take(size, size, size * OWN_SLAB_EXCESS);
    used[usedCount++] = slab;
    slabs.leave(slab, slabs.byteSize(slab));
    return aligned(Position.of(slab, 0), alignment);
  }

  private void takeCurrent(long size, long wanted) {
    reserveUse();
    int slab = slabs.take(size, wanted, MapArenaBuilder.MAX_SLAB_BYTES);
    used[usedCount++] = slab;
    leaveCurrent();
    current = slab;
    cursor = Position.of(slab, 0);
    end = Position.of(slab, slabs.byteSize(slab));
  }

  private void reserveUse() {
    if (usedCount == used.length) {
      used = Arrays.copyOf(used, 2 * used.length);
    }
  }

  /** Nothing fits until a slab is taken. */
  private void leaveCurrent() {
    if (current != 0) {
      slabs.leave(current, Position.offset(cursor));
    }
    current = 0;
    cursor = 0;
    end = 0;
  }

  Mark mark() {
    Mark mark = new Mark(this, top, usedCount, current, cursor, end, epochs.depth());
    if (settings.checked()) {
      epochs.begin();
      leaveCurrent();
    }
    top = mark;
    return mark;
  }

  /** Refuses a mark that is not on the stack. */
  private void check(Mark mark, String operation) {
    if (mark.owner != this) {
      throw new StaleMarkException(
          operation
              + " must be given a mark of its arena: itsTag="
              + mark.owner.settings.tag()
              + ", tag="
              + settings.tag());
    }
    if (mark.stale) {
      throw new StaleMarkException(
          operation
              + " must be given a mark that the arena still holds: tag="
              + settings.tag()
              + "; a mark serves once, and ends with the marks before it and with a reset");
    }
  }

  void rollback(Mark mark) {
    check(mark, "rollback");
    endEpochs(mark.epochs);
    leaveCurrent();
    dropUsed(mark.usedCount);
    if (mark.current != 0) {
      slabs.recycle(mark.current);
    }
    current = mark.current;
    cursor = mark.cursor;
    end = mark.end;
    popTo(mark.parent);
  }

  void keep(Mark mark) {
    check(mark, "keep");
    popTo(mark.parent);
  }

  void reset() {
    endEpochs(0);
    leaveCurrent();
    dropUsed(0);
    popTo(null);
    if (settings.checked()) {
      epochs.begin();
    }
  }

  /** Checked mode: ends epochs; when one is in use, forgets what the others took with them. */
  private void endEpochs(int depth) {
    if (!settings.checked()) {
      return;
    }
    try {
      epochs.endTo(depth);
    } catch (ArenaInUseException e) {
      leaveCurrent();
      dropUsed(0);
      while (top != null && top.epochs > epochs.depth()) {
        popTo(top.parent);
      }
      throw e;
    }
  }

  private void popTo(@Nullable Mark mark) {
    for (Mark m = top; m != null && m != mark; m = m.parent) {
      m.stale = true;
    }
    top = mark;
  }

  /** Gives up the youngest used slabs; in checked mode those that are dead. */
  private void dropUsed(int count) {
    while (usedCount > count) {
      int slab = used[usedCount - 1];
      if (!settings.checked()) {
        slabs.makeSpare(slab);
      } else if (slabs.isAlive(slab)) {
        return;
      } else {
        slabs.bury(slab);
      }
      usedCount--;
    }
  }

  /** Recounts everything; for tests, while nobody else works. */
  void checkInvariants() {
    if (!epochs.isAlive()) {
      return;
    }
    slabs.checkInvariants(used, usedCount);
    Slabs.require(cursor <= end, "cursor", cursor, end);
    Slabs.require(cursor % UNIT == 0 && end % UNIT == 0, "unit", cursor, end);
    if (current == 0) {
      Slabs.require(end == 0, "end without a slab", end, 0);
    } else {
      Slabs.require(Position.slab(cursor) == current, "cursor's slab", cursor, current);
      long slabEnd = Position.of(current, slabs.byteSize(current));
      Slabs.require(end == slabEnd, "end", end, slabEnd);
    }
    int below = usedCount;
    for (Mark m = top; m != null; m = m.parent) {
      Slabs.require(!m.stale, "mark on the stack", 1, 0);
      Slabs.require(m.usedCount <= below, "mark's slabs", m.usedCount, below);
      below = m.usedCount;
    }
  }
}
