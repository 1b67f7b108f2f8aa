package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The native memory of one concurrent map: {@link Slabs} for many threads. Blocks are cut under a
 * lock; a table of small entries needs one for some hundred insertions.
 *
 * <p>A block is named by its position: slab number and offset. Zero names no block. A block larger
 * than what one number covers has several. Nothing is given back before {@link #close}: whoever
 * reads at a position that it has read from the map reads memory of this map, whatever lies there
 * now.
 */
final class ConcurrentSlabs {
  /** Bytes that one slab number covers. */
  static final long SLAB_BYTES = Slabs.MAX_BYTES;

  static final int SLAB_SHIFT = 20;
  static final long OFFSET_MASK = SLAB_BYTES - 1;

  /** Every position is a multiple of it. */
  static final long UNIT = 8;

  private final String name;
  private final Slabs slabs;

  /** By slab number. Grows by copy; a number never comes to mean another slab. */
  private volatile MemorySegment[] table = {};

  /** By the number that the slabs below give: ours, or -1. */
  private int[] numbers = {};

  private int used;

  ConcurrentSlabs(String name, long limitBytes, Slabs.Source source) {
    this.name = name;
    this.slabs = new Slabs(source, limitBytes);
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
    try {
      return size <= Slabs.LATE_BYTES ? cut(size) : own(size);
    } catch (Slabs.OutOfNativeMemory e) {
      throw full(e);
    } catch (IllegalStateException e) {
      throw closedOr(e);
    }
  }

  private long cut(long size) {
    if (numbers.length == 0) {
      // So that position zero names nothing.
      long _ = slabs.allocate(UNIT);
      add(slabs.segments[0]);
      numbers = new int[1];
    }
    long entry = slabs.allocate(size) << Entry.LOCATION_SHIFT;
    int below = Entry.slab(entry);
    if (below >= numbers.length) {
      int known = numbers.length;
      numbers = Arrays.copyOf(numbers, Math.max(below + 1, 2 * known));
      Arrays.fill(numbers, known, numbers.length, -1);
    }
    if (numbers[below] < 0) {
      numbers[below] = used;
      add(slabs.segments[below]);
    }
    return ((long) numbers[below] << SLAB_SHIFT) + Entry.offset(entry);
  }

  private long own(long size) {
    long position = (long) used << SLAB_SHIFT;
    add(slabs.allocateSegment(size));
    return position;
  }

  private void add(MemorySegment slab) {
    int count = (int) Math.ceilDiv(slab.byteSize(), SLAB_BYTES);
    MemorySegment[] wide = table;
    if (used + count > wide.length) {
      int known = wide.length;
      wide = Arrays.copyOf(wide, Math.max(used + count, 2 * known));
      Arrays.fill(wide, known, wide.length, MemorySegment.NULL);
    }
    for (int i = 0; i < count; i++) {
      // To the end of the slab, so that a block may lie across the border.
      wide[used + i] = slab.asSlice(i * SLAB_BYTES);
    }
    used += count;
    table = wide;
  }

  private MapFullException full(Slabs.OutOfNativeMemory cause) {
    return new MapFullException(
        "a map must find memory for its entries: used="
            + slabs.reservedBytes()
            + ", limit="
            + slabs.limitBytes()
            + ", size="
            + cause.bytes
            + ", map="
            + name
            + "; remove entries, raise limitBytes, or give the process more",
        cause);
  }

  /** What to throw when an access was refused: the map was closed, or it is some other trouble. */
  RuntimeException closedOr(IllegalStateException e) {
    return slabs.isAlive() ? e : closed(e);
  }

  /** What to throw of a map that is being closed. */
  MapClosedException closed() {
    return closed(null);
  }

  private MapClosedException closed(@Nullable IllegalStateException cause) {
    MapClosedException closed =
        new MapClosedException(
            "a map must be open: map=" + name + "; finish with it before its close()");
    if (cause != null) {
      closed.initCause(cause);
    }
    return closed;
  }

  void checkOpen() {
    if (!slabs.isAlive()) {
      throw closed();
    }
  }

  boolean isOpen() {
    return slabs.isAlive();
  }

  synchronized long reservedBytes() {
    return slabs.reservedBytes();
  }

  /** Bytes that no block has yet, with the spare slab. */
  synchronized long unusedBytes() {
    return slabs.unusedBytes() + slabs.spareBytes();
  }

  /** Frees everything; does nothing when that was done. */
  synchronized void close() {
    if (slabs.isAlive()) {
      slabs.close();
    }
  }
}
