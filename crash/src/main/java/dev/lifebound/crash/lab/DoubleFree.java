package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.handle.DoubleReleaseException;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A session is closed by two owners, and each frees its block.
 *
 * <p>glibc looks for the block in its list of free blocks and aborts when it is there. Is it not,
 * because somebody has allocated it in between, the second free takes that owner's block away: two
 * owners then get the same block, and each overwrites the other.
 */
final class DoubleFree implements Victim {
  private static final int MOST_ALLOCATIONS = 1_000;
  private static final String KEY = "alice";
  private static final int TEXT_BYTES = 16;

  private final NativeHeap heap;
  private final long blockBytes;

  DoubleFree(NativeHeap heap, long blockBytes) {
    this.heap = heap;
    this.blockBytes = blockBytes;
  }

  @Override
  public Result unprotected() {
    Map<String, MemorySegment> sessions = new HashMap<>();
    MemorySegment block = heap.allocate(blockBytes);
    block.fill((byte) 'a');
    sessions.put(KEY, block);

    heap.free(block);
    Bug.now();
    heap.free(Objects.requireNonNull(sessions.get(KEY)));

    return ownersOfOneBlock(block.address());
  }

  /**
   * The second free went through, so somebody had the block by then: glibc would have noticed a
   * block that is free. Shows what becomes of those who ask for blocks of this size now.
   */
  private Result ownersOfOneBlock(long address) {
    List<MemorySegment> owned = new ArrayList<>();
    for (int i = 0; i < MOST_ALLOCATIONS; i++) {
      MemorySegment mine = heap.allocate(blockBytes);
      if (mine.address() == address) {
        return owned.stream()
            .filter(other -> other.address() == address)
            .findFirst()
            .map(other -> overwritten(other, mine))
            .orElseGet(() ->
                new Result.SilentWrongData(
                    "the second free was accepted in silence: the JVM had the block by then; malloc then"
                        + " gave it to bob as well"));
      }
      owned.add(mine);
    }
    return new Result.SilentWrongData(
        "the second free was accepted in silence: the JVM had the block by then, and lost it");
  }

  private static Result overwritten(MemorySegment bob, MemorySegment carol) {
    Bytes.fill(bob.asSlice(0, TEXT_BYTES), "session of bob  ");
    Bytes.fill(carol.asSlice(0, TEXT_BYTES), "session of carol");
    return new Result.SilentWrongData(
        "malloc gave one block to two owners: bob wrote 'session of bob', reads '%s'"
            .formatted(Bytes.text(bob.asSlice(0, TEXT_BYTES).toArray(JAVA_BYTE), TEXT_BYTES)));
  }

  @Override
  public Result protectedRun() {
    try (Registry registry = Registry.create(Tracking.FULL)) {
      Map<String, Long> sessions = new HashMap<>();
      sessions.put(KEY, registry.adopt(heap.allocate(blockBytes), heap::free, "session"));

      registry.release(sessions.get(KEY));
      Bug.now();
      registry.release(sessions.get(KEY));
      return new Result.NoHarm("the second release was accepted");
    } catch (DoubleReleaseException e) {
      return Result.Thrown.of(e);
    }
  }
}
