package dev.lifebound.memory.handle;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of every live block, for checked mode: which block has a byte, whether a new block
 * overlaps one, whether a pointer has left its own. One lock; borrowed blocks are not entered, as
 * they lie in others.
 */
final class CheckedAddresses extends Addresses {
  /** What {@code malloc} aligns to on the platforms of Java 25. */
  private static final long MAX_ALIGNMENT_BYTES = 16;

  private final NavigableMap<Long, Range> ranges = new TreeMap<>();

  private record Range(long handle, long byteSize) {}

  CheckedAddresses(BlockTable table) {
    super(table);
  }

  @Override
  void enter(long handle, long address, long byteSize, HeldBlock.Origin origin) {
    checkPlace(handle, address, byteSize);
    if (origin == HeldBlock.Origin.BORROWED) {
      return;
    }
    checkAlignment(handle, address, byteSize);
    synchronized (ranges) {
      Map.Entry<Long, Range> below = ranges.floorEntry(address + byteSize - 1);
      if (below != null && below.getKey() + below.getValue().byteSize > address) {
        throw table.refusals.overlaps(
            address, byteSize, below.getValue().handle, below.getKey(), below.getValue().byteSize);
      }
      ranges.put(address, new Range(handle, byteSize));
    }
  }

  @Override
  void leave(long handle, long address, HeldBlock.Origin origin) {
    synchronized (ranges) {
      Range range = ranges.get(address);
      if (range != null && range.handle == handle) {
        ranges.remove(address);
      }
    }
  }

  @Override
  void enterOwn(long handle, long byteSize) {
    enter(handle, table.address(handle), byteSize, HeldBlock.Origin.POOL);
  }

  @Override
  void leaveOwn(long handle) {
    leave(handle, table.address(handle), HeldBlock.Origin.POOL);
  }

  private static void checkPlace(long handle, long address, long byteSize) {
    // Negative addresses are the kernel's.
    if (address <= 0 || address + byteSize < 0) {
      throw new CheckFailedException(
          "a block must lie in the address space: block="
              + Handles.block(handle)
              + ", address=0x"
              + Long.toHexString(address)
              + ", size="
              + byteSize
              + "; look at the size given to reinterpret");
    }
  }

  /** C gives an object an alignment that divides its size. */
  private static void checkAlignment(long handle, long address, long byteSize) {
    long alignment = Math.min(MAX_ALIGNMENT_BYTES, Long.lowestOneBit(byteSize));
    if ((address & (alignment - 1)) != 0) {
      throw new CheckFailedException(
          "a block must be aligned for its size: block="
              + Handles.block(handle)
              + ", address=0x"
              + Long.toHexString(address)
              + ", size="
              + byteSize
              + ", alignment="
              + alignment
              + "; adopt the pointer that the allocator returned, or mend the size");
    }
  }

  /** Verifies what the slot of a pinned block says of its memory. */
  void verify(long handle) {
    int slot = Handles.slot(handle);
    long address = table.address(handle);
    long byteSize = SlotTable.size(slot);
    HeldBlock held = BlockTable.held(slot);
    if (held != null && !held.segment().scope().isAlive()) {
      throw new CheckFailedException(
          "an adopted segment must live as long as its block: block="
              + Handles.block(handle)
              + ", "
              + table.refusals.describe(handle)
              + "; its arena was closed, release the block first");
    }
    if (held != null && held.origin() == HeldBlock.Origin.BORROWED) {
      checkPlace(handle, address, byteSize);
      return;
    }
    checkAlignment(handle, address, byteSize);
    Range range;
    synchronized (ranges) {
      range = ranges.get(address);
    }
    if (range == null
        || range.handle != handle
        || SlotTable.storedSize(range.byteSize) != byteSize) {
      throw new CheckFailedException(
          "the slot of a block must say where it was entered: block="
              + Handles.block(handle)
              + ", address=0x"
              + Long.toHexString(address)
              + ", size="
              + byteSize
              + ", entered="
              + range
              + "; native code has written over the slot");
    }
  }

  /** The live block that has this byte, or null. */
  @Nullable Long holder(long address) {
    synchronized (ranges) {
      Map.Entry<Long, Range> below = ranges.floorEntry(address);
      return below != null && address < below.getKey() + below.getValue().byteSize
          ? below.getValue().handle
          : null;
    }
  }

  /** Refuses a range that is not wholly in the pinned block. */
  void checkInside(long handle, long address, long bytes) {
    long start = table.address(handle);
    long byteSize = table.size(handle);
    long at = address - start;
    if (at < 0 || bytes > byteSize - at) {
      throw table.strayed(handle, address, bytes);
    }
  }

  /**
   * Refuses bytes that are said to be borrowed from a pinned block and are another's, or that begin
   * or end in a block without being wholly in it. Bytes of no known block are a library's own.
   */
  void checkBorrowed(long handle, long address, long bytes) {
    Long first = holder(address);
    Long last = holder(address + bytes - 1);
    if (first == null && last == null) {
      checkPlace(handle, address, bytes);
    } else {
      checkInside(handle, address, bytes);
    }
  }

  /** Another block that has one of these bytes: the first, or the last. */
  @Nullable Long holderOf(long address, long bytes, long except) {
    Long first = holder(address);
    return first != null && first != except ? first : holder(address + Math.max(bytes, 1) - 1);
  }
}
