package dev.lifebound.memory.handle;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Seeded random operations against a plain reference; the seed is in every failure. */
class RegistryModelTest {
  private static final int STEPS = 20_000;

  private static final class Model {
    int references = 1;
    long value;
    boolean adopted;
    final List<Lease> leases = new ArrayList<>();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyHandleBehavesAsItsModel(long seed) {
    Random random = new Random(seed);
    Map<Long, Model> models = new HashMap<>();
    List<Long> issued = new ArrayList<>();
    LongAdder freed = new LongAdder();
    long adoptions = 0;
    // Every other seed with everything on: the same behaviour is asked of both.
    boolean watched = seed % 2 == 0;
    Registry registry =
        Registry.builder()
            .tracking(watched ? Tracking.FULL : Tracking.OFF)
            .checked(watched)
            .build();
    for (int step = 0; step < STEPS; step++) {
      int choice = random.nextInt(10);
      if (choice < 3 || issued.isEmpty()) {
        Model model = new Model();
        long size = 8L + random.nextInt(200);
        model.adopted = random.nextBoolean();
        long handle;
        if (model.adopted) {
          adoptions++;
          handle = registry.adopt(Arena.ofAuto().allocate(size), _ -> freed.increment(), "a");
        } else {
          handle = registry.allocate(size, "b");
        }
        assertThat(models.put(handle, model)).as("seed %d: handle reissued", seed).isNull();
        issued.add(handle);
      } else {
        long handle = issued.get(random.nextInt(issued.size()));
        Model model = requireNonNull(models.get(handle));
        apply(registry, handle, model, choice, random, "seed " + seed + " step " + step);
      }
      if (step % 64 == 0) {
        registry.checkInvariants();
      }
    }
    for (Map.Entry<Long, Model> entry : models.entrySet()) {
      entry.getValue().leases.forEach(Lease::close);
      for (; entry.getValue().references > 0; entry.getValue().references--) {
        registry.release(entry.getKey());
      }
    }
    registry.checkInvariants();
    assertThat(registry.blocks()).as("seed %d", seed).isZero();
    assertThat(freed.sum()).as("seed %d", seed).isEqualTo(adoptions);
    registry.close();
  }

  private static void apply(
      Registry registry, long handle, Model model, int choice, Random random, String context) {
    boolean live = model.references > 0;
    Class<?> thrown = null;
    try {
      switch (choice) {
        case 3, 4 -> {
          registry.retain(handle);
          model.references++;
        }
        case 5, 6, 7 -> {
          registry.release(handle);
          model.references--;
        }
        case 8 -> model.leases.add(registry.lease(handle));
        default -> {
          if (!model.leases.isEmpty()) {
            Lease lease = model.leases.remove(random.nextInt(model.leases.size()));
            assertThat(lease.getLong(0)).as(context).isEqualTo(model.value);
            model.value = random.nextLong();
            lease.setLong(0, model.value);
            lease.close();
          }
          return;
        }
      }
    } catch (LifeboundException e) {
      thrown = e.getClass();
    }
    if (live) {
      assertThat(thrown).as(context).isNull();
    } else {
      assertThat(thrown)
          .as(context)
          .isEqualTo(
              choice >= 5 && choice <= 7
                  ? DoubleReleaseException.class
                  : StaleHandleException.class);
    }
  }

  /**
   * Leases against frees on other threads: a value read is the block's own, or the lease throws.
   */
  @Test
  void aLeaseNeverReadsAnotherBlock() throws Exception {
    int threads = 4;
    int rounds = 40_000;
    long[] current = new long[64];
    Registry registry = Registry.create(Tracking.OFF);
    LongAdder freed = new LongAdder();
    LongAdder adoptions = new LongAdder();
    for (int i = 0; i < current.length; i++) {
      current[i] = fresh(registry, freed, adoptions);
    }
    AtomicLongArray table = new AtomicLongArray(current);
    CountDownLatch start = new CountDownLatch(1);
    LongAdder reads = new LongAdder();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> results = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        long seed = t;
        results.add(
            pool.submit(() -> {
              Random random = new Random(seed);
              start.await();
              for (int i = 0; i < rounds; i++) {
                int at = random.nextInt(table.length());
                if (i % 4 == 0) {
                  long next = fresh(registry, freed, adoptions);
                  registry.release(table.getAndSet(at, next));
                } else {
                  long handle = table.get(at);
                  try (Lease lease = registry.lease(handle)) {
                    assertThat(lease.getLong(8)).isEqualTo(lease.getLong(0) ^ MARK);
                    reads.increment();
                  } catch (StaleHandleException e) {
                    assertThat(table.get(at)).isNotEqualTo(handle);
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
    assertThat(registry.blocks()).isEqualTo(current.length);
    registry.close();
    assertThat(freed.sum()).isEqualTo(adoptions.sum());
  }

  private static final long MARK = 0x5DEECE66DL;

  /** A block whose second word proves that the first one is its own. */
  private static long fresh(Registry registry, LongAdder freed, LongAdder adoptions) {
    long value = System.nanoTime();
    if ((value & 1) == 0) {
      adoptions.increment();
      MemorySegment block = Arena.ofAuto().allocate(16, 8);
      block.set(java.lang.foreign.ValueLayout.JAVA_LONG, 0, value);
      block.set(java.lang.foreign.ValueLayout.JAVA_LONG, 8, value ^ MARK);
      return registry.adopt(
          block,
          dead -> {
            dead.fill((byte) 0xDD);
            freed.increment();
          },
          "adopted");
    }
    long handle = registry.allocate(16, "own");
    try (Lease lease = registry.lease(handle)) {
      lease.setLong(0, value);
      lease.setLong(8, value ^ MARK);
    }
    return handle;
  }
}
