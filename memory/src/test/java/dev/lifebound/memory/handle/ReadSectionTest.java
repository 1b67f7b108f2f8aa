package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

class ReadSectionTest {
  private final Registry registry = Registry.create(Tracking.OFF);
  private final List<MemorySegment> freed = new ArrayList<>();

  private long adopt() {
    return registry.adopt(Arena.ofAuto().allocate(16), freed::add, "row");
  }

  @Test
  void aFreeWaitsForTheSectionsThatBeganBeforeIt() {
    long handle = adopt();
    ReadSection early = registry.read();
    assertThat(early.getLong(handle, 8)).isZero();
    registry.release(handle);
    assertThat(freed).isEmpty();
    assertThat(registry.snapshot().waitingFrees()).isEqualTo(1);
    registry.checkInvariants();
    ReadSection late = registry.read();
    assertThatThrownBy(() -> early.getLong(handle, 8)).isInstanceOf(StaleHandleException.class);
    early.close();
    early.close();
    assertThat(freed).hasSize(1);
    late.close();
    assertThat(registry.snapshot().deferredFrees()).isEqualTo(1);
    assertThat(registry.blocks()).isZero();
    registry.checkInvariants();
  }

  @Test
  void aSectionHoldsLeasesEndToo() {
    long handle = adopt();
    Lease lease = registry.lease(handle);
    ReadSection section = registry.read();
    registry.release(handle);
    lease.close();
    assertThat(freed).isEmpty();
    section.close();
    assertThat(freed).hasSize(1);
  }

  @Test
  void aReadIsBoundedAndRefusedAfterClose() {
    long handle = registry.allocate(16, "x");
    ReadSection section = registry.read();
    assertThat(section.segment(handle).byteSize()).isEqualTo(16);
    assertThatThrownBy(() -> section.getLong(handle, 9))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> section.getLong(handle, -1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    section.close();
    assertThatThrownBy(() -> section.getLong(handle, 0)).isInstanceOf(LeaseClosedException.class);
    assertThatThrownBy(() -> section.segment(handle)).isInstanceOf(LeaseClosedException.class);
  }

  @Test
  void sectionsNest() {
    long handle = adopt();
    try (ReadSection outer = registry.read()) {
      try (ReadSection inner = registry.read()) {
        assertThat(inner.getLong(handle, 0)).isEqualTo(outer.getLong(handle, 0));
        registry.release(handle);
      }
      assertThat(freed).isEmpty();
    }
    assertThat(freed).hasSize(1);
  }

  @Test
  void aLongSectionIsReportedOnceWithItsStack() {
    List<LongSection> reports = new ArrayList<>();
    try (Registry strict = Registry.builder().sectionWarning(Duration.ZERO, reports::add).build()) {
      try (ReadSection _ = strict.read()) {
        for (int i = 0; i < 5; i++) {
          strict.release(strict.allocate(8, "x"));
        }
      }
    }
    assertThat(reports).hasSize(1);
    assertThat(reports.getFirst().thread()).isEqualTo(Thread.currentThread().getName());
    assertThat(reports.getFirst().waitingFrees()).isPositive();
    assertThat(reports.getFirst().stack())
        .anyMatch(frame -> frame.getMethodName().equals("aLongSectionIsReportedOnceWithItsStack"));
  }

  @Test
  void closingTheRegistryWaitsForSections() {
    adopt();
    ReadSection section = registry.read();
    registry.close();
    assertThat(freed).isEmpty();
    section.close();
    assertThat(freed).hasSize(1);
    assertThat(registry.blocks()).isZero();
  }

  /** A freed block is filled with a mark at once: a section must never see it. */
  @Test
  void noSectionEverReadsAFreedBlock() throws Exception {
    long mark = 0xDDDDDDDDDDDDDDDDL;
    LongAdder frees = new LongAdder();
    LongAdder adoptions = new LongAdder();
    AtomicLongArray table = new AtomicLongArray(32);
    Deallocator poison =
        block -> {
          block.fill((byte) 0xDD);
          frees.increment();
        };
    for (int i = 0; i < table.length(); i++) {
      table.set(i, registry.adopt(Arena.ofAuto().allocate(16), poison, "row"));
      adoptions.increment();
    }
    CountDownLatch start = new CountDownLatch(1);
    LongAdder reads = new LongAdder();
    try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
      List<Future<?>> results = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int seed = t;
        results.add(
            pool.submit(() -> {
              Random random = new Random(seed);
              start.await();
              for (int round = 0; round < 10_000; round++) {
                if (seed == 0) {
                  long next = registry.adopt(Arena.ofAuto().allocate(16), poison, "row");
                  adoptions.increment();
                  registry.release(table.getAndSet(random.nextInt(table.length()), next));
                  continue;
                }
                try (ReadSection section = registry.read()) {
                  for (int i = 0; i < 10; i++) {
                    long handle = table.get(random.nextInt(table.length()));
                    MemorySegment segment;
                    try {
                      segment = section.segment(handle);
                    } catch (StaleHandleException e) {
                      continue;
                    }
                    assertThat(segment.get(ValueLayout.JAVA_LONG_UNALIGNED, 8)).isNotEqualTo(mark);
                    Thread.onSpinWait();
                    assertThat(segment.get(ValueLayout.JAVA_LONG_UNALIGNED, 0)).isNotEqualTo(mark);
                    reads.increment();
                  }
                }
              }
              return null;
            }));
      }
      start.countDown();
      for (Future<?> result : results) {
        result.get();
      }
    }
    assertThat(reads.sum()).isPositive();
    registry.checkInvariants();
    registry.close();
    assertThat(frees.sum()).isEqualTo(adoptions.sum());
  }

  /** A section's end and a free that meets it: one of the two must see the other. */
  @Test
  void aFreeThatMeetsTheEndOfTheLastSectionIsNotForgotten() {
    int rounds = 5_000;
    int forgotten = 0;
    AtomicInteger turn = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    Thread reader =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              for (int round = 1; round <= rounds; round++) {
                while (turn.get() < round) {
                  Thread.onSpinWait();
                }
                try (ReadSection _ = registry.read()) {
                  spin(round & 31);
                }
                done.set(round);
              }
            });
    for (int round = 1; round <= rounds; round++) {
      long handle = registry.allocate(16, "x");
      turn.set(round);
      spin((round >> 5) & 31);
      registry.release(handle);
      while (done.get() < round && reader.isAlive()) {
        Thread.onSpinWait();
      }
      if (registry.blocks() != 0) {
        forgotten++;
        registry.read().close(); // which finds what was forgotten
      }
    }
    assertThat(forgotten).isZero();
  }

  private static void spin(int times) {
    for (int i = 0; i < times; i++) {
      Thread.onSpinWait();
    }
  }
}
