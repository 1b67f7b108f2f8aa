package dev.lifebound.memory.arena;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Native memory for one whole map: allocation moves a cursor, and one close releases everything.
 *
 * <p>A block is named by a <b>position</b>, a {@code long} that a map keeps where it would keep an
 * address, or is had as a {@link MemorySegment}. A position costs no object; 0 is none.
 *
 * <pre>{@code
 * try (MapArena arena = MapArena.single("sessions")) {
 *   long node = arena.allocateBlock(64);
 *   arena.setLong(node, 42);
 *   long next = arena.allocateBlock(64);
 *   arena.setLong(node + 8, next);
 *   arena.getLong(arena.getLong(node + 8));
 * } // from here on every access throws ArenaClosedException
 * }</pre>
 *
 * <p>Values are in the platform's byte order; plain ones need no alignment, those with an ordering
 * need their own size. Every access may throw {@link ArenaClosedException}, {@link
 * IndexOutOfBoundsException} outside the position's slab, and in checked mode {@link
 * OutsideBlockException} and {@link RolledBackException}.
 *
 * <p>Which threads may do what is said in the package's description. Allocation takes constant time
 * except where a slab is added; {@code close} one step for each slab.
 */
public abstract sealed class MapArena implements SegmentAllocator, AutoCloseable
    permits SingleArena, SharedArena {
  // Longer than 400 lines by a few: half of it is the contract of the public methods.
  // Longer than the house's files: the one public type of its package, with an accessor for each
  // kind of value and the contract of each.

  /** The system property that switches checked mode on for arenas built without saying. */
  public static final String CHECK_PROPERTY = "lifebound.check";

  private static final VarHandle LONGS = JAVA_LONG.varHandle();

  final ArenaSettings settings;
  final Bump bump;

  /** In checked mode. */
  final @Nullable BlockLog log;

  /**
   * The slabs by number. Written before a position in a new slab is handed out. Volatile, because a
   * reader of an older position may meet a table that another thread has just copied.
   */
  volatile MemorySegment[] table;

  MapArena(ArenaSettings settings) {
    this.settings = settings;
    this.bump = new Bump(settings);
    this.log = settings.checked() ? new BlockLog(settings.tag()) : null;
    this.table = bump.slabs.table();
  }

  /**
   * A single-owner arena with the default settings.
   *
   * @param tag what the arena is for, for messages
   */
  public static MapArena single(String tag) {
    return builder(tag).single();
  }

  /** An arena with the default settings that allocates for any number of threads. */
  public static MapArena shared(String tag) {
    return builder(tag).shared();
  }

  /** For everything else. */
  public static MapArenaBuilder builder(String tag) {
    return new MapArenaBuilder(tag);
  }

  /**
   * A block aligned to 8 bytes, zero where its memory is not recycled.
   *
   * @param bytes at least 1
   * @return its position, never 0
   * @throws ArenaLimitException past the arena's limit
   * @throws NotOwnerException from a thread that is not a single-owner arena's owner
   * @throws OutOfMemoryError when the system has no memory; the arena stays usable
   */
  public abstract long allocateBlock(long bytes);

  /**
   * As {@link #allocateBlock(long)}, aligned by its address.
   *
   * @param alignment a power of two; less than 8 is taken as 8
   */
  public abstract long allocateBlock(long bytes, long alignment);

  /** As {@link #allocateBlock(long)}, and zero in any case. */
  public final long allocateZeroedBlock(long bytes) {
    long position = allocateBlock(bytes);
    if (!settings.zeroRecycled()) {
      zeroRecycled(position, bytes);
    }
    return position;
  }

  /**
   * A block as a segment of its size, for code that takes a {@link SegmentAllocator}. Zero bytes
   * give an empty segment.
   *
   * @param alignment a power of two
   */
  @Override
  public final MemorySegment allocate(long bytes, long alignment) {
    if (bytes == 0) {
      checkAlignment(alignment);
      bump.epochs.checkOpen();
      return MemorySegment.NULL;
    }
    long position = allocateBlock(bytes, alignment);
    return table[Position.slab(position)].asSlice(Position.offset(position), bytes);
  }

  /**
   * The bytes from a position on as a segment, which dies with the arena; in checked mode also with
   * its block.
   */
  public final MemorySegment segment(long position, long bytes) {
    if (log != null) {
      check(position, bytes);
    }
    try {
      MemorySegment slab = table[Position.slab(position)];
      if (slab.scope().isAlive()) {
        return slab.asSlice(Position.offset(position), bytes);
      }
    } catch (IndexOutOfBoundsException e) {
      throw refusal(position, bytes, e);
    }
    throw refusal(position, bytes, null);
  }

  /**
   * The position {@code delta} bytes further. In checked mode refused when that is not in the same
   * block; otherwise plain addition, and the access is what is bounded.
   */
  public final long plus(long position, long delta) {
    if (log != null) {
      checkAlive(position);
      log.checkMove(position, delta);
    }
    return position + delta;
  }

  public final byte getByte(long position) {
    if (log != null) {
      check(position, Byte.BYTES);
    }
    try {
      return table[Position.slab(position)].get(JAVA_BYTE, Position.offset(position));
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw refusal(position, Byte.BYTES, e);
    }
  }

  public final void setByte(long position, byte value) {
    if (log != null) {
      check(position, Byte.BYTES);
    }
    try {
      table[Position.slab(position)].set(JAVA_BYTE, Position.offset(position), value);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw refusal(position, Byte.BYTES, e);
    }
  }

  public final int getInt(long position) {
    if (log != null) {
      check(position, Integer.BYTES);
    }
    try {
      return table[Position.slab(position)].get(JAVA_INT_UNALIGNED, Position.offset(position));
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw refusal(position, Integer.BYTES, e);
    }
  }

  public final void setInt(long position, int value) {
    if (log != null) {
      check(position, Integer.BYTES);
    }
    try {
      table[Position.slab(position)].set(JAVA_INT_UNALIGNED, Position.offset(position), value);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw refusal(position, Integer.BYTES, e);
    }
  }

  public final long getLong(long position) {
    if (log != null) {
      check(position, Long.BYTES);
    }
    try {
      return table[Position.slab(position)].get(JAVA_LONG_UNALIGNED, Position.offset(position));
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw refusal(position, Long.BYTES, e);
    }
  }

  public final void setLong(long position, long value) {
    if (log != null) {
      check(position, Long.BYTES);
    }
    try {
      table[Position.slab(position)].set(JAVA_LONG_UNALIGNED, Position.offset(position), value);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw refusal(position, Long.BYTES, e);
    }
  }

  /** A read that sees all that was written before the {@link #setLongRelease} it reads from. */
  public final long getLongAcquire(long position) {
    MemorySegment slab = aligned(position);
    try {
      return (long) LONGS.getAcquire(slab, Position.offset(position));
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw refusal(position, Long.BYTES, e);
    }
  }

  /** A write that publishes all that was written before it. */
  public final void setLongRelease(long position, long value) {
    MemorySegment slab = aligned(position);
    try {
      LONGS.setRelease(slab, Position.offset(position), value);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw refusal(position, Long.BYTES, e);
    }
  }

  /** Writes {@code value} where {@code expected} stands, with volatile ordering. */
  public final boolean casLong(long position, long expected, long value) {
    MemorySegment slab = aligned(position);
    try {
      return LONGS.compareAndSet(slab, Position.offset(position), expected, value);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw refusal(position, Long.BYTES, e);
    }
  }

  private MemorySegment aligned(long position) {
    if (log != null) {
      check(position, Long.BYTES);
    }
    if ((position & (Long.BYTES - 1)) != 0) {
      throw new IllegalArgumentException(
          "an ordered access must be aligned to 8 bytes: position="
              + Position.text(position)
              + ", tag="
              + tag());
    }
    try {
      return table[Position.slab(position)];
    } catch (IndexOutOfBoundsException e) {
      throw refusal(position, Long.BYTES, e);
    }
  }

  /** Copies {@code length} bytes from {@code position} on into {@code target}. */
  public final void read(long position, byte[] target, int from, int length) {
    MemorySegment source = segment(position, length);
    try {
      MemorySegment.copy(source, JAVA_BYTE, 0, target, from, length);
    } catch (IllegalStateException e) {
      throw refusal(position, length, e);
    }
  }

  /** Copies {@code length} bytes of {@code source} to {@code position}. */
  public final void write(long position, byte[] source, int from, int length) {
    MemorySegment target = segment(position, length);
    try {
      MemorySegment.copy(source, from, target, JAVA_BYTE, 0, length);
    } catch (IllegalStateException e) {
      throw refusal(position, length, e);
    }
  }

  /** Copies bytes within the arena; the ranges may overlap. */
  public final void copy(long from, long to, long bytes) {
    MemorySegment source = segment(from, bytes);
    MemorySegment target = segment(to, bytes);
    try {
      target.copyFrom(source);
    } catch (IllegalStateException e) {
      throw refusal(to, bytes, e);
    }
  }

  /** Sets every byte from {@code position} on. */
  public final void fill(long position, long bytes, byte value) {
    MemorySegment target = segment(position, bytes);
    try {
      target.fill(value);
    } catch (IllegalStateException e) {
      throw refusal(position, bytes, e);
    }
  }

  /**
   * Notes this moment, for {@link #rollback}. In a shared arena what other threads allocate
   * meanwhile comes before or after it.
   */
  public abstract Mark mark();

  /**
   * Gives up all blocks allocated since the mark, of whichever thread, and the mark with them.
   * Their slabs are kept for reuse. In checked mode they are closed, and every segment and position
   * in them is refused from here on.
   *
   * @throws StaleMarkException when the arena does not hold the mark; nothing happens
   * @throws ArenaInUseException in checked mode, when a native call holds a segment of such a
   *     block; try again
   */
  public abstract void rollback(Mark mark);

  /**
   * Forgets the mark and those made after it; all blocks stay.
   *
   * @throws StaleMarkException when the arena does not hold the mark
   */
  public abstract void keep(Mark mark);

  /** Gives up all blocks and all marks, and keeps the slabs, as {@link #rollback} does. */
  public abstract void reset();

  /**
   * Ends a thread's ownership of a single-owner arena; the next thread that allocates owns it. The
   * program orders the two, as with any object. A shared arena has no owner, and nothing happens.
   */
  public abstract void handOver();

  /**
   * Releases all memory. Afterwards every access is refused, on every thread; a second close does
   * nothing. An access that runs meanwhile on another thread completes or is refused.
   *
   * @throws ArenaInUseException while a native call or a channel holds a segment; the arena stays
   *     open
   */
  @Override
  public abstract void close();

  /** Whether {@link #close} has not happened. */
  public final boolean isOpen() {
    return bump.epochs.isAlive();
  }

  /** What the arena is for. */
  public final String tag() {
    return settings.tag();
  }

  /** Whether the arena is in checked mode. */
  public final boolean isChecked() {
    return settings.checked();
  }

  /** The greatest sum of slabs that the arena may take from the system. */
  public final long limitBytes() {
    return settings.limitBytes();
  }

  /** The sum of the slabs that the arena has from the system; 0 after close. */
  public abstract long reservedBytes();

  /** The slow part of every allocation: arguments, zeroes and checked mode around the bump. */
  final void finish(long position, long bytes) {
    if (log != null) {
      log.add(position, bytes);
    }
    if (settings.zeroRecycled()) {
      zeroRecycled(position, bytes);
    }
  }

  private void zeroRecycled(long position, long bytes) {
    long dirty = bump.slabs.dirtyTo(Position.slab(position)) - Position.offset(position);
    if (dirty > 0) {
      fill(position, Math.min(bytes, dirty), (byte) 0);
    }
  }

  final void checkSize(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException(
          "a block must have at least one byte: size=" + bytes + ", tag=" + tag());
    }
  }

  final void checkAlignment(long alignment) {
    if (alignment < 1 || Long.bitCount(alignment) != 1) {
      throw new IllegalArgumentException(
          "an alignment must be a power of two: alignment=" + alignment + ", tag=" + tag());
    }
  }

  /** Checked mode: refuses a block that is dead, and what leaves its block. */
  private void check(long position, long bytes) {
    checkAlive(position);
    if (log != null) {
      log.check(position, bytes);
    }
  }

  private void checkAlive(long position) {
    if (!Refusal.slab(table, position).scope().isAlive()) {
      throw refusal(position, 0, null);
    }
  }

  private RuntimeException refusal(long position, long bytes, @Nullable RuntimeException cause) {
    return Refusal.of(this, position, bytes, cause);
  }

  /** Recounts everything; for tests, while nobody else works. */
  void checkInvariants() {
    bump.checkInvariants();
  }

  @Override
  public final String toString() {
    return "MapArena[tag=" + tag() + ", reserved=" + reservedBytes() + ", open=" + isOpen() + "]";
  }
}
