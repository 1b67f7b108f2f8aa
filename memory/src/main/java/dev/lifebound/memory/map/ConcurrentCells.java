package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * The layout of cells, which hold the keys and values that do not fit into a word. A cell is
 * written once, before the word that names it is, and not again before it is recycled.
 *
 * <pre>
 *    key cell:   | hash, 8 | length, 4 | bytes ...
 *    value cell: | length, 4 | bytes ...
 * </pre>
 */
final class ConcurrentCells {
  static final long KEY_LENGTH_OFFSET = 8;
  static final long KEY_BYTES_OFFSET = 12;
  static final long VALUE_LENGTH_OFFSET = 0;
  static final long VALUE_BYTES_OFFSET = 4;

  private ConcurrentCells() {}

  /** The hash of the key in a cell; under the lock. */
  static long hash(ConcurrentSlabs slabs, long cell) {
    return ConcurrentTables.word(slabs.segment(cell), ConcurrentSlabs.offset(cell));
  }

  /** The length in a cell that nobody writes to. */
  static int length(ConcurrentSlabs slabs, long cell, long lengthOffset) {
    return slabs.segment(cell)
        .get(JAVA_INT_UNALIGNED, ConcurrentSlabs.offset(cell) + lengthOffset);
  }

  /**
   * The bytes of what may be a cell: a slice that lies in one slab, or null when this word names
   * none, because the memory it was read from was recycled.
   */
  static MemorySegment bytes(
      MemorySegment[] slabs, long cell, long lengthOffset, long bytesOffset) {
    long number = cell >>> ConcurrentSlabs.SLAB_SHIFT;
    if (number >= slabs.length || slabs[(int) number] == null) {
      return NOTHING;
    }
    MemorySegment slab = slabs[(int) number];
    long offset = ConcurrentSlabs.offset(cell);
    if (offset + bytesOffset > slab.byteSize()) {
      return NOTHING;
    }
    int length = slab.get(JAVA_INT_UNALIGNED, offset + lengthOffset);
    if (length < 0 || length > slab.byteSize() - offset - bytesOffset) {
      return NOTHING;
    }
    return slab.asSlice(offset + bytesOffset, length);
  }

  /** What the bytes of no cell are. */
  static final MemorySegment NOTHING = MemorySegment.NULL;
}
