package dev.lifebound.memory.handle;

import java.util.concurrent.atomic.LongAdder;

/** What a registry counts beside its blocks, and the door to the flight recorder. */
final class Counters {
  static final String BY_LEASE = "lease";
  static final String BY_SECTION = "read section";

  final LongAdder staleUses = new LongAdder();
  final LongAdder doubleReleases = new LongAdder();
  final LongAdder deferredFrees = new LongAdder();

  void allocated(long handle, long byteSize, String tag) {
    if (Events.areOn()) {
      JfrEvents.allocated(handle, byteSize, tag);
    }
  }

  void staleUse(BlockTable table, long handle, String operation, StaleHandleException refusal) {
    staleUses.increment();
    Chronicle.staleUse(table, handle, operation);
    if (Events.areOn()) {
      JfrEvents.staleUse(handle, operation, refusal);
    }
  }

  void doubleRelease(BlockTable table, long handle, DoubleReleaseException refusal) {
    doubleReleases.increment();
    Chronicle.doubleRelease(table, handle);
    if (Events.areOn()) {
      JfrEvents.doubleFree(handle, refusal);
    }
  }

  void leaked(Leak leak) {
    if (Events.areOn()) {
      JfrEvents.leak(leak);
    }
  }

  /** A block ended that was pinned: unless only its children pinned it, the free waits. */
  void leased(BlockTable table, long handle) {
    long word = SlotTable.stateAcquire(Handles.slot(handle));
    if (SlotTable.generation(word) == Handles.generation(handle) && SlotTable.leases(word) != 0) {
      deferred(table, handle, BY_LEASE);
    }
  }

  void deferred(BlockTable table, long handle, String by) {
    deferredFrees.increment();
    Chronicle.deferredFree(table, handle, by);
    if (Events.areOn()) {
      JfrEvents.deferredFree(table, handle, by);
    }
  }
}
