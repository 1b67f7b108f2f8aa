package dev.lifebound.memory.handle;

import java.util.concurrent.atomic.LongAdder;

/** What a registry counts beside its blocks. */
final class Counters {
  final LongAdder staleUses = new LongAdder();
  final LongAdder doubleReleases = new LongAdder();
  final LongAdder deferredFrees = new LongAdder();

  void allocated(long byteSize, String tag) {}

  void staleUse(long handle, String operation, StaleHandleException refusal) {
    staleUses.increment();
  }

  void doubleRelease(long handle, DoubleReleaseException refusal) {
    doubleReleases.increment();
  }

  void deferred(long handle) {
    deferredFrees.increment();
  }
}
