package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * One pin for many reads: while it is open, no block that it saw live is freed.
 *
 * <p>Each read looks at the block's state first: a block that has become stale is refused, though
 * its memory is still there. Keep sections short, since every free behind them waits; one that
 * holds frees for too long is reported with its stack.
 *
 * <p>A section belongs to the thread that opened it. Several may be open at once, also in one
 * thread.
 */
public final class ReadSection implements AutoCloseable {
  private final Registry registry;
  private final BlockTable table;
  private final Sections.Seat seat;
  private boolean open = true;

  ReadSection(Registry registry, Sections.Seat seat) {
    this.registry = registry;
    this.table = registry.table();
    this.seat = seat;
  }

  /**
   * The block's memory, for as many reads as you like until the section is closed.
   *
   * <p>Safety: the segment itself does not know the section; it must not be used after the close.
   *
   * @throws StaleHandleException when the block is no longer live
   */
  public MemorySegment segment(long handle) {
    int slot = live(handle);
    Page page = SlotTable.page(slot);
    MemorySegment all = BlockTable.memory(page, slot);
    return page.isHeld() ? all : all.asSlice(page.offset(slot), SlotTable.size(slot));
  }

  /**
   * Reads a {@code long}, which need not be aligned.
   *
   * @throws StaleHandleException when the block is no longer live
   * @throws IndexOutOfBoundsException when the read leaves the block
   */
  public long getLong(long handle, long offset) {
    int slot = live(handle);
    Page page = SlotTable.page(slot);
    MemorySegment all = BlockTable.memory(page, slot);
    long size = page.isHeld() ? all.byteSize() : SlotTable.size(slot);
    if (offset < 0 || offset > size - Long.BYTES) {
      throw table.outside(handle, offset, Long.BYTES);
    }
    return all.get(JAVA_LONG_UNALIGNED, page.offset(slot) + offset);
  }

  private int live(long handle) {
    if (!open) {
      throw new LeaseClosedException(
          "a read section must be open: block="
              + Handles.block(handle)
              + "; read before its close()");
    }
    int slot = table.slot(handle);
    long word = SlotTable.stateVolatile(slot);
    if (!SlotTable.isLive(word, handle)) {
      throw table.refuse(handle, word, "read");
    }
    return slot;
  }

  /**
   * Ends the section and frees what waited for it alone.
   *
   * @throws DeallocationFailedException when a deallocator of such a block threw
   */
  @Override
  public void close() {
    if (open) {
      open = false;
      try {
        table.sections.exit(seat);
      } finally {
        // A registry that is dropped is closed; not while it is read.
        Reference.reachabilityFence(registry);
      }
    }
  }
}
