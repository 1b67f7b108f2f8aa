package dev.lifebound.memory.handle;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The deallocator of a child that is being attached. It may be killed with its parent meanwhile;
 * until it is attached its memory is the caller's, and is not freed.
 */
final class ChildDeallocator implements Deallocator {
  private enum State {
    CALLERS,
    OURS,
    KILLED_EARLY
  }

  private final Deallocator deallocator;
  private final AtomicReference<State> state = new AtomicReference<>(State.CALLERS);

  ChildDeallocator(Deallocator deallocator) {
    this.deallocator = deallocator;
  }

  boolean take() {
    return state.compareAndSet(State.CALLERS, State.OURS);
  }

  @Override
  public void free(MemorySegment block) {
    if (!state.compareAndSet(State.CALLERS, State.KILLED_EARLY)) {
      deallocator.free(block);
    }
  }
}
