package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Pauses by what they do, not by the clock; churn; and memory that runs out on the way. */
class GrowthTest {
  /** {@code bench/stress map} goes to 1e8. */
  private static final long ENTRIES = Long.getLong("lifebound.map.entries", 3_000_000L);

  /** {@code bench/stress map} goes to 1e9. */
  private static final long CHURN = Long.getLong("lifebound.map.churn", 10_000_000L);

  /** A late slab and the control words of a table. */
  private static final long MAX_BYTES_ZEROED = (64 << 10) + 64 * 8;

  private static final long MAX_ENTRIES_MOVED = 256;

  /** A leaf of 8,192 entries, and as many references to leaves. */
  private static final long MAX_WORDS_COPIED = 3 * 8_192;

  @Test
  void noPutDoesMoreThanItsShareHoweverLargeTheMap() {
    try (LongLongMap map = LongLongMap.builder().seed(7).build()) {
      SplittableRandom random = new SplittableRandom(1);
      long filled = 0;
      for (long target = 1_000; target <= ENTRIES; target = Math.min(ENTRIES, 10 * target)) {
        for (; filled < target; filled++) {
          map.put(random.nextLong(), filled);
        }
        MapInspection.Growth growth = map.inspect().growth();
        assertThat(growth.maxBytesZeroed()).isLessThanOrEqualTo(MAX_BYTES_ZEROED);
        assertThat(growth.maxEntriesMoved()).isLessThanOrEqualTo(MAX_ENTRIES_MOVED).isPositive();
        assertThat(growth.maxDirectoryWordsCopied()).isLessThanOrEqualTo(MAX_WORDS_COPIED);
        if (target == ENTRIES) {
          break;
        }
      }
      assertThat(map.size()).isEqualTo(ENTRIES);
    }
  }

  @Test
  void bytesForEachEntryDoNotSwing() {
    try (LongLongMap map = LongLongMap.builder().seed(7).build()) {
      SplittableRandom random = new SplittableRandom(1);
      double most = 0;
      double least = Double.MAX_VALUE;
      for (int i = 0; i < 800_000; i++) {
        map.put(random.nextLong(), i);
        if (i >= 400_000 && i % 20_000 == 0) {
          double bytes = (double) map.inspect().bytes().tables() / map.size();
          most = Math.max(most, bytes);
          least = Math.min(least, bytes);
        }
      }
      assertThat(most).isLessThan(32);
      assertThat(most / least).isLessThan(1.12);
    }
  }

  @Test
  void churnDoesNotGrowTheMap() {
    int live = 50_000;
    try (LongLongMap map = LongLongMap.builder().seed(7).build()) {
      for (long key = 0; key < live; key++) {
        map.put(key, key);
      }
      long before = tableBytes(map.inspect());
      long tables = map.inspect().tables();
      for (long key = live; key < live + CHURN / 2; key++) {
        assertThat(map.remove(key - live)).isTrue();
        map.put(key, key);
      }
      MapInspection after = map.inspect();
      assertThat(after.size()).isEqualTo(live);
      assertThat(after.tables()).isLessThanOrEqualTo(tables + 2);
      assertThat((double) tableBytes(after)).isLessThanOrEqualTo(1.10 * before);
      assertThat((double) after.tombstones()).isLessThan(0.05 * after.slots() / Group.SLOTS);
      map.checkInvariants();
    }
  }

  /** Without slabs that stand ready: when one is there is up to another thread. */
  private static long tableBytes(MapInspection inspection) {
    MapInspection.Bytes bytes = inspection.bytes();
    return bytes.tables() + bytes.freeTables() + bytes.directory();
  }

  @Test
  void deadMarksAreRebuiltAwayAtTheSameSize() {
    long seed = 7;
    try (LongLongMap map = LongLongMap.builder().seed(seed).build()) {
      long[] keys = Keys.keys(Keys.Kind.SAME_GROUP, 120, seed);
      for (int round = 0; round < 200; round++) {
        for (long key : keys) {
          map.put(key, round);
        }
        for (long key : keys) {
          assertThat(map.remove(key)).isTrue();
        }
        map.checkInvariants();
      }
      MapInspection.Growth growth = map.inspect().growth();
      assertThat(growth.rebuiltSame()).isPositive();
      assertThat(growth.lastTrigger()).isEqualTo(MapInspection.Trigger.DEAD);
    }
  }

  @Test
  void keysThatNoSplitTellsApartAreChained() {
    long seed = 7;
    long[] keys = Keys.keys(Keys.Kind.SAME_ALL, 2_000, seed);
    try (LongLongMap map = LongLongMap.builder().seed(seed).build()) {
      for (int i = 0; i < keys.length; i++) {
        map.put(keys[i], i);
      }
      map.checkInvariants();
      assertThat(map.inspect().chainedTables()).isPositive();
      assertThat(map.inspect().growth().maxEntriesMoved()).isLessThanOrEqualTo(16 * 256);
      for (int i = 0; i < keys.length; i++) {
        assertThat(map.get(keys[i], -1)).isEqualTo(i);
        assertThat(map.remove(keys[i])).isTrue();
      }
      assertThat(map.isEmpty()).isTrue();
      map.checkInvariants();
    }
  }

  @Test
  void atItsLimitAMapRefusesAndStaysWhole() {
    long limit = 1 << 20;
    try (LongLongMap map = LongLongMap.builder().name("small").limitBytes(limit).build()) {
      long[] filled = {0};
      assertThatThrownBy(
              () -> {
                while (true) {
                  map.put(filled[0], filled[0]);
                  filled[0]++;
                }
              })
          .isInstanceOf(MapFullException.class)
          .hasMessageContaining("map=small")
          .hasMessageContaining("limit=" + limit)
          .hasMessageContaining("used=")
          .hasMessageContaining("size=");
      staysUsable(map, filled[0]);
      assertThat(map.inspect().bytes().total() - map.inspect().bytes().directory())
          .isLessThanOrEqualTo(limit);
    }
  }

  /** Memory runs out at each allocation in turn, and is there again afterwards. */
  @Test
  void withoutNativeMemoryAMapRefusesAndStaysWhole() {
    for (long left = 1; left < 24; left++) {
      AtomicLong allocations = new AtomicLong(left);
      Slabs.Source source = (arena, bytes) -> take(arena, bytes, allocations);
      try (LongLongMap map = new LongLongMapBuilder().source(source).build()) {
        long[] filled = {0};
        assertThatThrownBy(
                () -> {
                  while (true) {
                    map.put(filled[0], filled[0]);
                    filled[0]++;
                  }
                })
            .isInstanceOf(MapFullException.class)
            .hasRootCauseInstanceOf(OutOfMemoryError.class);
        staysUsable(map, filled[0]);
        allocations.set(Long.MAX_VALUE);
        for (long key = filled[0]; key < filled[0] + 50_000; key++) {
          map.put(key, key);
        }
        staysUsable(map, filled[0] + 50_000);
      }
    }
  }

  private static MemorySegment take(Arena arena, long bytes, AtomicLong allocations) {
    if (allocations.getAndDecrement() <= 0) {
      throw new OutOfMemoryError("injected");
    }
    return arena.allocate(bytes, 128);
  }

  private static void staysUsable(LongLongMap map, long filled) {
    map.checkInvariants();
    assertThat(map.size()).isEqualTo(filled);
    for (long key = 0; key < filled; key++) {
      assertThat(map.get(key, -1)).isEqualTo(key);
    }
    assertThat(map.put(0, 1)).isFalse();
    assertThat(map.remove(1)).isTrue();
    assertThat(map.put(1, 1)).isTrue();
    assertThat(map.put(0, 0)).isFalse();
    map.checkInvariants();
  }

  @Test
  void noMemoryForTheFirstTableIsToldAtOnce() {
    Slabs.Source none =
        (arena, bytes) -> {
          throw new OutOfMemoryError("injected");
        };
    assertThatThrownBy(() -> new LongLongMapBuilder().source(none).build())
        .isInstanceOf(MapFullException.class);
    assertThatThrownBy(() -> LongLongMap.builder().limitBytes(100).build())
        .isInstanceOf(MapFullException.class);
    assertThatThrownBy(() -> LongLongMap.builder().limitBytes(0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
