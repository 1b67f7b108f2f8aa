package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** Tables that a full one was split into are joined again, also under iterations. */
class JoinedTablesTest {
  private static final int STAYING = 6_000;
  private static final int COMING = 6_000;
  private static final int PREFIXES = 64;
  private static final int ITERATIONS = 40;

  /** Keys of one prefix that come and go together: more than a table takes. */
  private static final int CROWD = 400;

  private final Random random = new Random(11);
  private final List<Deque<Long>> crowds = new ArrayList<>();

  @Test
  void aMapOfConstantSizeHasTheTablesOfItsPeak() {
    try (LongLongMap map = LongLongMap.builder().seed(7).build()) {
      int live = 20_000;
      for (long key = 0; key < live; key++) {
        map.put(key, key);
      }
      long tables = map.inspect().tables();
      for (long key = live; key < 4_000_000; key++) {
        map.remove(key - live);
        map.put(key, key);
      }
      assertThat(map.inspect().growth().joined()).isPositive();
      assertThat(map.inspect().tables()).isBetween(tables, tables + 2);
      map.checkInvariants();
    }
  }

  @Test
  void aMapThatShrinksKeepsItsTables() {
    try (LongLongMap map = LongLongMap.builder().seed(7).build()) {
      for (long key = 0; key < 20_000; key++) {
        map.put(key, key);
      }
      long tables = map.inspect().tables();
      for (long key = 100; key < 20_000; key++) {
        map.remove(key);
      }
      assertThat(map.inspect().tables()).isEqualTo(tables);
      assertThat(map.inspect().growth().joined()).isZero();
    }
  }

  @Test
  void aMapThatWasToldItsSizeKeepsItsTables() {
    try (LongLongMap map = LongLongMap.builder().seed(7).capacityHint(20_000).build()) {
      long tables = map.inspect().tables();
      for (long key = 0; key < 1_000; key++) {
        map.put(key, key);
        map.remove(key);
      }
      assertThat(map.inspect().tables()).isEqualTo(tables);
    }
  }

  @Test
  void aCursorMeetsEachEntryOnceWhileTablesAreSplitAndJoined() {
    try (LongLongMap map = LongLongMap.builder().seed(7).build()) {
      Set<Long> staying = fill(map, key -> map.put(key, 1));
      for (int i = 0; i < ITERATIONS; i++) {
        LongLongCursor cursor = map.cursor();
        walk(staying, cursor::next, cursor::key, key -> map.put(key, 1), map::remove);
        map.checkInvariants();
      }
      assertThat(map.inspect().growth().joined()).isGreaterThan(ITERATIONS);
    }
  }

  @Test
  void aTypedCursorMeetsEachEntryOnceWhileTablesAreSplitAndJoined() {
    try (NativeMap<Long, Long> map = NativeMap.builder(Long.class, Long.class).seed(7).build()) {
      Set<Long> staying = fill(map, key -> map.put(key, 1L));
      for (int i = 0; i < ITERATIONS; i++) {
        NativeCursor<Long, Long> cursor = map.cursor();
        walk(staying, cursor::next, cursor::key, key -> map.put(key, 1L), map::remove);
        map.checkInvariants();
      }
      assertThat(map.inspect().growth().joined()).isGreaterThan(ITERATIONS);
    }
  }

  /** Fills the map and takes half of it away again; the keys that stay. */
  private Set<Long> fill(Engine map, LongConsumer put) {
    Set<Long> staying = new HashSet<>();
    Deque<Long> others = new ArrayDeque<>();
    for (int i = 0; i < STAYING + COMING; i++) {
      long key = random.nextLong();
      put.accept(key);
      if (i < STAYING) {
        staying.add(key);
      } else {
        others.add(key);
      }
    }
    for (int i = 0; i < PREFIXES; i++) {
      crowds.add(new ArrayDeque<>());
    }
    int full = 0;
    while (full < PREFIXES) {
      long key = random.nextLong();
      Deque<Long> crowd = crowds.get((int) (map.hash(key) >>> 58));
      if (crowd.size() < CROWD) {
        crowd.add(key);
        full += crowd.size() == CROWD ? 1 : 0;
      }
    }
    remove = others;
    return staying;
  }

  /** What is taken away before the first iteration, so that the map is below its peak. */
  private Deque<Long> remove = new ArrayDeque<>();

  private void walk(
      Set<Long> staying,
      BooleanSupplier next,
      LongSupplier key,
      LongConsumer put,
      LongConsumer take) {
    remove.forEach(take::accept);
    remove.clear();
    Set<Long> met = new HashSet<>();
    Deque<Long> present = new ArrayDeque<>();
    int steps = 0;
    while (next.getAsBoolean()) {
      assertThat(met.add(key.getAsLong())).as("met once").isTrue();
      if (++steps % 97 == 0) {
        present.forEach(take::accept);
        present = crowds.get(random.nextInt(PREFIXES));
        present.forEach(put::accept);
      }
    }
    present.forEach(take::accept);
    assertThat(met).containsAll(staying);
  }
}
