package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BoundMapTest {
  private final Registry registry = Registry.create(Tracking.OFF);
  private final LongAdder freed = new LongAdder();

  static Stream<Supplier<Map<String, Long>>> maps() {
    return Stream.of(
        HashMap::new, TreeMap::new, ConcurrentHashMap::new, ConcurrentSkipListMap::new);
  }

  private long block() {
    return registry.adopt(Arena.ofAuto().allocate(16), _ -> freed.increment(), "value");
  }

  @ParameterizedTest
  @MethodSource("maps")
  void whateverEndsAnEntryFreesItsBlock(Supplier<Map<String, Long>> maps) {
    BoundMap<String> map = BoundMap.over(registry, maps.get());
    assertThat(map.put("a", block())).isNull();
    assertThat(map.remove("a")).isNotNull();
    assertThat(freed.sum()).isEqualTo(1);
    map.put("a", block());
    map.put("a", block());
    assertThat(freed.sum()).isEqualTo(2);
    map.compute("a", (_, _) -> null);
    assertThat(freed.sum()).isEqualTo(3);
    map.put("a", block());
    map.put("b", block());
    Iterator<Map.Entry<String, Long>> entries = map.entrySet().iterator();
    entries.next();
    entries.remove();
    assertThat(freed.sum()).isEqualTo(4);
    assertThat(map).hasSize(1);
    map.values().removeIf(_ -> true);
    assertThat(freed.sum()).isEqualTo(5);
    map.put("c", block());
    map.put("d", block());
    map.clear();
    assertThat(freed.sum()).isEqualTo(7);
    map.put("e", block());
    map.keySet().remove("e");
    assertThat(freed.sum()).isEqualTo(8);
    map.put("f", block());
    for (Map.Entry<String, Long> entry : map.entrySet()) {
      entry.setValue(block());
    }
    assertThat(freed.sum()).isEqualTo(9);
    map.close();
    map.close();
    assertThat(freed.sum()).isEqualTo(10);
    assertThatThrownBy(() -> map.put("g", block())).isInstanceOf(IllegalStateException.class);
    registry.checkInvariants();
  }

  @ParameterizedTest
  @MethodSource("maps")
  void aBlockThatEndsElsewhereLeavesEveryMap(Supplier<Map<String, Long>> maps) {
    BoundMap<String> first = BoundMap.over(registry, maps.get());
    BoundMap<String> second = BoundMap.over(registry, maps.get());
    long handle = block();
    registry.retain(handle);
    first.put("a", handle);
    second.put("b", handle);
    registry.markFreedByC(handle);
    assertThat(first).isEmpty();
    assertThat(second).isEmpty();
    assertThat(freed.sum()).isZero();
    assertThat(registry.blocks()).isZero();

    long database = registry.allocate(8, "db");
    first.put("it", registry.allocateChild(database, 8, "it"));
    registry.release(database);
    assertThat(first).isEmpty();
    assertThat(registry.blocks()).isZero();

    first.put("x", block());
    registry.close();
    assertThat(first).isEmpty();
    assertThat(freed.sum()).isEqualTo(1);
  }

  @Test
  void theEntryIsGoneBeforeTheMemoryIs() {
    BoundMap<String> map = BoundMap.over(registry, new HashMap<>());
    List<Integer> sizes = new ArrayList<>();
    long parent = registry.allocate(8, "parent");
    map.put(
        "a",
        registry.adoptChild(
            parent, Arena.ofAuto().allocate(8), _ -> sizes.add(map.size()), "child"));
    registry.release(parent);
    assertThat(sizes).containsExactly(0);
  }

  @ParameterizedTest
  @MethodSource("maps")
  void conditionalOperationsTakeTheReferenceOnlyWhenTheyPut(Supplier<Map<String, Long>> maps) {
    BoundMap<String> map = BoundMap.over(registry, maps.get());
    long first = block();
    long second = block();
    assertThat(map.putIfAbsent("a", first)).isNull();
    assertThat(map.putIfAbsent("a", second)).isEqualTo(first);
    assertThat(map.replace("b", second)).isNull();
    assertThat(map.replace("a", second, second)).isFalse();
    assertThat(registry.isLive(second)).isTrue();
    assertThat(map.remove("a", second)).isFalse();
    assertThat(map.replace("a", first, second)).isTrue();
    assertThat(registry.isLive(first)).isFalse();
    long third = block();
    assertThat(map.replace("a", third)).isEqualTo(second);
    assertThat(map.remove("a", third)).isTrue();
    assertThat(freed.sum()).isEqualTo(3);
  }

  @ParameterizedTest
  @MethodSource("maps")
  void functionsHandTheirReferencesOver(Supplier<Map<String, Long>> maps) {
    BoundMap<String> map = BoundMap.over(registry, maps.get());
    assertThat(map.computeIfAbsent("a", _ -> block())).isEqualTo(map.get("a"));
    assertThat(map.computeIfAbsent("a", _ -> block())).isEqualTo(map.get("a"));
    assertThat(registry.blocks()).isEqualTo(1);
    assertThat(map.computeIfAbsent("b", _ -> null)).isNull();
    assertThat(map.computeIfPresent("b", (_, _) -> block())).isNull();
    assertThat(map.compute("a", (_, _) -> block())).isEqualTo(map.get("a"));
    assertThat(freed.sum()).isEqualTo(1);
    assertThat(map.computeIfPresent("a", (_, _) -> null)).isNull();
    assertThat(freed.sum()).isEqualTo(2);
    assertThat(map.merge("a", block(), (_, handle) -> handle)).isEqualTo(map.get("a"));
    assertThat(map.merge("a", block(), (_, handle) -> handle)).isEqualTo(map.get("a"));
    assertThat(freed.sum()).isEqualTo(3);
    map.replaceAll((_, _) -> block());
    assertThat(freed.sum()).isEqualTo(4);
    assertThat(registry.isLive(map.getOrDefault("a", 0L))).isTrue();
    assertThat(map.merge("a", block(), (_, _) -> null)).isNull();
    assertThat(freed.sum()).isEqualTo(6);
    assertThat(registry.blocks()).isZero();
    registry.checkInvariants();
  }

  @ParameterizedTest
  @MethodSource("maps")
  void aFunctionThatAnswersWhatIsThereChangesNothing(Supplier<Map<String, Long>> maps) {
    BoundMap<String> map = BoundMap.over(registry, maps.get());
    long handle = block();
    map.put("a", handle);
    assertThat(map.compute("a", (_, old) -> old)).isEqualTo(handle);
    assertThat(map.computeIfPresent("a", (_, old) -> old)).isEqualTo(handle);
    assertThat(map.merge("a", block(), (old, _) -> old)).isEqualTo(handle);
    map.replaceAll((_, old) -> old);
    assertThat(registry.isLive(handle)).isTrue();
    assertThat(registry.blocks()).isEqualTo(1);
    registry.markFreedByC(handle);
    assertThat(map).isEmpty();
    assertThat(registry.blocks()).isZero();
  }

  @ParameterizedTest
  @MethodSource("maps")
  void aBlockMayBePutAgainWhereItIs(Supplier<Map<String, Long>> maps) {
    BoundMap<String> map = BoundMap.over(registry, maps.get());
    long handle = block();
    map.put("a", handle);
    registry.retain(handle);
    assertThat(map.put("a", handle)).isEqualTo(handle);
    registry.retain(handle);
    assertThat(map.replace("a", handle, handle)).isTrue();
    assertThat(registry.isLive(handle)).isTrue();
    map.remove("a");
    assertThat(freed.sum()).isEqualTo(1);
    assertThat(registry.blocks()).isZero();
  }

  @ParameterizedTest
  @MethodSource("maps")
  void aFunctionsHandleThatCannotBePutIsReleased(Supplier<Map<String, Long>> maps) {
    BoundMap<String> map = BoundMap.over(registry, maps.get());
    map.close();
    assertThatThrownBy(() -> map.computeIfAbsent("a", _ -> block()))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> map.compute("a", (_, _) -> block()))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> map.merge("a", block(), (_, handle) -> handle))
        .isInstanceOf(IllegalStateException.class);
    assertThat(registry.blocks()).isZero();
  }

  @ParameterizedTest
  @MethodSource("maps")
  void aFunctionThatLosesTheRaceLeaksNothing(Supplier<Map<String, Long>> maps) {
    BoundMap<String> map = BoundMap.over(registry, maps.get());
    long winner = block();
    assertThat(
            map.computeIfAbsent(
                "a",
                _ -> {
                  map.put("a", winner); // as another thread would, meanwhile
                  return block();
                }))
        .isEqualTo(winner);
    assertThat(registry.blocks()).isEqualTo(1);
    boolean[] late = new boolean[1];
    map.compute(
        "a",
        (_, _) -> {
          if (!late[0]) {
            late[0] = true;
            map.put("a", block());
          }
          return block();
        });
    assertThat(registry.blocks()).isEqualTo(1);
    map.close();
    assertThat(registry.blocks()).isZero();
    assertThat(freed.sum()).isEqualTo(5);
  }

  @Test
  void aStaleHandleIsNotPut() {
    BoundMap<String> map = BoundMap.over(registry, new HashMap<>());
    long handle = block();
    registry.release(handle);
    assertThatThrownBy(() -> map.put("a", handle)).isInstanceOf(StaleHandleException.class);
    assertThat(map).isEmpty();
    assertThatThrownBy(() -> BoundMap.over(registry, Map.of("a", handle)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("empty");
  }

  @Test
  void aLeaseOutlivesItsEntry() {
    BoundMap<String> map = BoundMap.over(registry, new ConcurrentHashMap<>());
    map.put("a", block());
    Lease lease = map.lease("a").orElseThrow();
    map.remove("a");
    assertThat(map.lease("a")).isEmpty();
    assertThat(freed.sum()).isZero();
    assertThat(lease.getLong(0)).isZero();
    lease.close();
    assertThat(freed.sum()).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("maps")
  void randomOperationsBehaveAsAPlainMap(Supplier<Map<String, Long>> maps) {
    for (long seed = 1; seed <= 4; seed++) {
      Random random = new Random(seed);
      long before = freed.sum();
      long adopted = 0;
      BoundMap<String> map = BoundMap.over(registry, maps.get());
      Map<String, Long> model = new HashMap<>();
      for (int step = 0; step < 3_000; step++) {
        String key = "k" + random.nextInt(20);
        @Nullable Long expected;
        @Nullable Long actual;
        switch (random.nextInt(5)) {
          case 0, 1 -> {
            long handle = block();
            adopted++;
            expected = model.put(key, handle);
            actual = map.put(key, handle);
          }
          case 2 -> {
            expected = model.remove(key);
            actual = map.remove(key);
          }
          case 3 -> {
            expected = model.remove(key);
            actual = expected;
            if (expected != null) {
              registry.markFreedByC(expected);
              adopted--;
            }
          }
          default -> {
            expected = model.get(key);
            actual = map.get(key);
          }
        }
        assertThat(actual).as("seed %d step %d", seed, step).isEqualTo(expected);
        assertThat(map).as("seed %d step %d", seed, step).isEqualTo(model);
      }
      map.close();
      assertThat(freed.sum() - before).as("seed %d", seed).isEqualTo(adopted);
      registry.checkInvariants();
    }
  }

  /** False when another thread ended the block first; it may be about to drop the entry. */
  private boolean freedByC(long handle) {
    try {
      registry.markFreedByC(handle);
      return true;
    } catch (StaleHandleException e) {
      assertThat(registry.isLive(handle)).isFalse();
      return false;
    }
  }

  @ParameterizedTest
  @MethodSource("maps")
  void putsRemovesDeathsAndReadsMayRace(Supplier<Map<String, Long>> maps) throws Exception {
    BoundMap<String> map = BoundMap.over(registry, maps.get());
    LongAdder byC = new LongAdder();
    LongAdder adopted = new LongAdder();
    try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
      List<Future<?>> results = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int seed = t;
        results.add(
            pool.submit(() -> {
              Random random = new Random(seed);
              for (int i = 0; i < 8_000; i++) {
                String key = "k" + random.nextInt(8);
                switch (random.nextInt(4)) {
                  case 0 -> {
                    adopted.increment();
                    map.put(key, block());
                  }
                  case 1 -> map.remove(key);
                  case 2 -> {
                    Long handle = map.get(key);
                    if (handle != null && freedByC(handle)) {
                      byC.increment();
                    }
                  }
                  default ->
                      map.lease(key)
                          .ifPresent(lease -> {
                            try (lease) {
                              assertThat(lease.getLong(0)).isZero();
                            }
                          });
                }
              }
              return null;
            }));
      }
      for (Future<?> result : results) {
        result.get();
      }
    }
    registry.checkInvariants();
    assertThat(registry.blocks()).isEqualTo(map.size());
    map.close();
    assertThat(registry.blocks()).isZero();
    assertThat(freed.sum() + byC.sum()).isEqualTo(adopted.sum());
  }
}
