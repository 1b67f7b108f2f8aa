package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PresizedLongLongMapTest {
  @ParameterizedTest
  @EnumSource
  void theMapAnswersAsHashMapDoes(Keys.Kind kind) {
    for (int keys : new int[] {1, 50, 3_000}) {
      for (int seed = 0; seed < 4; seed++) {
        try (PresizedLongLongMap map = PresizedLongLongMap.of(keys, "model", seed)) {
          byte[] bytes = new byte[60_000];
          new Random(seed).nextBytes(bytes);
          new MapOperations(subject(map), Keys.keys(kind, keys, seed), "kind=" + kind)
              .run(bytes, keys < 100 ? 1 : 997);
        }
      }
    }
  }

  @Test
  void aFullMapRefusesNewKeysAndNothingElse() {
    try (PresizedLongLongMap map = PresizedLongLongMap.of(100)) {
      for (long key = 0; key < 100; key++) {
        map.put(key, key);
      }
      assertThatThrownBy(() -> map.put(100, 1))
          .isInstanceOf(MapFullException.class)
          .hasMessageContaining("limit=100");
      assertThat(map.size()).isEqualTo(100);
      assertThat(map.put(5, 6)).isFalse();
      assertThat(map.remove(7)).isTrue();
      assertThat(map.put(100, 1)).isTrue();
      map.checkInvariants();
    }
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aWriterWhoseCountWasLostIsToldAndDoesNotSearchForEver() {
    try (PresizedLongLongMap map = PresizedLongLongMap.of(6)) {
      for (long key = 0; key < Group.SLOTS; key++) {
        map.put(key, key);
        // As two writers at once leave it.
        map.size = 0;
      }
      assertThatThrownBy(() -> map.put(Group.SLOTS, 1)).isInstanceOf(ConcurrentUseException.class);
      assertThat(map.get(3, -1)).isEqualTo(3);
    }
  }

  @Test
  void capacitiesThatCannotBe() {
    assertThatThrownBy(() -> PresizedLongLongMap.of(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("capacity=-1");
    assertThatThrownBy(() -> PresizedLongLongMap.of(1L << 62))
        .isInstanceOf(MapFullException.class)
        .hasMessageContaining("size=" + (1L << 62));
    try (PresizedLongLongMap map = PresizedLongLongMap.of(0)) {
      assertThatThrownBy(() -> map.put(1, 1)).isInstanceOf(MapFullException.class);
      assertThat(map.get(1, 5)).isEqualTo(5);
    }
  }

  /** Every group once has so many passers that their number is stuck; it does not stay so. */
  @Test
  void churnLeavesNoMarks() {
    int live = 10_000;
    try (PresizedLongLongMap map = PresizedLongLongMap.of(live, "churned", 7)) {
      for (long key = 0; key < live; key++) {
        map.put(key, key);
      }
      for (long key = live; key < 50L * live; key++) {
        assertThat(map.remove(key - live)).isTrue();
        map.put(key, key);
      }
      map.checkInvariants();
      assertThat((double) map.inspect().tombstones()).isLessThan(0.05 * map.groups);
      for (long key = 49L * live; key < 50L * live; key++) {
        assertThat(map.remove(key)).isTrue();
      }
      map.checkInvariants();
      assertThat(map.inspect().tombstones()).isZero();
    }
  }

  @Test
  void iterationFollowsChanges() {
    try (PresizedLongLongMap map = PresizedLongLongMap.of(2_000)) {
      for (long key = 0; key < 2_000; key++) {
        map.put(key, key);
      }
      Set<Long> seen = new HashSet<>();
      map.forEach((key, value) -> {
        seen.add(key);
        map.remove(key ^ 1);
      });
      assertThat(seen).hasSize(1_000);
      int[] count = {0};
      map.forEach((key, value) -> {
        count[0]++;
        map.clear();
      });
      assertThat(count[0]).isEqualTo(1);
    }
  }

  @Test
  void theViewOfAFullMapRefusesNewKeysAndNothingElse() {
    try (PresizedLongLongMap map = PresizedLongLongMap.of(2)) {
      Map<Long, Long> view = map.asMap();
      view.put(1L, 10L);
      view.put(2L, 20L);
      assertThatThrownBy(() -> view.put(3L, 30L))
          .isInstanceOf(MapFullException.class)
          .hasMessageContaining("limit=2");
      assertThatThrownBy(() -> view.computeIfAbsent(3L, key -> key))
          .isInstanceOf(MapFullException.class);
      assertThatThrownBy(() -> view.merge(3L, 1L, Long::sum)).isInstanceOf(MapFullException.class);
      assertThat(view).isEqualTo(Map.of(1L, 10L, 2L, 20L));
      assertThat(view.merge(1L, 5L, Long::sum)).isEqualTo(15);
      assertThat(view.remove(2L)).isEqualTo(20);
      assertThatThrownBy(() -> view.putAll(new TreeMap<>(Map.of(4L, 40L, 5L, 50L))))
          .isInstanceOf(MapFullException.class);
      assertThat(view).isEqualTo(Map.of(1L, 15L, 4L, 40L));
      map.checkInvariants();
    }
  }

  @Test
  void theViewsIterationFollowsChanges() {
    try (PresizedLongLongMap map = PresizedLongLongMap.of(2_000)) {
      for (long key = 0; key < 2_000; key++) {
        map.put(key, key);
      }
      Set<Long> seen = new HashSet<>();
      for (Long key : map.asMap().keySet()) {
        seen.add(key);
        map.put(key, -key);
        map.remove(key ^ 1);
      }
      // One step ahead of a removal, an entry still comes.
      assertThat(seen).hasSizeBetween(1_000, 2_000);
      assertThat(map.size()).isEqualTo(1_000);
      map.asMap().forEach((key, value) -> assertThat(value).isEqualTo(-key));
      var entries = map.asMap().entrySet().iterator();
      entries.next();
      map.clear();
      assertThat(entries.hasNext()).isFalse();
    }
  }

  @Test
  void inspectCountsEverySlot() {
    try (PresizedLongLongMap map = PresizedLongLongMap.of(10_000, "inspected", 7)) {
      for (long key = 0; key < 9_000; key++) {
        map.put(key, key);
      }
      MapInspection inspection = map.inspect();
      assertThat(inspection.size()).isEqualTo(9_000);
      assertThat(inspection.tables()).isEqualTo(1);
      assertThat(inspection.slots()).isEqualTo(13_336);
      assertThat(inspection.bytes().total()).isEqualTo(map.byteSize());
      assertThat(inspection.groupsSearched().stream().mapToLong(Long::longValue).sum())
          .isEqualTo(9_000);
      assertThat(inspection.groupsSearched().getFirst()).isGreaterThan(7_000);
      assertThat(inspection.occupancy()).hasSize(64).allMatch(part -> part > 0.5 && part < 0.9);
      assertThat(inspection.toText()).contains("map inspected: 9,000 entries in 1 tables");
    }
  }

  @Test
  void afterCloseEveryUseIsRefused() {
    PresizedLongLongMap map = PresizedLongLongMap.of(10);
    map.close();
    map.close();
    assertThatThrownBy(() -> map.get(1)).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> map.put(1, 1)).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> map.remove(1)).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::clear).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::inspect).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> map.asMap().keySet().iterator())
        .isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> map.forEach((key, value) -> {}))
        .isInstanceOf(MapClosedException.class);
  }

  private static MapOperations.Subject subject(PresizedLongLongMap map) {
    return new MapOperations.Subject() {
      @Override
      public boolean put(long key, long value) {
        return map.put(key, value);
      }

      @Override
      public boolean putIfAbsent(long key, long value) {
        return !map.containsKey(key) && map.put(key, value);
      }

      @Override
      public long addTo(long key, long delta) {
        long sum = map.get(key) + delta;
        map.put(key, sum);
        return sum;
      }

      @Override
      public long get(long key, long otherwise) {
        return map.get(key, otherwise);
      }

      @Override
      public boolean remove(long key) {
        return map.remove(key);
      }

      @Override
      public void clear() {
        map.clear();
      }

      @Override
      public long size() {
        return map.size();
      }

      @Override
      public void forEach(LongLongConsumer action) {
        map.forEach(action);
      }

      @Override
      public void checkInvariants() {
        map.checkInvariants();
      }
    };
  }
}
