package dev.lifebound.memory.handle;

import java.lang.foreign.MemorySegment;

/**
 * Gives the memory of an adopted block back to whoever allocated it.
 *
 * <p>Runs once, on the thread whose release or lease close was the last. It may call the registry,
 * also for the block being freed (which is refused as stale). Blocks that it releases are freed
 * before that call returns, except where deallocators run inside each other more than 64 deep. If
 * it throws, the block counts as freed, and the exception reaches the caller as {@link
 * DeallocationFailedException}.
 */
@FunctionalInterface
public interface Deallocator {
  /** Frees the block. The segment is the one that was adopted. */
  void free(MemorySegment block);
}
