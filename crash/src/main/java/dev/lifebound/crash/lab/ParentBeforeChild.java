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
 * A database is closed, and frees its iterators with itself; the map of iterators knows nothing.
 */
final class ParentBeforeChild implements Victim {
  private static final long DATABASE_BYTES = 256;
  private static final long ITERATOR_BYTES = 48;
  private static final int MOST_ALLOCATIONS = 1_000;
  private static final String KEY = "report";

  private final NativeHeap heap;

  ParentBeforeChild(NativeHeap heap) {
    this.heap = heap;
  }

  @Override
  public Result unprotected() {
    Map<String, MemorySegment> iterators = new HashMap<>();
    MemorySegment database = heap.allocate(DATABASE_BYTES);
    MemorySegment iterator = heap.allocate(ITERATOR_BYTES);
    byte[] written = Bytes.fill(iterator, "stands at row 7.");
    iterators.put(KEY, iterator);

    Bug.now();
    heap.free(iterator); // what closing the database does in C
    heap.free(database);

    Result result = read(iterators, written);
    for (int i = 0; i < MOST_ALLOCATIONS && result instanceof Result.NoHarm; i++) {
      Bytes.fill(heap.allocate(ITERATOR_BYTES), "something else..");
      result = read(iterators, written);
    }
    return result;
  }

  private static Result read(Map<String, MemorySegment> iterators, byte[] written) {
    return Bytes.compare(written, Objects.requireNonNull(iterators.get(KEY)).toArray(JAVA_BYTE));
  }

  @Override
  public Result protectedRun() {
    try (Registry registry = Registry.create(Tracking.FULL)) {
      Map<String, Long> iterators = new HashMap<>();
      long database = registry.adopt(heap.allocate(DATABASE_BYTES), heap::free, "database");
      MemorySegment iterator = heap.allocate(ITERATOR_BYTES);
      byte[] written = Bytes.fill(iterator, "stands at row 7.");
      iterators.put(KEY, registry.adoptChild(database, iterator, heap::free, "iterator"));

      Bug.now();
      registry.release(database);

      try (Lease lease = registry.lease(iterators.get(KEY))) {
        return Bytes.compare(written, lease.segment().toArray(JAVA_BYTE));
      } catch (StaleHandleException e) {
        return Result.Thrown.of(e);
      }
    }
  }
}
