package dev.lifebound.memory.handle;

import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Gives a block to C code that takes it over: the handle is stale before the call begins, and
 * nobody reads while it runs.
 */
final class Handover {
  private static final int MAX_LOOKS = 1_000;
  private static final long LOOK_NANOS = 20_000;

  private final BlockTable table;

  Handover(BlockTable table) {
    this.table = table;
  }

  <R> R give(long handle, Foreign.Taking<R> call, Predicate<? super R> taken) {
    checkNotReading(handle);
    int slot = end(handle);
    // From here C may free the address and hand it out again.
    table.forgetAddress(slot, handle);
    HeldBlock held = Objects.requireNonNull(BlockTable.held(slot), "an adopted block must be held");
    boolean given = false;
    try {
      table.sections.awaitEarlier();
      // A call that throws may have freed the block already.
      given = true;
      R result = Foreign.run(() -> call.call(held.segment()));
      given = taken.test(result);
      return result;
    } finally {
      if (!given) {
        setState(slot, SlotTable.DYING);
      }
      table.unpin(handle);
    }
  }

  /** A section of this thread would be waited for by the thread that must end it. */
  private void checkNotReading(long handle) {
    if (table.sections.isOpenHere()) {
      throw new IllegalStateException(
          "a block must not be given away inside a read section of the same thread: block="
              + Handles.block(handle)
              + "; close the section first");
    }
  }

  /** Makes the block stale, with a pin of ours; its one reference is gone, and nobody leases it. */
  private int end(long handle) {
    int slot = table.slot(handle);
    while (true) {
      long word = table.liveWord(slot, handle, "give");
      HeldBlock held = BlockTable.held(slot);
      boolean adopted = held != null && held.adopted();
      if (SlotTable.stateAcquire(slot) != word) {
        continue;
      }
      int pins = SlotTable.leases(word) - (table.attachments.hasChildren(handle) ? 1 : 0);
      if (!adopted || SlotTable.references(word) != 1 || pins > 0) {
        throw refusal(handle, adopted, SlotTable.references(word), pins);
      }
      long next = word - SlotTable.ONE_REFERENCE + SlotTable.ONE_LEASE;
      try {
        if (table.end(handle, word, next, SlotTable.DYING, false)) {
          break;
        }
      } catch (Throwable e) {
        // What was told threw; the block has ended all the same, and our pin with it.
        table.unpin(handle);
        throw e;
      }
    }
    // Children are stale now; one that is still leased keeps its pin on this block.
    if (SlotTable.leases(SlotTable.stateAcquire(slot)) != 1) {
      awaitReclaim(slot);
    }
    if (SlotTable.leases(SlotTable.stateAcquire(slot)) != 1) {
      table.unpin(handle);
      throw new IllegalStateException(
          "no child of a block that is given away must be leased: block="
              + Handles.block(handle)
              + "; C did not get it, its deallocator frees it after the last lease");
    }
    setState(slot, SlotTable.FREED_BY_C);
    return slot;
  }

  /**
   * A child that nobody leases may wait for a read section, or be in another thread's hands that is
   * just freeing it. The wait is bounded, since that thread may be this one further out.
   */
  private void awaitReclaim(int slot) {
    table.sections.awaitEarlier();
    table.sections.reclaim();
    for (int tries = 0;
        tries < MAX_LOOKS
            && table.sections.isReclaiming()
            && SlotTable.leases(SlotTable.stateAcquire(slot)) != 1;
        tries++) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /** The caller has the only pin: nobody else changes the word, but for the ATTACHED bit. */
  private void setState(int slot, int state) {
    long word;
    do {
      word = SlotTable.stateAcquire(slot);
    } while (!SlotTable.casState(slot, word, SlotTable.withState(word, state)));
  }

  private IllegalStateException refusal(long handle, boolean adopted, int references, int leases) {
    return new IllegalStateException(
        "a block that is given away must be adopted and in no other hands: block="
            + Handles.block(handle)
            + ", "
            + table.refusals.describe(handle)
            + ", adopted="
            + adopted
            + ", references="
            + references
            + ", leases="
            + leases
            + "; release what others hold, and give memory that C allocated");
  }
}
