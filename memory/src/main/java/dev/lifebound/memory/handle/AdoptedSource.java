package dev.lifebound.memory.handle;

import org.jspecify.annotations.Nullable;

/** A registry's side of the watch: announces adopted blocks, and ends those that C has freed. */
final class AdoptedSource implements AdoptedBlocks.Source {
  private final BlockTable table;

  AdoptedSource(BlockTable table) {
    this.table = table;
  }

  void entered(long handle, HeldBlock held) {
    AdoptedBlocks listener = CFrees.listener;
    if (listener != null && held.adopted()) {
      entered(listener, handle, held);
    }
  }

  private void entered(AdoptedBlocks listener, long handle, HeldBlock held) {
    long word = SlotTable.stateAddress(Handles.slot(handle));
    listener.entered(this, handle, held.segment().address(), held.segment().byteSize(), word);
  }

  void left(long handle, HeldBlock held) {
    AdoptedBlocks listener = CFrees.listener;
    if (listener != null && held.adopted()) {
      listener.left(handle, held.segment().address());
    }
  }

  /** Nobody leases a block that C has freed. Asked once too often rather than not at all. */
  void freeOwed(long handle) {
    AdoptedBlocks listener = CFrees.listener;
    // Null, or another block's, when a second thread was faster, which has asked as well.
    HeldBlock held = BlockTable.held(Handles.slot(handle));
    if (listener != null && held != null && held.adopted()) {
      listener.freeOwed(handle, held.segment().address(), held.segment().byteSize());
    }
  }

  /** Announces the blocks that were adopted before anybody listened. */
  void announceAll(AdoptedBlocks listener) {
    table.walk(slot -> {
      long word = SlotTable.stateAcquire(slot);
      HeldBlock held = BlockTable.held(slot);
      if (SlotTable.state(word) != SlotTable.LIVE || held == null || !held.adopted()) {
        return;
      }
      long handle = Handles.of(table.number, SlotTable.generation(word), slot);
      entered(listener, handle, held);
      if (!SlotTable.isLive(SlotTable.stateAcquire(slot), handle)) {
        listener.left(handle, held.segment().address());
      }
    });
  }

  @Override
  public void settle(long handle, AdoptedBlocks.@Nullable Freer freer) {
    table.settleFreedByC(handle, freer);
  }

  @Override
  public String describe(long handle) {
    return "block=" + Handles.block(handle) + ", " + table.refusals.describe(handle);
  }
}
