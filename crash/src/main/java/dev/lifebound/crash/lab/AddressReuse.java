package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Alice's block is freed and Bob's takes its address; the map answers Alice with Bob's data.
 *
 * <p>Allocators hand out the block that was freed last, unless the JVM itself asks in between. Each
 * failed attempt leaves its second block allocated and tries with fresh ones.
 */
final class AddressReuse implements Victim {
  private static final long BLOCK_BYTES = 64;
  private static final int MOST_ATTEMPTS = 1_000;
  private static final String KEY = "alice";
  private static final String ALICE = "session of alice";
  private static final String BOB = "session of bob  ";

  private final NativeHeap heap;

  AddressReuse(NativeHeap heap) {
    this.heap = heap;
  }

  @Override
  public Result unprotected() {
    Map<String, MemorySegment> sessions = new HashMap<>();
    for (int i = 0; i < MOST_ATTEMPTS; i++) {
      MemorySegment alice = heap.allocate(BLOCK_BYTES);
      byte[] written = Bytes.fill(alice, ALICE);
      sessions.put(KEY, alice);

      Bug.now();
      heap.free(alice);
      MemorySegment bob = heap.allocate(BLOCK_BYTES);
      Bytes.fill(bob, BOB);

      if (bob.address() == alice.address()) {
        return answer(written, sessions.get(KEY).toArray(JAVA_BYTE));
      }
    }
    return addressNotReused();
  }

  @Override
  public Result protectedRun() {
    try (Registry registry = Registry.create(Tracking.FULL)) {
      Map<String, Long> sessions = new HashMap<>();
      for (int i = 0; i < MOST_ATTEMPTS; i++) {
        MemorySegment alice = heap.allocate(BLOCK_BYTES);
        byte[] written = Bytes.fill(alice, ALICE);
        sessions.put(KEY, registry.adopt(alice, heap::free, "session of alice"));

        Bug.now();
        registry.release(sessions.get(KEY));
        MemorySegment bob = heap.allocate(BLOCK_BYTES);
        Bytes.fill(bob, BOB);
        registry.adopt(bob, heap::free, "session of bob");

        if (bob.address() == alice.address()) {
          return leased(registry, sessions.get(KEY), written);
        }
      }
      return addressNotReused();
    }
  }

  private static Result leased(Registry registry, long handle, byte[] written) {
    try (Lease lease = registry.lease(handle)) {
      return answer(written, lease.segment().toArray(JAVA_BYTE));
    } catch (StaleHandleException e) {
      return Result.Thrown.of(e);
    }
  }

  private static Result answer(byte[] written, byte[] read) {
    Result result = Bytes.compare(written, read);
    return result instanceof Result.SilentWrongData
        ? new Result.SilentWrongData(
            "asked for '%s', the map answered '%s'"
                .formatted(ALICE, Bytes.text(read, BOB.length()).strip()))
        : result;
  }

  private static Result addressNotReused() {
    return new Result.NoHarm("malloc did not reuse the address in " + MOST_ATTEMPTS + " attempts");
  }
}
