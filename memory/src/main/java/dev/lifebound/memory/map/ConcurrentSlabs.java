package dev.lifebound.memory.map;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The native memory of one concurrent map: slabs that blocks are cut from. Thread-safe.
 *
 * <p>A block is named by its position: slab number and offset. Zero names no block. A slab larger
 * than what one number covers has several. Nothing is given back before {@link #close}: whoever
 * reads a position that it has read from the map reads memory of this map, whatever lies there now.
 */
final class ConcurrentSlabs {
  /** Bytes that one slab number covers. */
  static final long SLAB_BYTES = 1L << 20;

  static final int SLAB_SHIFT = 20;
  static final long OFFSET_MASK = SLAB_BYTES - 1;

  /** Every position is a multiple of it. */
  static final long UNIT = 8;

  private static final long ALIGNMENT = 64;
  private static final long FIRST_SLAB_BYTES = 16 << 10;

  /** Where memory comes from; tests give one that fails. */
  @FunctionalInterface
  interface Source {
    MemorySegment allocate(Arena arena, long bytes, long alignment);
  }

  private final String name;
  private final long limitBytes;
  private final Source source;
  private final Arena arena;

  /** By slab number. Grows by copy; a number never comes to mean another slab. */
  private volatile MemorySegment[] table = {};

  private int slabs;
  private long cursor;
  private long end;
  private long reservedBytes;

  // Closed by close().
  @SuppressWarnings("MustBeClosedChecker")
  ConcurrentSlabs(String name, long limitBytes, Source source) {
    this.name = name;
    this.limitBytes = limitBytes;
    this.source = source;
    this.arena = Arena.ofShared();
    // So that position zero names nothing.
    cursor = ALIGNMENT;
    end = ALIGNMENT;
  }

  MemorySegment[] table() {
    return table;
  }

  MemorySegment segment(long position) {
    return table[(int) (position >>> SLAB_SHIFT)];
  }

  static long offset(long position) {
    return position & OFFSET_MASK;
  }

  /**
   * Zeroed bytes that no one had before.
   *
   * @throws MapFullException when the limit or the system has no more; nothing changes then
   */
  synchronized long take(long bytes) {
    long size = (bytes + UNIT - 1) & -UNIT;
    if (slabs == 0 || end - cursor < size) {
      grow(size);
    }
    long position = cursor;
    cursor += size;
    return position;
  }

  private void grow(long size) {
    long least = size + (slabs == 0 ? ALIGNMENT : 0);
    long wanted = Math.max(least, Math.clamp(reservedBytes, FIRST_SLAB_BYTES, SLAB_BYTES));
    long left = limitBytes - reservedBytes;
    if (left < least) {
      throw full(size, null);
    }
    MemorySegment slab;
    try {
      slab = source.allocate(arena, Math.min(wanted, left & -UNIT), ALIGNMENT);
    } catch (OutOfMemoryError e) {
      throw full(size, e);
    } catch (IllegalStateException e) {
      throw closedOr(e);
    }
    int numbers = (int) Math.ceilDiv(slab.byteSize(), SLAB_BYTES);
    MemorySegment[] wide = table;
    if (slabs + numbers > wide.length) {
      wide = Arrays.copyOf(wide, Math.max(slabs + numbers, 2 * wide.length));
    }
    for (int i = 0; i < numbers; i++) {
      // To the end of the slab, so that a block may lie across the border.
      wide[slabs + i] = slab.asSlice(i * SLAB_BYTES);
    }
    table = wide;
    cursor = ((long) slabs << SLAB_SHIFT) + (slabs == 0 ? ALIGNMENT : 0);
    end = ((long) slabs << SLAB_SHIFT) + slab.byteSize();
    slabs += numbers;
    reservedBytes += slab.byteSize();
  }

  private MapFullException full(long size, @Nullable Throwable cause) {
    return new MapFullException(
        "a map must find memory for its entries: used="
            + reservedBytes
            + ", limit="
            + limitBytes
            + ", size="
            + size
            + ", map="
            + name
            + "; remove entries, raise limitBytes, or give the process more",
        cause);
  }

  /** What to throw when an access was refused: the map was closed, or it is some other trouble. */
  RuntimeException closedOr(IllegalStateException e) {
    return arena.scope().isAlive() ? e : closed(e);
  }

  private MapClosedException closed(@Nullable IllegalStateException cause) {
    return new MapClosedException(
        "a map must be open: map=" + name + "; finish with it before its close()", cause);
  }

  void checkOpen() {
    if (!isOpen()) {
      throw closed(null);
    }
  }

  boolean isOpen() {
    return arena.scope().isAlive();
  }

  synchronized long reservedBytes() {
    return reservedBytes;
  }

  /** Bytes at the end of the present slab that no block has yet. */
  synchronized long unusedBytes() {
    return end - cursor;
  }

  /** Frees everything; does nothing when that was done. */
  synchronized void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
