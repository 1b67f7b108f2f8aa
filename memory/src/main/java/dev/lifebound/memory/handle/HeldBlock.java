package dev.lifebound.memory.handle;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory that does not come from the pool.
 *
 * @param segment the whole block
 * @param deallocator who frees it
 * @param origin who allocated it
 */
record HeldBlock(MemorySegment segment, Deallocator deallocator, Origin origin) {
  private static final long ALIGNMENT_BYTES = 16;

  /** Where the memory of a block comes from. */
  enum Origin {
    /** The registry's pool. */
    POOL,
    /** The registry, with an arena for this block alone. */
    OWN,
    /** Somebody else, who handed it over with a deallocator. */
    ADOPTED,
    /** Somebody else, who keeps it; it lies in another block or in a library's own memory. */
    BORROWED
  }

  /** A zeroed block with an arena of its own: too large for the pool. */
  @SuppressWarnings("MustBeClosedChecker") // closed by the deallocator
  static HeldBlock allocate(long byteSize) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment segment = arena.allocate(byteSize, ALIGNMENT_BYTES);
      return new HeldBlock(segment, _ -> arena.close(), Origin.OWN);
    } catch (Throwable e) {
      arena.close();
      throw e;
    }
  }

  /** Memory that nobody frees here. */
  static HeldBlock borrowed(MemorySegment segment) {
    return new HeldBlock(segment, _ -> {}, Origin.BORROWED);
  }

  boolean adopted() {
    return origin == Origin.ADOPTED;
  }
}
