package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * The cells of a concurrent map, which hold the keys and values that do not fit into a word. A cell
 * is written once, before the word that names it is, and not again before it is recycled. The word
 * is the cell's position.
 *
 * <pre>
 *    key cell:   | hash, 8 | length, 4 | bytes ...
 *    value cell:           | length, 4 | bytes ...
 * </pre>
 */
final class ConcurrentCells {
  /** The bytes before the length: a hash, or nothing. */
  static final int KEY_HEADER_BYTES = Long.BYTES;

  static final int VALUE_HEADER_BYTES = 0;

  private ConcurrentCells() {}

  /** The hash of the key in what may be a cell. */
  static long hash(ConcurrentSlabs slabs, long cell) {
    return ConcurrentTables.word(slabs.segment(cell), ConcurrentSlabs.offset(cell));
  }

  /** Whether a word may name a cell. Not so when the memory that it was read from was recycled. */
  static boolean isCell(ConcurrentSlabs slabs, long cell, int headerBytes) {
    MemorySegment[] table = slabs.table();
    long number = cell >>> ConcurrentSlabs.SLAB_SHIFT;
    return number < table.length
        && ConcurrentSlabs.offset(cell) + headerBytes + Integer.BYTES
            <= table[(int) number].byteSize();
  }

  /** The length of what is in a cell; anything when it may have been recycled. */
  static int length(ConcurrentSlabs slabs, long cell, int headerBytes) {
    return slabs.segment(cell).get(JAVA_INT_UNALIGNED, ConcurrentSlabs.offset(cell) + headerBytes);
  }

  /** Where the bytes of a cell begin in its slab. */
  static long bytesOffset(long cell, int headerBytes) {
    return ConcurrentSlabs.offset(cell) + headerBytes + Integer.BYTES;
  }

  /** The size of a cell with so many bytes. */
  static long cellBytes(long bytes, int headerBytes) {
    return headerBytes + Integer.BYTES + bytes;
  }

  /** A new cell; under the lock. Other cells may be moved, when there is no more memory. */
  static long write(
      ConcurrentSlabs slabs, Stripe stripe, int headerBytes, long hash, byte[] bytes) {
    long cell = stripe.state.cells.take(stripe, cellBytes(bytes.length, headerBytes));
    MemorySegment slab = slabs.segment(cell);
    long offset = ConcurrentSlabs.offset(cell);
    if (headerBytes != 0) {
      ConcurrentTables.setWord(slab, offset, hash);
    }
    slab.set(JAVA_INT_UNALIGNED, offset + headerBytes, bytes.length);
    MemorySegment.copy(bytes, 0, slab, JAVA_BYTE, bytesOffset(cell, headerBytes), bytes.length);
    return cell;
  }

  /** What is in a cell that nobody recycles; under the lock. */
  static byte[] read(ConcurrentSlabs slabs, long cell, int headerBytes) {
    byte[] bytes = new byte[length(slabs, cell, headerBytes)];
    MemorySegment.copy(
        slabs.segment(cell), JAVA_BYTE, bytesOffset(cell, headerBytes), bytes, 0, bytes.length);
    return bytes;
  }

  /** The map does not refer to this cell any more; under the lock. */
  static void retire(ConcurrentSlabs slabs, Stripe stripe, long cell, int headerBytes) {
    long bytes = cellBytes(length(slabs, cell, headerBytes), headerBytes);
    stripe.state.cells.retire(stripe, cell, bytes);
  }
}
