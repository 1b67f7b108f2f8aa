package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A cache of four rows is full; the fifth row evicts the first, whose block the cache frees while
 * another thread reads it.
 */
final class EvictionUnderReader implements Victim {
  private static final long BLOCK_BYTES = 48;
  private static final int MOST_ROWS = 4;
  private static final String TEXT = "the row is whole";

  private final NativeHeap heap;

  EvictionUnderReader(NativeHeap heap) {
    this.heap = heap;
  }

  @Override
  public Result unprotected() {
    Map<Integer, MemorySegment> cache =
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Integer, MemorySegment> eldest) {
            if (size() <= MOST_ROWS) {
              return false;
            }
            Bug.now();
            heap.free(eldest.getValue());
            return true;
          }
        };
    for (int i = 0; i < MOST_ROWS; i++) {
      cache.put(i, row());
    }
    MemorySegment first = Objects.requireNonNull(cache.get(0));
    byte[] written = first.toArray(JAVA_BYTE);
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch evicted = new CountDownLatch(1);
    return readBy(
        () -> {
          reading.countDown();
          evicted.await();
          return Bytes.compare(written, first.toArray(JAVA_BYTE));
        },
        reading,
        () -> cache.put(MOST_ROWS, row()),
        evicted);
  }

  @Override
  public Result protectedRun() {
    try (Registry registry = Registry.create(Tracking.FULL);
        BoundMap<Integer> cache = BoundMap.over(registry, new ConcurrentHashMap<>(), "rows")) {
      AtomicInteger freed = new AtomicInteger();
      for (int i = 0; i < MOST_ROWS; i++) {
        cache.put(i, registry.adopt(row(), block -> free(block, freed), "row"));
      }
      CountDownLatch reading = new CountDownLatch(1);
      CountDownLatch evicted = new CountDownLatch(1);
      Result result =
          readBy(
              () -> {
                try (Lease lease = cache.lease(0).orElseThrow()) {
                  byte[] written = lease.segment().toArray(JAVA_BYTE);
                  reading.countDown();
                  evicted.await();
                  int early = freed.get();
                  Result read = Bytes.compare(written, lease.segment().toArray(JAVA_BYTE));
                  return early == 0 ? read : new Result.SilentWrongData("freed under a lease");
                }
              },
              reading,
              () -> {
                Bug.now();
                cache.remove(0); // evicts the oldest row
                cache.put(MOST_ROWS, registry.adopt(row(), block -> free(block, freed), "row"));
              },
              evicted);
      return result instanceof Result.NoHarm && freed.get() == 1
          ? new Result.NoHarm(
              "the reader read its row as written; the block was freed when its lease was closed")
          : result;
    }
  }

  private void free(MemorySegment block, AtomicInteger freed) {
    freed.incrementAndGet();
    heap.free(block);
  }

  private MemorySegment row() {
    MemorySegment block = heap.allocate(BLOCK_BYTES);
    Bytes.fill(block, TEXT);
    return block;
  }

  /** Evicts after the reader has begun and before it goes on. */
  private static Result readBy(
      Callable<Result> reader, CountDownLatch reading, Runnable evict, CountDownLatch evicted) {
    try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
      Future<Result> result = threads.submit(reader);
      reading.await();
      evict.run();
      evicted.countDown();
      return result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the victim must not be interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the reader must not fail", e);
    }
  }
}
