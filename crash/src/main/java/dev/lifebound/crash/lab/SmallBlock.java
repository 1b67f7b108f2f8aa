package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A session's block is freed by C; the map of sessions still knows it.
 *
 * <p>glibc keeps its free list inside the freed blocks, so the first bytes change at once. An
 * allocator that leaves them alone will hand the block out again: the story then allocates and
 * fills blocks of the same size until one of them is the old one.
 */
final class SmallBlock implements Victim {
  private static final long BLOCK_BYTES = 48;
  private static final int MOST_ALLOCATIONS = 1_000;
  private static final String KEY = "alice";

  private final NativeHeap heap;

  SmallBlock(NativeHeap heap) {
    this.heap = heap;
  }

  @Override
  public Result unprotected() {
    Map<String, MemorySegment> sessions = new HashMap<>();
    MemorySegment block = heap.allocate(BLOCK_BYTES);
    byte[] written = Bytes.fill(block, "session of alice");
    sessions.put(KEY, block);

    Bug.now();
    heap.free(block);

    Result result = read(sessions, written);
    for (int i = 0; i < MOST_ALLOCATIONS && result instanceof Result.NoHarm; i++) {
      Bytes.fill(heap.allocate(BLOCK_BYTES), "something else..");
      result = read(sessions, written);
    }
    return result;
  }

  private static Result read(Map<String, MemorySegment> sessions, byte[] written) {
    return Bytes.compare(written, Objects.requireNonNull(sessions.get(KEY)).toArray(JAVA_BYTE));
  }

  @Override
  public Result protectedRun() {
    try (Registry registry = Registry.create(Tracking.FULL)) {
      Map<String, Long> sessions = new HashMap<>();
      MemorySegment block = heap.allocate(BLOCK_BYTES);
      byte[] written = Bytes.fill(block, "session of alice");
      sessions.put(KEY, registry.adopt(block, heap::free, "session"));

      Bug.now();
      registry.release(sessions.get(KEY));

      try (Lease lease = registry.lease(sessions.get(KEY))) {
        return Bytes.compare(written, lease.segment().toArray(JAVA_BYTE));
      } catch (StaleHandleException e) {
        return Result.Thrown.of(e);
      }
    }
  }
}
