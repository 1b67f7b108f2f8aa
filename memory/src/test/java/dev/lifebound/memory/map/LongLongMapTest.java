package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a map of long to long promises, without growth and threads. */
class LongLongMapTest {
  @Test
  void missingKeysReadAsZeroOrAsAsked() {
    try (LongLongMap map = LongLongMap.create()) {
      assertThat(map.get(5)).isZero();
      assertThat(map.get(5, -1)).isEqualTo(-1);
      assertThat(map.find(5)).isEmpty();
      assertThat(map.containsKey(5)).isFalse();
      assertThat(map.put(5, 0)).isTrue();
      assertThat(map.containsKey(5)).isTrue();
      assertThat(map.find(5)).isEqualTo(OptionalLong.of(0));
      assertThat(map.get(5, -1)).isZero();
      assertThat(map.put(5, 7)).isFalse();
      assertThat(map.get(5)).isEqualTo(7);
      assertThat(map.remove(5)).isTrue();
      assertThat(map.remove(5)).isFalse();
      assertThat(map.isEmpty()).isTrue();
    }
  }

  @Test
  void theValueOfARemovedKeyIsGoneWhenTheKeyReturns() {
    try (LongLongMap map = LongLongMap.create()) {
      map.put(5, 40);
      map.remove(5);
      assertThat(map.addTo(5, 2)).isEqualTo(2);
      assertThat(map.addTo(5, 2)).isEqualTo(4);
      map.clear();
      assertThat(map.addTo(5, 3)).isEqualTo(3);
    }
  }

  @Test
  void everyKeyAndValueIsLegal() {
    long[] words = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x80, 0x8080808080808080L};
    try (LongLongMap map = LongLongMap.create()) {
      for (long key : words) {
        map.put(key, ~key);
      }
      for (long key : words) {
        assertThat(map.get(key, 42)).isEqualTo(~key);
      }
      map.checkInvariants();
    }
  }

  @Test
  void functionsMayUseTheMap() {
    try (LongLongMap map = LongLongMap.create()) {
      assertThat(map.computeIfAbsent(1, key -> map.computeIfAbsent(2, other -> 20) + key))
          .isEqualTo(21);
      assertThat(map.merge(2, 5, (present, value) -> present + value + map.get(1))).isEqualTo(46);
      assertThat(map.merge(3, 5, Long::sum)).isEqualTo(5);
      assertThat(map.size()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, 8, 9, 100, 5_000, 300_000, 1L << 40, 1L << 62, Long.MAX_VALUE})
  void theCapacityHintIsOnlyAHint(long hint) {
    try (LongLongMap map = LongLongMap.builder().capacityHint(hint).build()) {
      map.checkInvariants();
      for (long key = 0; key < 10_000; key++) {
        map.put(key, -key);
      }
      map.checkInvariants();
      assertThat(map.size()).isEqualTo(10_000);
      assertThat(map.get(9_999)).isEqualTo(-9_999);
    }
  }

  @Test
  void aHintedMapDoesNotGrow() {
    int entries = 300_000;
    try (LongLongMap map = LongLongMap.builder().seed(1).capacityHint(entries).build()) {
      long tables = map.inspect().tables();
      for (long key = 0; key < entries; key++) {
        map.put(key, key);
      }
      assertThat((double) map.inspect().tables()).isLessThan(1.02 * tables);
    }
  }

  @Test
  void theNilMapIsReadableAndRefusesWrites() {
    LongLongMap nil = LongLongMap.nil();
    assertThat(nil.size()).isZero();
    assertThat(nil.get(1)).isZero();
    assertThat(nil.get(1, 9)).isEqualTo(9);
    assertThat(nil.find(1)).isEmpty();
    assertThat(nil.containsKey(1)).isFalse();
    nil.forEach((key, value) -> {
      throw new AssertionError("the nil map must be empty");
    });
    assertThat(nil.remove(1)).isFalse();
    nil.clear();
    nil.close();
    assertThat(nil.isOpen()).isTrue();
    assertThat(nil.copy()).isSameAs(nil);
    assertThatThrownBy(() -> nil.put(1, 1))
        .isInstanceOf(NilMapException.class)
        .hasMessageContaining("nil");
    assertThatThrownBy(() -> nil.addTo(1, 1)).isInstanceOf(NilMapException.class);
    assertThatThrownBy(() -> nil.putIfAbsent(1, 1)).isInstanceOf(NilMapException.class);
    assertThat(nil.get(1)).isZero();
  }

  @Test
  void afterCloseEveryUseIsRefused() {
    LongLongMap map = LongLongMap.builder().name("closed one").build();
    map.put(1, 1);
    LongLongCursor cursor = map.cursor();
    map.close();
    map.close();
    assertThat(map.isOpen()).isFalse();
    assertThatThrownBy(() -> map.get(1))
        .isInstanceOf(MapClosedException.class)
        .hasMessageContaining("map=closed one");
    assertThatThrownBy(() -> map.put(1, 1)).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> map.addTo(1, 1)).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> map.remove(1)).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::clear).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::size).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::cursor).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::inspect).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::copy).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(cursor::next).isInstanceOf(MapClosedException.class);
  }

  @Test
  void aCopyIsIndependent() {
    try (LongLongMap map = LongLongMap.create()) {
      for (long key = 0; key < 20_000; key++) {
        map.put(key, key);
        map.remove(key - 10_000);
      }
      try (LongLongMap copy = map.copy()) {
        copy.checkInvariants();
        assertThat(contents(copy)).isEqualTo(contents(map)).hasSize(10_000);
        copy.put(-1, 1);
        map.remove(19_999);
        assertThat(map.containsKey(-1)).isFalse();
        assertThat(copy.get(19_999)).isEqualTo(19_999);
      }
    }
  }

  @Test
  void clearingKeepsTheMemoryAndNothingElse() {
    try (LongLongMap map = LongLongMap.create()) {
      fill(map, 50_000);
      MapInspection.Bytes before = map.inspect().bytes();
      for (int i = 0; i < 5; i++) {
        map.clear();
        map.checkInvariants();
        assertThat(map.isEmpty()).isTrue();
        assertThat(map.containsKey(7)).isFalse();
        fill(map, 50_000);
        map.checkInvariants();
      }
      // Whether a slab stands ready beside them is up to another thread.
      MapInspection.Bytes after = map.inspect().bytes();
      assertThat((double) (after.tables() + after.freeTables()))
          .isLessThanOrEqualTo(1.10 * (before.tables() + before.freeTables()));
    }
  }

  // Iteration.

  @Test
  void theOrderDiffersFromTimeToTime() {
    for (int entries : new int[] {8, 100, 5_000}) {
      try (LongLongMap map = LongLongMap.builder().seed(3).build()) {
        fill(map, entries);
        Set<Long> firsts = new HashSet<>();
        for (int i = 0; i < 100; i++) {
          LongLongCursor cursor = map.cursor();
          assertThat(cursor.next()).isTrue();
          firsts.add(cursor.key());
        }
        assertThat(firsts).hasSizeGreaterThan(3);
      }
    }
  }

  @Test
  void removedEntriesThatWereNotReachedDoNotCome() {
    try (LongLongMap map = LongLongMap.create()) {
      fill(map, 5_000);
      Set<Long> seen = new HashSet<>();
      map.forEach((key, value) -> {
        assertThat(map.containsKey(key)).isTrue();
        assertThat(seen.add(key)).isTrue();
        map.remove(key ^ 1);
      });
      for (long key : seen) {
        assertThat(seen).doesNotContain(key ^ 1);
      }
      assertThat(seen).hasSize(2_500);
    }
  }

  @Test
  void growthMeanwhileLosesNothingAndRepeatsNothing() {
    for (int entries : new int[] {1, 8, 200, 3_000}) {
      try (LongLongMap map = LongLongMap.create()) {
        fill(map, entries);
        Map<Long, Long> seen = new HashMap<>();
        map.forEach((key, value) -> {
          assertThat(seen.put(key, value)).isNull();
          if (map.size() < 60_000) {
            for (int i = 0; i < 40; i++) {
              map.put(1_000_000 + map.size(), 1);
            }
          }
        });
        for (long key = 0; key < entries; key++) {
          assertThat(seen).containsKey(key);
        }
      }
    }
  }

  @Test
  void updatedEntriesComeWithTheLatestValue() {
    try (LongLongMap map = LongLongMap.create()) {
      fill(map, 3_000);
      long[] round = {0};
      map.forEach((key, value) -> {
        assertThat(value).isEqualTo(round[0] == 0 ? key : round[0]);
        round[0]++;
        for (long other = 0; other < 3_000; other += 7) {
          map.put(other, round[0]);
        }
        for (long other = 0; other < 3_000; other++) {
          if (other % 7 != 0 && round[0] == 1) {
            map.put(other, round[0]);
          }
        }
        round[0] = map.get(0);
        for (long other = 0; other < 3_000; other++) {
          map.put(other, round[0]);
        }
      });
    }
  }

  @Test
  void clearingEndsIterations() {
    try (LongLongMap map = LongLongMap.create()) {
      fill(map, 3_000);
      int[] seen = {0};
      map.forEach((key, value) -> {
        seen[0]++;
        if (seen[0] == 10) {
          map.clear();
          fill(map, 3_000);
        }
      });
      assertThat(seen[0]).isEqualTo(10);
    }
  }

  @Test
  void removingAndAddingTheSameKeysMeanwhileIsSafe() {
    try (LongLongMap map = LongLongMap.create()) {
      fill(map, 500);
      Set<Long> seen = new HashSet<>();
      map.forEach((key, value) -> {
        assertThat(seen.add(key)).isTrue();
        for (long other = 0; other < 500; other += 3) {
          map.remove(other);
          map.put(other, other);
        }
      });
      assertThat(seen).hasSize(500);
    }
  }

  // Inside.

  @Test
  void theInspectionCountsWhatIsThere() {
    try (LongLongMap map = LongLongMap.builder().seed(1).name("seen").build()) {
      fill(map, 100_000);
      MapInspection inside = map.inspect();
      assertThat(inside.size()).isEqualTo(100_000);
      assertThat(inside.groupsSearched().stream().mapToLong(Long::longValue).sum())
          .isEqualTo(100_000);
      assertThat(inside.load()).isBetween(0.5, 0.8125);
      assertThat((double) inside.tombstones()).isLessThan(0.001 * inside.slots() / 8);
      assertThat(inside.chainedTables()).isZero();
      assertThat(inside.bytes().tables()).isEqualTo(inside.slots() * 17);
      assertThat(inside.bytes().total()).isBetween(100_000L * 20, 100_000L * 40);
      assertThat(inside.growth().lastTrigger()).isEqualTo(MapInspection.Trigger.LOAD);
      assertThat(
              inside.growth().stages().stream().mapToDouble(MapInspection.Stage::hashSpace).sum())
          .isEqualTo(1);
      assertThat(inside.growth().stages().stream().mapToLong(MapInspection.Stage::entries).sum())
          .isEqualTo(100_000);
      assertThat(inside.toText())
          .contains("map seen: 100,000 entries")
          .contains("last trigger LOAD")
          .contains("▆");
    }
  }

  private static void fill(LongLongMap map, int entries) {
    for (long key = 0; key < entries; key++) {
      map.put(key, key);
    }
  }

  private static Map<Long, Long> contents(LongLongMap map) {
    Map<Long, Long> contents = new HashMap<>();
    map.forEach((key, value) -> assertThat(contents.put(key, value)).isNull());
    return contents;
  }
}
