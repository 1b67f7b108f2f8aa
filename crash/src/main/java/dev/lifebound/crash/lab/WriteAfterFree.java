package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Alice's session is closed, and the map is then used to write into it.
 *
 * <p>Either Bob has her block by now, and his session is overwritten; or nobody has, and the write
 * goes into the allocator's list of free blocks, which some later, innocent {@code malloc} meets.
 */
final class WriteAfterFree implements Victim {
  private static final long BLOCK_BYTES = 48;
  private static final int MOST_ATTEMPTS = 1_000;
  private static final String KEY = "alice";
  private static final String ALICE = "session of alice";
  private static final String BOB = "session of bob  ";

  private final NativeHeap heap;
  private final boolean nextOwner;

  /** A story in which the block has a next owner, or is still free. */
  WriteAfterFree(NativeHeap heap, boolean nextOwner) {
    this.heap = heap;
    this.nextOwner = nextOwner;
  }

  @Override
  public Result unprotected() {
    Map<String, MemorySegment> sessions = new HashMap<>();
    return nextOwner ? intoTheNextOwner(sessions) : intoTheFreeList(sessions);
  }

  private Result intoTheNextOwner(Map<String, MemorySegment> sessions) {
    for (int i = 0; i < MOST_ATTEMPTS; i++) {
      MemorySegment alice = heap.allocate(BLOCK_BYTES);
      Bytes.fill(alice, ALICE);
      sessions.put(KEY, alice);
      heap.free(alice);
      MemorySegment bob = heap.allocate(BLOCK_BYTES);
      byte[] written = Bytes.fill(bob, BOB);
      if (bob.address() != alice.address()) {
        continue;
      }

      Bug.now();
      Bytes.fill(Objects.requireNonNull(sessions.get(KEY)), ALICE);

      Result result = Bytes.compare(written, bob.toArray(JAVA_BYTE));
      return result instanceof Result.SilentWrongData
          ? new Result.SilentWrongData(
              "bob wrote '%s', his block now says '%s'"
                  .formatted(BOB.strip(), Bytes.text(bob.toArray(JAVA_BYTE), ALICE.length())))
          : result;
    }
    return new Result.NoHarm("malloc did not reuse the address in " + MOST_ATTEMPTS + " attempts");
  }

  private Result intoTheFreeList(Map<String, MemorySegment> sessions) {
    MemorySegment other = heap.allocate(BLOCK_BYTES);
    MemorySegment alice = heap.allocate(BLOCK_BYTES);
    Bytes.fill(alice, ALICE);
    sessions.put(KEY, alice);
    heap.free(other);
    heap.free(alice);

    Bug.now();
    Bytes.fill(Objects.requireNonNull(sessions.get(KEY)), ALICE);

    // Somebody else's work, which has nothing to do with Alice.
    for (int i = 0; i < MOST_ATTEMPTS; i++) {
      Bytes.fill(heap.allocate(BLOCK_BYTES), BOB);
    }
    return new Result.NoHarm("malloc did not meet the overwritten list");
  }

  @Override
  public Result protectedRun() {
    try (Registry registry = Registry.create(Tracking.FULL)) {
      Map<String, Long> sessions = new HashMap<>();
      MemorySegment alice = heap.allocate(BLOCK_BYTES);
      sessions.put(KEY, registry.adopt(alice, heap::free, "session"));
      registry.release(sessions.get(KEY));

      Bug.now();
      try (Lease lease = registry.lease(sessions.get(KEY))) {
        lease.write(0, ALICE.getBytes(StandardCharsets.US_ASCII), 0, ALICE.length());
        return new Result.NoHarm("the write was accepted");
      } catch (StaleHandleException e) {
        return Result.Thrown.of(e);
      }
    }
  }
}
