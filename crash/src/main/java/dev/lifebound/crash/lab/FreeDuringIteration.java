package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * A loop looks at all calls and hangs up those that have ended, with their partner's end: the block
 * of an entry that the loop reaches later.
 */
final class FreeDuringIteration implements Victim {
  private static final long BLOCK_BYTES = 48;
  private static final int CALLS = 6;
  private static final String TEXT = "call is going on";

  private final NativeHeap heap;

  FreeDuringIteration(NativeHeap heap) {
    this.heap = heap;
  }

  @Override
  public Result unprotected() {
    Map<Integer, MemorySegment> calls = new TreeMap<>();
    byte[] written = new byte[0];
    for (int i = 0; i < CALLS; i++) {
      MemorySegment block = heap.allocate(BLOCK_BYTES);
      written = Bytes.fill(block, TEXT);
      calls.put(i, block);
    }
    for (Map.Entry<Integer, MemorySegment> call : calls.entrySet()) {
      Result result = Bytes.compare(written, call.getValue().toArray(JAVA_BYTE));
      if (!(result instanceof Result.NoHarm)) {
        return new Result.SilentWrongData("call " + call.getKey() + ": " + result.detail());
      }
      if (hasEnded(call.getKey())) {
        Bug.now();
        heap.free(call.getValue());
        heap.free(Objects.requireNonNull(calls.get(partnerOf(call.getKey()))));
      }
    }
    return new Result.NoHarm("all calls were read as written");
  }

  @Override
  public Result protectedRun() {
    try (Registry registry = Registry.create(Tracking.FULL);
        BoundMap<Integer> calls = BoundMap.over(registry, new ConcurrentSkipListMap<>(), "calls")) {
      byte[] written = new byte[0];
      for (int i = 0; i < CALLS; i++) {
        MemorySegment block = heap.allocate(BLOCK_BYTES);
        written = Bytes.fill(block, TEXT);
        calls.put(i, registry.adopt(block, heap::free, "call"));
      }
      int read = 0;
      for (Integer call : calls.keySet()) {
        Optional<Lease> open = calls.lease(call);
        if (open.isEmpty()) {
          continue;
        }
        try (Lease lease = open.get()) {
          Result result = Bytes.compare(written, lease.segment().toArray(JAVA_BYTE));
          if (!(result instanceof Result.NoHarm)) {
            return result;
          }
          read++;
          if (hasEnded(call)) {
            Bug.now();
            calls.remove(call);
            calls.remove(partnerOf(call));
          }
        }
      }
      return read == CALLS - 1 && registry.blocks() == CALLS - 2
          ? new Result.NoHarm(
              "read %d calls as written; the partner's entry went with its block, the loop passed it over"
                  .formatted(read))
          : new Result.SilentWrongData(
              "read %d calls, %d blocks are left".formatted(read, registry.blocks()));
    }
  }

  private static boolean hasEnded(int call) {
    return call == 1;
  }

  private static int partnerOf(int call) {
    return call + 3;
  }
}
