package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real Caffeine cache as the map below a bound map: what it evicts is freed, once, unread. */
class CaffeineTest {
  private static final long MARK = 0x5DEECE66DL;

  private final Registry registry = Registry.create(Tracking.OFF);
  private final LongAdder adopted = new LongAdder();
  private final LongAdder freed = new LongAdder();
  private final AtomicLong nanos = new AtomicLong();

  /** Which of Caffeine's two listeners tells of evictions. */
  enum Listener {
    /** Inside the eviction, under the cache's lock for the entry. */
    EVICTION,
    /** After it, on the cache's executor. */
    REMOVAL
  }

  @AfterEach
  void everythingIsFreedOnce() {
    registry.checkInvariants();
    assertThat(registry.blocks()).isZero();
    assertThat(freed.sum()).isEqualTo(adopted.sum());
    registry.close();
  }

  /** A block whose second word proves that the first one is its own. */
  private long block(long value) {
    MemorySegment block = Arena.ofAuto().allocate(16, 8);
    block.set(JAVA_LONG, 0, value);
    block.set(JAVA_LONG, 8, value ^ MARK);
    adopted.increment();
    return registry.adopt(
        block,
        dead -> {
          dead.fill((byte) 0xDD);
          freed.increment();
        },
        "page");
  }

  private record Bound(Cache<String, Long> cache, BoundMap<String> map) {}

  private Bound bound(
      Listener listener, Executor executor, UnaryOperator<Caffeine<Object, Object>> settings) {
    Evictions<String> evictions = new Evictions<>();
    Caffeine<Object, Object> builder =
        settings.apply(Caffeine.newBuilder().executor(executor).ticker(nanos::get));
    Cache<String, Long> cache =
        switch (listener) {
          case EVICTION ->
              builder
                  .evictionListener((@Nullable String key, @Nullable Long handle, RemovalCause _) ->
                      tell(evictions, key, handle))
                  .build();
          case REMOVAL ->
              builder
                  .removalListener(
                      (@Nullable String key, @Nullable Long handle, RemovalCause cause) -> {
                        if (cause.wasEvicted()) {
                          tell(evictions, key, handle);
                        }
                      })
                  .build();
        };
    return new Bound(cache, BoundMap.over(registry, cache.asMap(), evictions));
  }

  private static void tell(
      Evictions<String> evictions, @Nullable String key, @Nullable Long handle) {
    if (key != null && handle != null) {
      evictions.evicted(key, handle);
    }
  }

  @ParameterizedTest
  @EnumSource(Listener.class)
  void whatIsTooManyIsFreed(Listener listener) {
    Bound bound = bound(listener, Runnable::run, builder -> builder.maximumSize(10));
    for (int i = 0; i < 100; i++) {
      bound.map.put("k" + i, block(i));
    }
    bound.cache.cleanUp();
    assertThat(bound.map).hasSize(10);
    assertThat(freed.sum()).isEqualTo(90);
    bound.map.forEach((_, handle) -> assertThat(registry.isLive(handle)).isTrue());
    bound.map.close();
  }

  @ParameterizedTest
  @EnumSource(Listener.class)
  void whatIsTooHeavyIsFreed(Listener listener) {
    Bound bound =
        bound(
            listener,
            Runnable::run,
            builder ->
                builder.maximumWeight(100).weigher((key, _) -> key.equals("heavy") ? 101 : 10));
    for (int i = 0; i < 20; i++) {
      bound.map.put("k" + i, block(i));
    }
    bound.cache.cleanUp();
    assertThat(freed.sum()).isEqualTo(10);
    bound.map.put("heavy", block(-1));
    bound.cache.cleanUp();
    assertThat(bound.map.lease("heavy")).isEmpty();
    assertThat(freed.sum()).isEqualTo(11);
    bound.map.close();
  }

  @ParameterizedTest
  @EnumSource(Listener.class)
  void whatIsTooOldIsRefusedAtOnceAndFreedWhenTheCacheNotices(Listener listener) {
    Bound bound =
        bound(
            listener, Runnable::run, builder -> builder.expireAfterWrite(Duration.ofNanos(1_000)));
    bound.map.put("old", block(1));
    bound.map.put("replaced", block(2));
    bound.map.put("removed", block(3));
    nanos.addAndGet(500);
    bound.map.put("young", block(4));
    nanos.addAndGet(600);
    assertThat(bound.map.lease("old")).isEmpty();
    assertThat(bound.map.put("replaced", block(5))).isNull();
    assertThat(bound.map.remove("removed")).isNull();
    bound.cache.cleanUp();
    assertThat(freed.sum()).isEqualTo(3);
    assertThat(bound.map).containsOnlyKeys("replaced", "young");
    bound.map.close();
  }

  /** An iteration of the cache, and so a clear, leaves out what has expired. */
  @ParameterizedTest
  @EnumSource(Listener.class)
  void whatExpiredBeforeTheCloseIsFreedByTheCachesCleanUp(Listener listener) {
    Bound bound =
        bound(
            listener, Runnable::run, builder -> builder.expireAfterWrite(Duration.ofNanos(1_000)));
    bound.map.put("old", block(1));
    nanos.addAndGet(1_100);
    bound.map.close();
    bound.cache.cleanUp();
    assertThat(freed.sum()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Listener.class)
  void whatIsRemovedThroughTheBoundMapIsFreedOnce(Listener listener) {
    Bound bound = bound(listener, Runnable::run, builder -> builder.maximumSize(10));
    bound.map.put("a", block(1));
    bound.map.put("a", block(2));
    bound.map.remove("a");
    assertThat(freed.sum()).isEqualTo(2);
    bound.map.put("b", block(3));
    bound.map.put("c", block(4));
    bound.map.keySet().removeIf("b"::equals);
    bound.map.clear();
    assertThat(freed.sum()).isEqualTo(4);
    assertThat(bound.cache.estimatedSize()).isZero();
    bound.map.close();
  }

  @ParameterizedTest
  @EnumSource(Listener.class)
  void aBlockThatCFreesLeavesTheCache(Listener listener) {
    Bound bound = bound(listener, Runnable::run, builder -> builder.maximumSize(10));
    long handle = block(1);
    bound.map.put("a", handle);
    registry.markFreedByC(handle);
    freed.increment(); // by C
    assertThat(bound.cache.asMap()).isEmpty();
    bound.map.close();
  }

  @ParameterizedTest
  @EnumSource(Listener.class)
  void aValueIsLoadedOnceAndRefreshedUnderItsReaders(Listener listener) {
    Bound bound = bound(listener, Runnable::run, builder -> builder.maximumSize(10));
    bound.map.computeIfAbsent("a", _ -> block(1));
    bound.map.computeIfAbsent("a", _ -> block(9));
    try (Lease before = bound.map.lease("a").orElseThrow()) {
      bound.map.compute("a", (_, _) -> block(2));
      assertThat(before.getLong(0)).isEqualTo(1);
      try (Lease after = bound.map.lease("a").orElseThrow()) {
        assertThat(after.getLong(0)).isEqualTo(2);
      }
    }
    assertThat(registry.blocks()).isEqualTo(1);
    bound.map.close();
  }

  @ParameterizedTest
  @EnumSource(Listener.class)
  void anEvictionWaitsForTheReader(Listener listener) {
    Bound bound = bound(listener, Runnable::run, builder -> builder.maximumSize(1));
    bound.map.put("a", block(1));
    try (Lease lease = bound.map.lease("a").orElseThrow()) {
      bound.cache.policy().eviction().orElseThrow().setMaximum(0);
      bound.cache.cleanUp();
      assertThat(bound.map).isEmpty();
      assertThat(freed.sum()).isZero();
      assertThat(lease.getLong(0)).isEqualTo(1);
    }
    assertThat(freed.sum()).isEqualTo(1);
  }

  /** The eviction of a parent removes its children's entries, outside of the cache's locks. */
  @Test
  void aParentAndItsChildrenMayBeInOneCacheWithARemovalListener() {
    Bound bound = bound(Listener.REMOVAL, Runnable::run, builder -> builder.maximumSize(1_000));
    for (int i = 0; i < 100; i++) {
      long database = block(i);
      adopted.increment();
      long iterator =
          registry.adoptChild(
              database, Arena.ofAuto().allocate(16), _ -> freed.increment(), "iterator");
      bound.map.put("db" + i, database);
      bound.map.put("it" + i, iterator);
    }
    bound.cache.policy().eviction().orElseThrow().setMaximum(100);
    bound.cache.cleanUp();
    bound.map.forEach((_, handle) -> assertThat(registry.isLive(handle)).isTrue());
    assertThat(registry.blocks()).isEqualTo(bound.map.size());
    bound.map.close();
  }

  @Test
  void evictionsBelongToOneBoundMap() {
    Evictions<String> evictions = new Evictions<>();
    assertThatThrownBy(() -> evictions.evicted("a", 1L))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("key=a");
    Cache<String, Long> cache = Caffeine.newBuilder().build();
    BoundMap<String> map = BoundMap.over(registry, cache.asMap(), evictions);
    assertThat(map).isEmpty();
    assertThatThrownBy(() -> BoundMap.over(registry, cache.asMap(), evictions))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** ben-manes/caffeine#177 at speed: readers, writers, deaths and evictions on a small cache. */
  @ParameterizedTest
  @EnumSource(Listener.class)
  void evictionsNeverCrashAReaderNorLeak(Listener listener) throws Exception {
    int threads = 4;
    LongAdder reads = new LongAdder();
    LongAdder byC = new LongAdder();
    ExecutorService maintenance = Executors.newSingleThreadExecutor();
    Bound bound = bound(listener, maintenance, builder -> builder.maximumSize(64));
    CyclicBarrier start = new CyclicBarrier(threads);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> workers = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        Random random = new Random(t);
        workers.add(
            pool.submit(() -> {
              start.await();
              for (int i = 0; i < 40_000; i++) {
                work(bound.map, random, reads, byC);
              }
              return null;
            }));
      }
      for (Future<?> worker : workers) {
        worker.get();
      }
    }
    maintenance.submit(bound.cache::cleanUp).get();
    maintenance.submit(() -> {}).get(); // behind the notices that the cleaning has submitted
    assertThat(reads.sum()).isPositive();
    assertThat(registry.blocks()).isEqualTo(bound.map.size());
    bound.map.close();
    maintenance.shutdown();
    assertThat(maintenance.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    freed.add(byC.sum());
  }

  private void work(BoundMap<String> map, Random random, LongAdder reads, LongAdder byC) {
    String key = "k" + random.nextInt(200);
    switch (random.nextInt(8)) {
      case 0 -> map.put(key, block(random.nextLong()));
      case 1 -> map.compute(key, (_, _) -> block(random.nextLong()));
      case 2 -> map.remove(key);
      case 3 -> {
        Long handle = map.get(key);
        if (handle != null && random.nextInt(8) == 0) {
          try {
            registry.markFreedByC(handle);
            byC.increment();
          } catch (StaleHandleException e) {
            assertThat(registry.isLive(handle)).as(e.getMessage()).isFalse();
          }
        }
      }
      default -> {
        map.computeIfAbsent(key, _ -> block(random.nextLong()));
        map.lease(key)
            .ifPresent(lease -> {
              try (lease) {
                assertThat(lease.getLong(8)).isEqualTo(lease.getLong(0) ^ MARK);
                reads.increment();
              }
            });
      }
    }
  }
}
