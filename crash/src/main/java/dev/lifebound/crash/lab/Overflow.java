package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Java believes that C's session has 48 bytes; it has 24. What is too much goes over the
 * allocator's notes on the next block and into that block's first bytes.
 */
final class Overflow implements Victim {
  private static final long BLOCK_BYTES = 24;
  private static final long BELIEVED_BYTES = 48;
  private static final int MOST_ALLOCATIONS = 1_000;
  private static final String KEY = "alice";
  private static final String ALICE = "session of alice";
  private static final String BOB = "session of bob  ";

  /** Bytes from one small block of glibc to the next: its size and 8 bytes of notes. */
  private static final long DISTANCE = 32;

  private final NativeHeap heap;

  Overflow(NativeHeap heap) {
    this.heap = heap;
  }

  @Override
  @SuppressWarnings("restricted")
  public Result unprotected() {
    Map<String, MemorySegment> sessions = new HashMap<>();
    MemorySegment before = null;
    for (int i = 0; i < MOST_ALLOCATIONS; i++) {
      MemorySegment block = heap.allocate(BLOCK_BYTES);
      if (neighbours(before, block)) {
        // SAFETY: none; the size is wrong, and that is the bug on show.
        sessions.put(KEY, Objects.requireNonNull(before).reinterpret(BELIEVED_BYTES));
        byte[] written = Bytes.fill(block, BOB);

        Bug.now();
        Bytes.fill(Objects.requireNonNull(sessions.get(KEY)), ALICE);

        Result result = Bytes.compare(written, block.toArray(JAVA_BYTE));
        return result instanceof Result.SilentWrongData
            ? new Result.SilentWrongData(
                "bob wrote '%s', his block now says '%s'"
                    .formatted(BOB.strip(), Bytes.text(block.toArray(JAVA_BYTE), BOB.length())))
            : result;
      }
      before = block;
    }
    return new Result.NoHarm("malloc gave no two blocks side by side");
  }

  private static boolean neighbours(@Nullable MemorySegment before, MemorySegment block) {
    return before != null && block.address() == before.address() + DISTANCE;
  }

  @Override
  public Result protectedRun() {
    try (Registry registry = Registry.create(Tracking.FULL)) {
      Map<String, Long> sessions = new HashMap<>();
      sessions.put(KEY, registry.adopt(heap.allocate(BLOCK_BYTES), heap::free, "session"));

      byte[] believed = ALICE.repeat(3).getBytes(StandardCharsets.US_ASCII);
      Bug.now();
      try (Lease lease = registry.lease(sessions.get(KEY))) {
        lease.write(0, believed, 0, believed.length);
        return new Result.NoHarm("the write was accepted");
      } catch (IndexOutOfBoundsException e) {
        return Result.Thrown.of(e);
      }
    }
  }
}
