package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What a run of {@link SlotTable#PAGE_SLOTS} slot numbers stands for while one registry has it: a
 * row of blocks of one size, or slots whose memory is held by objects.
 */
final class Page {
  private static final int ZEROED_BY_WORDS_BYTES = 256;

  /** The page's place in the table of slots. */
  final int number;

  final int sizeClass;

  /** Slots that are used, from the first on. */
  final int slots;

  /** Bytes from one block to the next; 0 when the memory is held. */
  final int blockBytes;

  /** The blocks in a row; empty when the memory is held. */
  final MemorySegment memory;

  /** Who holds the memory of each slot; null for a row of blocks. */
  private final @Nullable AtomicReferenceArray<@Nullable HeldBlock> held;

  /** A row of blocks. */
  Page(int number, int sizeClass, MemorySegment memory) {
    this.number = number;
    this.sizeClass = sizeClass;
    this.slots = SizeClass.slotsOfPage(sizeClass);
    this.blockBytes = SizeClass.blockBytes(sizeClass);
    this.memory = memory;
    this.held = null;
  }

  /** Slots whose memory is held. */
  Page(int number) {
    this.number = number;
    this.sizeClass = SizeClass.HELD;
    this.slots = SlotTable.PAGE_SLOTS;
    this.blockBytes = 0;
    this.memory = MemorySegment.NULL;
    this.held = new AtomicReferenceArray<>(SlotTable.PAGE_SLOTS);
  }

  boolean isHeld() {
    return blockBytes == 0;
  }

  int firstSlot() {
    return number << SlotTable.PAGE_SHIFT;
  }

  /** Where a slot's block begins in {@link #memory}. */
  long offset(int slot) {
    return (long) (slot & SlotTable.PAGE_MASK) * blockBytes;
  }

  /** Fills a slot's block with zeroes, as far as its new owner may see. */
  void zero(int slot, long byteSize) {
    long start = offset(slot);
    // Blocks are multiples of 16 bytes. By words while that is quicker than the call.
    if (byteSize <= ZEROED_BY_WORDS_BYTES) {
      long end = start + byteSize;
      for (long at = start; at < end; at += Long.BYTES) {
        memory.set(JAVA_LONG_UNALIGNED, at, 0);
      }
    } else {
      memory.asSlice(start, byteSize).fill((byte) 0);
    }
  }

  /** Who holds the memory of a slot; null for a slot in a row of blocks and for a free one. */
  @Nullable HeldBlock held(int slot) {
    return held == null ? null : held.getAcquire(slot & SlotTable.PAGE_MASK);
  }

  void setHeld(int slot, @Nullable HeldBlock block) {
    if (held == null) {
      throw new IllegalStateException("the memory of a row must not be held: slot=" + slot);
    }
    held.setRelease(slot & SlotTable.PAGE_MASK, block);
  }
}
