package dev.lifebound.memory.handle;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory that does not come from the pool.
 *
 * @param segment the whole block
 * @param deallocator who frees it
 * @param adopted whether somebody else allocated it
 */
record HeldBlock(MemorySegment segment, Deallocator deallocator, boolean adopted) {
  private static final long ALIGNMENT_BYTES = 16;

  /** A zeroed block with an arena of its own: too large for the pool. */
  @SuppressWarnings("MustBeClosedChecker") // closed by the deallocator
  static HeldBlock allocate(long byteSize) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment segment = arena.allocate(byteSize, ALIGNMENT_BYTES);
      return new HeldBlock(segment, _ -> arena.close(), false);
    } catch (Throwable e) {
      arena.close();
      throw e;
    }
  }
}
