package dev.lifebound.memory.handle;

import org.jspecify.annotations.Nullable;

/**
 * Knows blocks whose pages die when somebody frees them behind the registry's back. Internal: the
 * guard installs itself here while it is armed in strict mode, and leases ask before an access.
 */
public interface DeadBlocks {
  /** Whether blocks at this address are of the kind that dies. */
  boolean owns(long address);

  /** What to throw instead of the access; null when the block at this address is alive. */
  @Nullable RuntimeException refusal(long address);
}
