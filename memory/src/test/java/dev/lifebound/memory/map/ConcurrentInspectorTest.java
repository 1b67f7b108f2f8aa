package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What a concurrent map shows of its inside agrees with what was done to it. */
class ConcurrentInspectorTest {
  private static final int ENTRIES = 20_000;

  private static long sum(MapInspection inspection) {
    return inspection.groupsSearched().stream().mapToLong(Long::longValue).sum();
  }

  private static double hashSpace(MapInspection inspection) {
    return inspection.growth().stages().stream().mapToDouble(MapInspection.Stage::hashSpace).sum();
  }

  @Test
  void everyEntryTableAndByteIsCounted() {
    try (ConcurrentLongLongMap map =
        ConcurrentLongLongMap.builder().name("seen").seed(1).buildLongLong()) {
      assertThat(map.inspect().tables()).isZero();
      for (long key = 0; key < ENTRIES; key++) {
        map.put(key, key);
      }
      MapInspection full = map.inspect();
      assertThat(full.size()).isEqualTo(ENTRIES);
      assertThat(sum(full)).isEqualTo(ENTRIES);
      assertThat(hashSpace(full)).isEqualTo(1);
      assertThat(full.growth().stages().stream().mapToLong(MapInspection.Stage::entries).sum())
          .isEqualTo(ENTRIES);
      assertThat(full.load()).isBetween(0.4, 0.875);
      assertThat(full.tombstones()).isZero();
      assertThat(full.chainedTables()).isZero();
      assertThat(full.growth().splits()).isPositive();
      assertThat(full.growth().lastTrigger()).isEqualTo(MapInspection.Trigger.LOAD);
      assertThat(full.occupancy()).hasSize(64).allSatisfy(part -> assertThat(part).isPositive());
      MapInspection.Bytes bytes = full.bytes();
      assertThat(bytes.tables()).isEqualTo(full.tables() * 8 + full.slots() / 8 * 136);
      assertThat(bytes.total() - bytes.directory()).isEqualTo(map.reservedBytes());

      for (long key = 0; key < ENTRIES; key += 4) {
        map.remove(key);
      }
      MapInspection thinned = map.inspect();
      assertThat(thinned.size()).isEqualTo(ENTRIES - ENTRIES / 4);
      assertThat(thinned.tombstones()).isEqualTo(ENTRIES / 4);
      assertThat(thinned.tables()).isEqualTo(full.tables());
      assertThat(thinned.toText()).startsWith("map seen: 15,000 entries in ").contains("\u2585");

      // New keys in the place of others, until the marks of those are rebuilt away.
      for (long key = ENTRIES; key < 2 * ENTRIES; key++) {
        map.put(key, key);
        map.remove(key);
      }
      MapInspection churned = map.inspect();
      assertThat(churned.size()).isEqualTo(thinned.size());
      assertThat(churned.growth().rebuiltSame()).isPositive();
      assertThat(churned.growth().maxEntriesMoved()).isBetween(1L, 256L);
    }
  }

  @Test
  void hashesThatAreAllEqualShowAsOneTableBeyondTheFullSize() {
    try (ConcurrentLongLongMap map =
        ConcurrentLongLongMapTest.tiny().testHash(_ -> 42).buildLongLong()) {
      for (long key = 0; key < 500; key++) {
        map.put(key, key);
      }
      MapInspection inspection = map.inspect();
      assertThat(inspection.size()).isEqualTo(500);
      assertThat(inspection.chainedTables()).isEqualTo(1);
      assertThat(inspection.groupsSearched()).hasSize(16);
      assertThat(sum(inspection)).isEqualTo(500);
    }
  }

  @Test
  void cellsOfTypedMapsAreTheOtherBytes() {
    try (ConcurrentNativeMap<String, Long> map =
        ConcurrentNativeMap.create(Codecs.of(String.class), Codecs.of(Long.class))) {
      for (long i = 0; i < 1_000; i++) {
        map.put("a key of more than eight bytes " + i, i);
      }
      MapInspection inspection = map.inspect();
      assertThat(inspection.size()).isEqualTo(1_000);
      assertThat(sum(inspection)).isEqualTo(1_000);
      assertThat(inspection.bytes().other()).isGreaterThan(1_000 * 32);
      assertThat(inspection.bytes().total() - inspection.bytes().directory())
          .isEqualTo(map.reservedBytes());
    }
  }

  @Test
  void aClosedMapShowsNothing() {
    ConcurrentLongLongMap map = ConcurrentLongLongMap.create();
    map.put(1, 1);
    map.close();
    assertThatThrownBy(map::inspect)
        .isInstanceOf(MapClosedException.class)
        .hasMessageContaining("a map must be open");
  }
}
