package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Mixed operations from 2 platform threads and 1,000 virtual ones on blocks that all of them share:
 * no leak, no double free, every read is the block's own, and the counters are exact.
 *
 * <p>{@code -Dlifebound.soak.operations=100000000} for the long run; see {@code bench/stress}.
 */
class RegistrySoakTest {
  private static final long OPERATIONS = Long.getLong("lifebound.soak.operations", 10_000_000L);
  private static final int PLATFORM_THREADS = 2;
  private static final int VIRTUAL_THREADS = 1_000;
  private static final int SHARED_BLOCKS = 512;
  private static final int FOREIGN_BLOCKS = 4_096;
  private static final int BLOCK_BYTES = 32;
  private static final long SEED = 1;

  private final Registry registry =
      Registry.builder()
          .tracking(Tracking.OFF)
          .sectionWarning(Duration.ofMinutes(10), _ -> {})
          .build();
  private final AtomicLongArray shared = new AtomicLongArray(SHARED_BLOCKS);
  private final BoundMap<Integer> map = BoundMap.over(registry, new ConcurrentHashMap<>());
  private final Foreign foreign = new Foreign();
  private final LongAdder allocated = new LongAdder();
  private final LongAdder staleUses = new LongAdder();
  private final LongAdder doubleReleases = new LongAdder();
  private final LongAdder reads = new LongAdder();
  private final LongAdder wrongReads = new LongAdder();

  /**
   * Memory that is not the registry's: which of its blocks are out, and how often one came back.
   */
  private static final class Foreign {
    final MemorySegment memory = Arena.ofAuto().allocate((long) FOREIGN_BLOCKS * BLOCK_BYTES, 16);
    final AtomicIntegerArray out = new AtomicIntegerArray(FOREIGN_BLOCKS);
    final ConcurrentLinkedQueue<Integer> free = new ConcurrentLinkedQueue<>();
    final LongAdder adopted = new LongAdder();
    final LongAdder freed = new LongAdder();
    final LongAdder doubleFrees = new LongAdder();

    Foreign() {
      for (int block = 0; block < FOREIGN_BLOCKS; block++) {
        free.add(block);
      }
    }

    void free(int block, MemorySegment segment) {
      segment.fill((byte) 0xDD);
      if (out.getAndSet(block, 0) != 1) {
        doubleFrees.increment();
      }
      freed.increment();
      free.add(block);
    }
  }

  @Test
  void mixedOperationsLeaveNothingBehind() throws Exception {
    SplittableRandom seeds = new SplittableRandom(SEED);
    for (int i = 0; i < SHARED_BLOCKS; i++) {
      shared.set(i, block(seeds.nextLong()));
    }
    long eachPlatform = OPERATIONS / 2 / PLATFORM_THREADS;
    long eachVirtual = OPERATIONS / 2 / VIRTUAL_THREADS;
    try (ExecutorService platform = Executors.newFixedThreadPool(PLATFORM_THREADS);
        ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> workers = new ArrayList<>();
      for (int t = 0; t < PLATFORM_THREADS; t++) {
        SplittableRandom random = seeds.split();
        workers.add(platform.submit(() -> work(random, eachPlatform)));
      }
      for (int t = 0; t < VIRTUAL_THREADS; t++) {
        SplittableRandom random = seeds.split();
        workers.add(virtual.submit(() -> work(random, eachVirtual)));
      }
      for (Future<?> worker : workers) {
        worker.get();
      }
    }
    countersAreExact();
    map.close();
    for (int i = 0; i < SHARED_BLOCKS; i++) {
      registry.release(shared.get(i));
    }
    assertThat(registry.blocks()).isZero();
    assertThat(registry.snapshot().bytes()).isZero();
    assertThat(foreign.freed.sum()).isEqualTo(foreign.adopted.sum());
    assertThat(foreign.doubleFrees.sum()).isZero();
    assertThat(foreign.free).hasSize(FOREIGN_BLOCKS);
    registry.checkInvariants();
    registry.close();
  }

  private void countersAreExact() {
    registry.checkInvariants();
    Snapshot snapshot = registry.snapshot();
    assertThat(snapshot.blocks()).isEqualTo(SHARED_BLOCKS + map.size());
    assertThat(snapshot.bytes()).isEqualTo(snapshot.blocks() * BLOCK_BYTES);
    assertThat(snapshot.waitingFrees()).isZero();
    assertThat(snapshot.openSections()).isZero();
    assertThat(snapshot.staleUses()).isEqualTo(staleUses.sum()).isPositive();
    assertThat(snapshot.doubleReleases()).isEqualTo(doubleReleases.sum()).isPositive();
    assertThat(snapshot.deferredFrees()).isPositive();
    assertThat(reads.sum()).isPositive();
    assertThat(wrongReads.sum()).isZero();
    assertThat(allocated.sum()).isGreaterThan(OPERATIONS / 20);
  }

  @SuppressWarnings(
      "ThreadPriorityCheck") // a thousand virtual threads must take turns on two cores
  private void work(SplittableRandom random, long operations) {
    long last = 0;
    for (long i = 0; i < operations; i++) {
      int at = random.nextInt(SHARED_BLOCKS);
      try {
        switch (random.nextInt(16)) {
          case 0, 1 -> {
            last = shared.getAndSet(at, block(random.nextLong()));
            registry.release(last);
          }
          case 2 -> doubleRelease(last);
          case 3 -> stale(last);
          case 4 -> map.put(at, block(random.nextLong()));
          case 5 -> map.remove(at);
          case 6 -> leaseRead(map.get(at));
          case 7 -> sectionReads(random);
          case 8, 9, 10 -> {
            long handle = shared.get(at);
            registry.retain(handle);
            registry.release(handle);
          }
          default -> leaseRead(shared.get(at));
        }
      } catch (StaleHandleException e) {
        staleUses.increment();
      }
      if ((i & 255) == 0) {
        Thread.yield();
      }
    }
  }

  /** The handle was released by this thread; its references may still be retained by others. */
  private void doubleRelease(long released) {
    if (released != 0 && !registry.isLive(released)) {
      try {
        registry.release(released);
      } catch (DoubleReleaseException e) {
        doubleReleases.increment();
      }
    }
  }

  private void stale(long released) {
    if (released != 0 && !registry.isLive(released)) {
      registry.lease(released).close();
      wrongReads.increment();
    }
  }

  private void leaseRead(@Nullable Long handle) {
    if (handle == null) {
      return;
    }
    try (Lease lease = registry.lease(handle)) {
      check(lease.getLong(0), lease.getLong(8), lease.getLong(16));
    }
  }

  private void sectionReads(SplittableRandom random) {
    try (ReadSection section = registry.read()) {
      for (int i = 0; i < 4; i++) {
        long handle = shared.get(random.nextInt(SHARED_BLOCKS));
        check(section.getLong(handle, 0), section.getLong(handle, 8), section.getLong(handle, 16));
      }
    }
  }

  private void check(long value, long twin, long inverse) {
    reads.increment();
    if (value != twin || value != ~inverse) {
      wrongReads.increment();
    }
  }

  /** A block that says three times who it is; every second one is not the registry's memory. */
  private long block(long value) {
    allocated.increment();
    Integer number = (value & 1) == 0 ? foreign.free.poll() : null;
    if (number == null) {
      long handle = registry.allocate(BLOCK_BYTES, "own");
      try (Lease lease = registry.lease(handle)) {
        lease.setLong(0, value);
        lease.setLong(8, value);
        lease.setLong(16, ~value);
      }
      return handle;
    }
    int mine = number;
    MemorySegment segment = foreign.memory.asSlice((long) mine * BLOCK_BYTES, BLOCK_BYTES);
    segment.set(JAVA_LONG, 0, value);
    segment.set(JAVA_LONG, 8, value);
    segment.set(JAVA_LONG, 16, ~value);
    if (foreign.out.getAndSet(mine, 1) != 0) {
      foreign.doubleFrees.increment();
    }
    foreign.adopted.increment();
    return registry.adopt(segment, dead -> foreign.free(mine, dead), "adopted");
  }
}
