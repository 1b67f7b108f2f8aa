package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.LimitExceededException;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sessions free their block by a cleaner, when the collector finds them unreachable.
 *
 * <p>Too early: a map keeps the block of a session, and nobody keeps the session. Too late: the
 * sessions that were dropped are a few bytes of heap each, so the collector has no reason to run,
 * whatever they hold in C.
 */
final class LateCleaner implements Victim {
  private static final Cleaner CLEANER = Cleaner.create();

  private static final long SMALL_BYTES = 48;
  private static final long MEGABYTE = 1L << 20;
  private static final int DROPPED = 64;
  private static final long LIMIT_BYTES = 16 * MEGABYTE;
  private static final int MOST_COLLECTIONS = 100;
  private static final String KEY = "alice";

  private final NativeHeap heap;
  private final boolean early;

  LateCleaner(NativeHeap heap, boolean early) {
    this.heap = heap;
    this.early = early;
  }

  /** Owns a block until it is unreachable. */
  private static final class Session {
    private final MemorySegment block;

    Session(NativeHeap heap, long byteSize, Runnable afterwards) {
      MemorySegment mine = heap.allocate(byteSize);
      block = mine;
      CLEANER.register(
          this,
          () -> {
            heap.free(mine);
            afterwards.run();
          });
    }

    MemorySegment block() {
      return block;
    }
  }

  @Override
  public Result unprotected() {
    return early ? tooEarly() : tooLate();
  }

  @Override
  public Result protectedRun() {
    return early ? ownedByAMap() : limited();
  }

  private Result tooEarly() {
    Map<String, MemorySegment> sessions = new HashMap<>();
    CountDownLatch freed = new CountDownLatch(1);
    sessions.put(KEY, new Session(heap, SMALL_BYTES, freed::countDown).block());
    byte[] written = Bytes.fill(Objects.requireNonNull(sessions.get(KEY)), "session of alice");

    Bug.now();
    if (!collectUntil(freed)) {
      return new Result.NoHarm("the collector did not find the session");
    }
    Result result = read(sessions, written);
    for (int i = 0; i < DROPPED && result instanceof Result.NoHarm; i++) {
      Bytes.fill(heap.allocate(SMALL_BYTES), "something else..");
      result = read(sessions, written);
    }
    return result;
  }

  private static Result read(Map<String, MemorySegment> sessions, byte[] written) {
    return Bytes.compare(written, Objects.requireNonNull(sessions.get(KEY)).toArray(JAVA_BYTE));
  }

  private Result ownedByAMap() {
    CountDownLatch reported = new CountDownLatch(1);
    try (Registry registry =
        Registry.builder()
            .tracking(Tracking.FULL)
            .leakListener(_ -> reported.countDown())
            .build()) {
      Map<String, Long> sessions = new HashMap<>();
      MemorySegment block = heap.allocate(SMALL_BYTES);
      byte[] written = Bytes.fill(block, "session of alice");
      sessions.put(KEY, registry.own(registry.adopt(block, heap::free, "session")).handle());

      Bug.now();
      if (!collectUntil(reported)) {
        return new Result.NoHarm("the collector did not find the owner");
      }
      try (Lease lease = registry.lease(sessions.get(KEY))) {
        return Bytes.compare(written, lease.segment().toArray(JAVA_BYTE));
      } catch (StaleHandleException e) {
        return Result.Thrown.of(e);
      }
    }
  }

  private Result tooLate() {
    AtomicInteger freed = new AtomicInteger();
    for (int i = 0; i < DROPPED; i++) {
      new Session(heap, MEGABYTE, freed::incrementAndGet).block().fill((byte) 'a');
      if (i == 0) {
        Bug.now();
      }
    }
    int now = freed.get();
    return now < DROPPED
        ? new Result.Leak("dropped %d sessions of 1 MB each, %d were freed".formatted(DROPPED, now))
        : new Result.NoHarm("all sessions were freed");
  }

  private Result limited() {
    try (Registry registry =
        Registry.builder().tracking(Tracking.FULL).byteLimit(LIMIT_BYTES).build()) {
      for (int i = 0; i < DROPPED; i++) {
        registry.own(registry.allocate(MEGABYTE, "session"));
        if (i == 0) {
          Bug.now();
        }
      }
      return new Result.NoHarm("all sessions were allocated");
    } catch (LimitExceededException e) {
      return Result.Thrown.of(e);
    }
  }

  private static boolean collectUntil(CountDownLatch done) {
    try {
      for (int i = 0; i < MOST_COLLECTIONS; i++) {
        System.gc();
        if (done.await(100, TimeUnit.MILLISECONDS)) {
          return true;
        }
      }
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the victim must not be interrupted", e);
    }
  }
}
