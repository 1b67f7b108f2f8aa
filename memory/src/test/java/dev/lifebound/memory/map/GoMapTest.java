package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * The properties that the tests of Go's own map check, each under the name it has there.
 *
 * <p>Elsewhere: TestConcurrentMapWrites, -ReadWrite, -IterateWrite and the pairs of TestRaceMap in
 * {@link NativeMapUseTest}, where each overlap is arranged and not hoped for; FuzzTable in {@link
 * NativeMapModelTest}; TestLoadFactor and TestMapBuckets, whose numbers are not ours, in the tests
 * of the engine. Without a counterpart: TestNonEscapingMap (where a compiler puts a map),
 * TestCtrlSize and TestAlignUpPow2 (helpers of Go's layout), the reflection forms.
 */
class GoMapTest {
  record Empty() {}

  /** 256 bytes, as the arrays of Go's tests. */
  private static byte[] big(int seed) {
    byte[] bytes = new byte[256];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  record Wide(long a, long b, long c, long d, double e) {
    static Wide of(long i) {
      return new Wide(i, -i, i * i, ~i, i / 2.0);
    }
  }

  private static boolean isMinusZero(double value) {
    return 1 / value == Double.NEGATIVE_INFINITY;
  }

  private static double onlyZero(NativeMap<Double, Boolean> map) {
    List<Double> zeroes = map.asMap().keySet().stream().filter(key -> key == 0).toList();
    assertThat(zeroes).hasSize(1);
    return zeroes.getFirst();
  }

  @Test
  void testNegativeZero() {
    negativeZero();
  }

  private static void negativeZero() {
    try (NativeMap<Double, Boolean> map = NativeMap.create(Double.class, Boolean.class)) {
      map.put(0.0, true);
      map.put(-0.0, true);
      assertThat(map.size()).isEqualTo(1);
      assertThat(isMinusZero(onlyZero(map))).isTrue();
      map.put(-0.0, true);
      map.put(0.0, true);
      assertThat(map.size()).isEqualTo(1);
      assertThat(isMinusZero(onlyZero(map))).isFalse();
    }
  }

  @Test
  void testGrowWithNegativeZero() {
    try (NativeMap<Double, Integer> map = NativeMap.create(Double.class, Integer.class)) {
      map.put(0.0, 1);
      map.put(1.0, 2);
      map.put(2.0, 4);
      map.put(4.0, 8);
      int seen = 0;
      int sum = 0;
      int step = 0;
      boolean minus = false;
      NativeCursor<Double, Integer> cursor = map.cursor();
      while (cursor.next() && step < 100) {
        step++;
        double key = cursor.key();
        if (key == 0) {
          assertThat(isMinusZero(key)).isEqualTo(minus);
          sum |= 1;
        } else if (key <= 4) {
          sum |= cursor.value();
        }
        seen++;
        if (step == 2) {
          // A table that grows while it is iterated keeps the last sign.
          for (int i = 100; i < 2_000; i++) {
            map.put((double) i, 0);
          }
          map.put(-0.0, 1);
          minus = true;
        }
      }
      assertThat(seen).isPositive();
      assertThat(
              isMinusZero(
                  map.asMap().keySet().stream().filter(k -> k == 0).findAny().orElseThrow()))
          .isTrue();
      assertThat(sum).isPositive();
      map.checkInvariants();
    }
  }

  @Test
  void testMapAssignmentNan() {
    try (NativeMap<Double, Boolean> map = NativeMap.create(Double.class, Boolean.class)) {
      map.put(Double.NaN, true);
      map.put(Double.NaN, true);
      assertThat(map.size()).isEqualTo(2);
    }
  }

  @Test
  void testMapOperatorAssignmentNan() {
    try (NativeMap<Double, Integer> map = NativeMap.create(Double.class, Integer.class)) {
      map.merge(Double.NaN, 1, Integer::sum);
      map.merge(Double.NaN, 1, Integer::sum);
      assertThat(map.size()).isEqualTo(2);
      assertThat(map.asMap().values()).containsExactly(1, 1);
    }
  }

  @Test
  void testGrowWithNaN() {
    try (NativeMap<Double, Integer> map = NativeMap.create(Double.class, Integer.class)) {
      map.put(Double.NaN, 1);
      map.put(Double.NaN, 2);
      map.put(Double.NaN, 4);
      int sum = 0;
      int nans = 0;
      NativeCursor<Double, Integer> cursor = map.cursor();
      boolean grown = false;
      while (cursor.next()) {
        if (cursor.key().isNaN()) {
          nans++;
          sum |= cursor.value();
        }
        if (!grown) {
          for (int i = 0; i < 5_000; i++) {
            map.put((double) i, 0);
          }
          grown = true;
        }
      }
      assertThat(nans).isEqualTo(3);
      assertThat(sum).isEqualTo(7);
      map.checkInvariants();
    }
  }

  @Test
  void testMapNanGrowIterator() {
    try (NativeMap<Double, Integer> map = NativeMap.create(Double.class, Integer.class)) {
      for (int i = 0; i < 300; i++) {
        map.put(Double.NaN, i);
      }
      Set<Integer> found = new HashSet<>();
      NativeCursor<Double, Integer> cursor = map.cursor();
      int next = 300;
      while (cursor.next()) {
        if (cursor.value() < 300) {
          assertThat(found.add(cursor.value())).isTrue();
        }
        for (int i = 0; i < 10 && next < 6_000; i++) {
          map.put(Double.NaN, next++);
        }
      }
      assertThat(found).hasSize(300);
      map.checkInvariants();
    }
  }

  @Test
  void testMapOperatorAssignment() {
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      map.merge(0, 1, Integer::sum);
      map.merge(0, 1, Integer::sum);
      assertThat(map.size()).isEqualTo(1);
      assertThat(map.get(0)).isEqualTo(2);
    }
  }

  @Test
  void testMapAppendAssignment() {
    try (NativeMap<Integer, String> map = NativeMap.create(Integer.class, String.class)) {
      map.put(0, "");
      for (String part : List.of("12345", "67890", "123")) {
        map.merge(0, part, String::concat);
      }
      assertThat(map.get(0)).isEqualTo("1234567890123");
    }
  }

  @Test
  void testAlias() {
    try (NativeMap<String, Long> map = NativeMap.create(String.class, Long.class)) {
      Map<String, Long> view = map.asMap();
      map.put("a", 1L);
      view.put("b", 2L);
      assertThat(view).containsEntry("a", 1L);
      assertThat(map.get("b")).isEqualTo(2);
    }
  }

  @Test
  void testIterGrowAndDelete() {
    iterGrowAndDelete();
  }

  private static void iterGrowAndDelete() {
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      for (int i = 0; i < 100; i++) {
        map.put(i, i);
      }
      boolean growing = true;
      NativeCursor<Integer, Integer> cursor = map.cursor();
      while (cursor.next()) {
        if (growing) {
          // Grows the map and deletes the odd ones that were there.
          for (int i = 100; i < 1_000; i++) {
            map.put(i, i);
          }
          for (int i = 1; i < 1_000; i += 2) {
            map.remove(i);
          }
          growing = false;
        } else {
          assertThat(cursor.key() & 1).isZero();
        }
      }
      map.checkInvariants();
    }
  }

  @Test
  void testIterGrowWithGC() {
    try (NativeMap<Integer, String> map = NativeMap.create(Integer.class, String.class)) {
      for (int i = 0; i < 100; i++) {
        map.put(i, "value " + i);
      }
      int seen = 0;
      NativeCursor<Integer, String> cursor = map.cursor();
      while (cursor.next()) {
        assertThat(cursor.value()).isEqualTo("value " + cursor.key());
        if (cursor.key() < 100) {
          seen++;
        }
        if (seen == 50) {
          for (int i = 100; i < 1_000; i++) {
            map.put(i, "value " + i);
          }
          System.gc();
        }
      }
      assertThat(seen).isEqualTo(100);
    }
  }

  @Test
  void testMapIterDuplicate() {
    mapIterDuplicate();
  }

  private static void mapIterDuplicate() {
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      map.put(0, 0);
      for (int round = 0; round < 200; round++) {
        Set<Integer> seen = new HashSet<>();
        NativeCursor<Integer, Integer> cursor = map.cursor();
        while (cursor.next()) {
          assertThat(seen.add(cursor.key())).isTrue();
          if (map.size() < 2_000) {
            map.put((int) map.size(), 0);
          }
        }
      }
    }
  }

  @Test
  void testMapIterDeleteReplace() {
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      for (int i = 0; i < 1_000; i++) {
        map.put(i, i);
      }
      Set<Integer> seen = new HashSet<>();
      NativeCursor<Integer, Integer> cursor = map.cursor();
      while (cursor.next()) {
        assertThat(seen.add(cursor.key())).isTrue();
        map.remove(cursor.key());
        map.put(cursor.key(), -1);
      }
      assertThat(seen).hasSize(1_000);
      assertThat(map.size()).isEqualTo(1_000);
    }
  }

  @Test
  void testMapIterOrder() {
    for (int size : new int[] {3, 7, 9, 15}) {
      assertOrderDiffers(size, size);
    }
  }

  @Test
  void testMapSparseIterOrder() {
    assertOrderDiffers(60, 7);
  }

  private static void assertOrderDiffers(int puts, int left) {
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      for (int i = 0; i < puts; i++) {
        map.put(i, i);
      }
      for (int i = left; i < puts; i++) {
        map.remove(i);
      }
      Set<List<Integer>> orders = new HashSet<>();
      for (int round = 0; round < 200; round++) {
        List<Integer> order = new ArrayList<>();
        map.forEach((key, _) -> order.add(key));
        assertThat(order).hasSize(left);
        orders.add(order);
      }
      assertThat(orders).hasSizeGreaterThan(1);
    }
  }

  @Test
  void testConcurrentReadsAfterGrowth() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int size = 1; size < 3_000; size = size * 2 + 1) {
        try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
          for (int i = 0; i < size; i++) {
            map.put(i, i);
          }
          long version = map.version;
          int expected = size;
          List<Future<Boolean>> readers = new ArrayList<>();
          for (int t = 0; t < 4; t++) {
            readers.add(
                threads.submit(() -> {
                  for (int i = 0; i < expected; i++) {
                    assertThat(map.get(i)).isEqualTo(i);
                  }
                  assertThat(map.asMap().keySet()).hasSize(expected);
                  return true;
                }));
          }
          for (Future<Boolean> reader : readers) {
            assertThat(reader.get()).isTrue();
          }
          assertThat(map.version).isEqualTo(version);
        }
      }
    }
  }

  @Test
  void testBigItems() {
    try (NativeMap<byte[], byte[]> map = NativeMap.create(byte[].class, byte[].class)) {
      for (int i = 0; i < 100; i++) {
        map.put(big(i), big(i + 1));
      }
      for (int i = 0; i < 100; i++) {
        assertThat(map.get(big(i))).isEqualTo(big(i + 1));
      }
      assertThat(map.size()).isEqualTo(100);
    }
  }

  @Test
  void testMapLargeKeyNoPointer() {
    mapLargeKeyNoPointer();
  }

  private static void mapLargeKeyNoPointer() {
    try (NativeMap<Wide, Integer> map = NativeMap.create(Wide.class, Integer.class)) {
      for (int i = 0; i < 1_000; i++) {
        map.put(Wide.of(i), i);
      }
      for (int i = 0; i < 1_000; i++) {
        assertThat(map.get(Wide.of(i))).isEqualTo(i);
      }
    }
  }

  @Test
  void testMapLargeValNoPointer() {
    mapLargeValNoPointer();
  }

  private static void mapLargeValNoPointer() {
    try (NativeMap<Integer, Wide> map = NativeMap.create(Integer.class, Wide.class)) {
      for (int i = 0; i < 1_000; i++) {
        map.put(i, Wide.of(i));
      }
      for (int i = 0; i < 1_000; i++) {
        assertThat(map.get(i)).isEqualTo(Wide.of(i));
      }
    }
  }

  @Test
  void testMapHugeZero() {
    try (NativeMap<Integer, byte[]> map = NativeMap.create(Integer.class, byte[].class)) {
      byte[] zeroes = new byte[4_000_000];
      map.put(7, zeroes);
      assertThat(map.get(7)).isEqualTo(zeroes);
      assertThat(map.get(8)).isNull();
    }
  }

  @Test
  void testEmptyKeyAndValue() {
    try (NativeMap<Integer, Empty> emptyValue = NativeMap.create(Integer.class, Empty.class);
        NativeMap<Empty, Integer> emptyKey = NativeMap.create(Empty.class, Integer.class);
        NativeMap<Empty, Empty> both = NativeMap.create(Empty.class, Empty.class);
        NativeMap<String, byte[]> noBytes = NativeMap.create(String.class, byte[].class)) {
      emptyValue.put(0, new Empty());
      emptyKey.put(new Empty(), 1);
      both.put(new Empty(), new Empty());
      noBytes.put("", new byte[0]);
      assertThat(emptyValue.get(0)).isEqualTo(new Empty());
      assertThat(emptyKey.get(new Empty())).isEqualTo(1);
      assertThat(both.put(new Empty(), new Empty())).isFalse();
      assertThat(noBytes.get("")).isEmpty();
      for (NativeMap<?, ?> map : List.of(emptyValue, emptyKey, both, noBytes)) {
        assertThat(map.size()).isEqualTo(1);
        map.checkInvariants();
      }
    }
  }

  @Test
  void testGroupSizeZero() {
    mapZeroSizeSlot();
  }

  @Test
  void testMapZeroSizeSlot() {
    mapZeroSizeSlot();
  }

  private static void mapZeroSizeSlot() {
    try (NativeMap<Empty, Empty> map = NativeMap.create(Empty.class, Empty.class)) {
      for (int i = 0; i < 100; i++) {
        map.put(new Empty(), new Empty());
      }
      assertThat(map.size()).isEqualTo(1);
      assertThat(map.remove(new Empty())).isTrue();
      assertThat(map.asMap()).isEmpty();
    }
  }

  @Test
  void testSingleBucketMapStringKeysDupLen() {
    assertTextKeys(List.of("x1vb", "xx2v", "foo ", "barr", "xxxx"), "bar2", "xxxy", "xx2x");
  }

  @Test
  void testSingleBucketMapStringKeysNoDupLen() {
    assertTextKeys(List.of("x", "xx", "foo", "xxxx", "xxxxx", "xxxxxx", "aaaaaaa"), "", "xxxxxxxx");
  }

  private static void assertTextKeys(List<String> keys, String... misses) {
    try (NativeMap<String, Integer> map = NativeMap.create(String.class, Integer.class);
        NativeMap<byte[], Integer> bytes = NativeMap.create(byte[].class, Integer.class)) {
      for (String key : keys) {
        map.put(key, key.length());
        bytes.put(key.getBytes(java.nio.charset.StandardCharsets.UTF_8), key.length());
      }
      for (String key : keys) {
        String other = new String(key.toCharArray());
        assertThat(map.get(other)).isEqualTo(key.length());
        assertThat(bytes.get(other.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
            .isEqualTo(key.length());
      }
      for (String miss : misses) {
        assertThat(map.get(miss)).isNull();
      }
    }
  }

  @Test
  void testMapStringBytesLookup() {
    // Text that was put together is found as text that was written down.
    try (NativeMap<String, Integer> map = NativeMap.create(String.class, Integer.class)) {
      map.put("1000", 1);
      map.put("2000", 2);
      assertThat(map.get(Integer.toString(1_000))).isEqualTo(1);
      assertThat(map.get(new StringBuilder("0002").reverse().toString())).isEqualTo(2);
    }
  }

  @Test
  void testIgnoreBogusMapHint() {
    for (long hint : new long[] {-1, 0, 1L << 62, Long.MIN_VALUE}) {
      try (NativeMap<Integer, Integer> map =
          NativeMap.builder(Integer.class, Integer.class).capacityHint(hint).build()) {
        map.put(1, 1);
        assertThat(map.size()).isEqualTo(1);
      }
    }
  }

  @Test
  void testTableGroupCount() {
    // A hint is room for as many, and no more than twice the bytes of those who have grown to it.
    for (long hint : new long[] {1, 8, 9, 100, 1_000, 100_000}) {
      try (LongLongMap hinted = LongLongMap.builder().capacityHint(hint).build();
          LongLongMap grown = LongLongMap.create()) {
        for (long i = 0; i < hint; i++) {
          grown.put(i, i);
        }
        assertThat(hinted.growth().tables.slabs.reservedBytes())
            .isLessThan(2 * grown.growth().tables.slabs.reservedBytes() + (64 << 10));
      }
    }
  }

  @Test
  void testMapTombstones() {
    // We have none; whatever is removed, the passers of all groups count right.
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      Random random = new Random(1);
      for (int i = 0; i < 3_000; i++) {
        map.put(i, i);
      }
      for (int i = 0; i < 5_000; i++) {
        map.remove(random.nextInt(3_000));
        if (i % 500 == 0) {
          map.checkInvariants();
        }
      }
      map.checkInvariants();
    }
  }

  @Test
  void testTombstoneGrow() {
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      for (int i = 0; i < 1_000; i++) {
        map.put(i, i);
      }
      long bytes = map.growth().tables.slabs.reservedBytes();
      for (int i = 0; i < 300_000; i++) {
        map.remove(i);
        map.put(i + 1_000, i);
      }
      assertThat(map.size()).isEqualTo(1_000);
      assertThat(map.growth().tables.slabs.reservedBytes()).isLessThanOrEqualTo(2 * bytes);
    }
  }

  @Test
  void testDeferDeleteSlow() {
    try (NativeMap<Long, Integer> map = NativeMap.create(Long.class, Integer.class)) {
      for (long i = 0; i < 8; i++) {
        map.put(i, (int) i);
      }
      for (long i = 0; i < 8; i++) {
        assertThat(map.remove(i)).isTrue();
      }
      assertThat(map.size()).isZero();
    }
  }

  @Test
  void testIncrementAfterDelete() {
    // Of the values int, long, String keys and values: five tests in Go.
    try (LongLongMap longs = LongLongMap.create();
        NativeMap<Integer, Integer> ints = NativeMap.create(Integer.class, Integer.class);
        NativeMap<String, Integer> texts = NativeMap.create(String.class, Integer.class);
        NativeMap<Integer, String> values = NativeMap.create(Integer.class, String.class)) {
      longs.put(12, 12);
      longs.remove(12);
      assertThat(longs.addTo(13, 1)).isEqualTo(1);
      assertThat(longs.addTo(12, 1)).isEqualTo(1);
      ints.put(12, 12);
      ints.remove(12);
      assertThat(ints.merge(12, 1, Integer::sum)).isEqualTo(1);
      texts.put("12", 12);
      texts.remove("12");
      assertThat(texts.merge("12", 1, Integer::sum)).isEqualTo(1);
      values.put(12, "12");
      values.remove(12);
      assertThat(values.merge(12, "a", String::concat)).isEqualTo("a");
    }
  }

  @Test
  void testIncrementAfterBulkClear() {
    try (LongLongMap longs = LongLongMap.create();
        NativeMap<String, Integer> texts = NativeMap.create(String.class, Integer.class)) {
      for (int i = 0; i < 1_000; i++) {
        longs.put(i, 7);
        texts.put("k" + i, 7);
      }
      longs.clear();
      texts.clear();
      assertThat(longs.addTo(12, 1)).isEqualTo(1);
      assertThat(texts.merge("k12", 1, Integer::sum)).isEqualTo(1);
      assertThat(texts.size()).isEqualTo(1);
    }
  }

  @Test
  void testMapInterfaceKey() {
    // Go hashes by the dynamic type and panics where it cannot; we ask for a type that says enough.
    for (Class<?> type : List.of(Object.class, Comparable.class, Number.class, Record.class)) {
      assertThatThrownBy(() -> NativeMap.create(type, Integer.class))
          .isInstanceOf(UnsuitableTypeException.class);
    }
  }

  @Test
  void testEmptyMapWithInterfaceKey() {
    // An unhashable key is refused although the map is empty: before there is one.
    assertThatThrownBy(() -> NativeMap.create(Runnable.class, Integer.class))
        .isInstanceOf(UnsuitableTypeException.class);
  }

  @Test
  void testMemHashGlobalSeed() {
    Set<Long> hashes = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      try (NativeMap<String, Integer> map = NativeMap.create(String.class, Integer.class)) {
        map.put("a", 1);
        NativeCursor<String, Integer> cursor = map.cursor();
        assertThat(cursor.next()).isTrue();
        hashes.add(map.hash(cursor.keyWord()));
      }
    }
    assertThat(hashes).hasSizeGreaterThan(8);
  }

  // Tests of Go's internal maps package: the boundaries of tables.

  @Test
  void testMapPut() {
    for (int size = 1; size < 2_000; size += size < 300 ? 1 : 97) {
      try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
        for (int i = 0; i < size; i++) {
          assertThat(map.put(i, -i)).isTrue();
        }
        map.checkInvariants();
        for (int i = 0; i < size; i++) {
          assertThat(map.get(i)).isEqualTo(-i);
        }
      }
    }
  }

  @Test
  void testMapSplit() {
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      long tables = map.growth().tableCount();
      for (int i = 0; i < 5_000; i++) {
        map.put(i, i);
        if (map.growth().tableCount() != tables) {
          tables = map.growth().tableCount();
          map.checkInvariants();
        }
      }
      assertThat(tables).isGreaterThan(16);
    }
  }

  @Test
  void testMapDelete() {
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      for (int i = 0; i < 2_000; i++) {
        map.put(i, i);
      }
      for (int i = 0; i < 2_000; i++) {
        assertThat(map.remove(i)).isTrue();
        assertThat(map.remove(i)).isFalse();
        assertThat(map.get(i)).isNull();
        assertThat(map.size()).isEqualTo(1_999 - i);
      }
      map.checkInvariants();
    }
  }

  @Test
  void testTableClear() {
    for (int size : new int[] {0, 1, 8, 9, 200, 300, 5_000}) {
      try (NativeMap<Integer, String> map = NativeMap.create(Integer.class, String.class)) {
        for (int i = 0; i < size; i++) {
          map.put(i, "v" + i);
        }
        map.clear();
        assertThat(map.size()).isZero();
        assertThat(map.cursor().next()).isFalse();
        map.checkInvariants();
        map.put(7, "again");
        assertThat(map.get(7)).isEqualTo("again");
      }
    }
  }

  @Test
  void testTableKeyUpdate() {
    negativeZero();
  }

  @Test
  void testTablePutDelete() {
    // One key that comes and goes, in a table that is full but for one.
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      for (int i = 0; i < 7; i++) {
        map.put(i, i);
      }
      for (int i = 0; i < 10_000; i++) {
        map.put(100 + i, i);
        assertThat(map.remove(100 + i)).isTrue();
      }
      assertThat(map.growth().tableCount()).isEqualTo(1);
      map.checkInvariants();
    }
  }

  @Test
  void testMapDeleteClear() {
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      for (int i = 0; i < 300; i++) {
        map.put(i, i);
      }
      for (int i = 0; i < 300; i++) {
        map.remove(i);
      }
      map.clear();
      map.put(1, 2);
      assertThat(map.get(1)).isEqualTo(2);
      assertThat(map.size()).isEqualTo(1);
    }
  }

  @Test
  void testTableIteration() {
    for (int size : new int[] {0, 1, 7, 8, 9, 100, 1_000, 20_000}) {
      try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
        for (int i = 0; i < size; i++) {
          map.put(i, i);
        }
        Map<Integer, Integer> seen = new HashMap<>();
        map.forEach((key, value) -> assertThat(seen.put(key, value)).isNull());
        assertThat(seen).hasSize(size);
      }
    }
  }

  @Test
  void testTableIterationDelete() {
    try (NativeMap<Integer, Integer> map = NativeMap.create(Integer.class, Integer.class)) {
      for (int i = 0; i < 1_000; i++) {
        map.put(i, i);
      }
      NativeCursor<Integer, Integer> cursor = map.cursor();
      int seen = 0;
      while (cursor.next()) {
        seen++;
        map.remove(cursor.key());
      }
      assertThat(seen).isEqualTo(1_000);
      assertThat(map.size()).isZero();
    }
  }

  @Test
  void testTableIterationGrowDelete() {
    iterGrowAndDelete();
  }

  @Test
  void testTableIterationGrowDuplicate() {
    mapIterDuplicate();
  }

  @Test
  void testMapIndirect() {
    mapLargeKeyNoPointer();
    mapLargeValNoPointer();
  }

  // Tests of the standard library's maps package.

  @Test
  void testClone() {
    try (NativeMap<Integer, String> map = NativeMap.create(Integer.class, String.class)) {
      map.put(1, "one");
      try (NativeMap<Integer, String> copy = map.copy()) {
        copy.put(2, "two");
        assertThat(map.containsKey(2)).isFalse();
        map.put(1, "uno");
        assertThat(copy.get(1)).isEqualTo("one");
      }
    }
  }

  @Test
  void testCloneNil() {
    assertThat(NativeMap.<Integer, String>nil().copy().size()).isZero();
    assertThatThrownBy(() -> NativeMap.<Integer, String>nil().copy().put(1, "a"))
        .isInstanceOf(NilMapException.class);
  }

  @Test
  void testCloneWithDelete() {
    try (NativeMap<Integer, String> map = NativeMap.create(Integer.class, String.class)) {
      for (int i = 0; i < 32; i++) {
        map.put(i, "v" + i);
      }
      for (int i = 8; i < 32; i++) {
        map.remove(i);
      }
      try (NativeMap<Integer, String> copy = map.copy()) {
        assertThat(copy.asMap()).isEqualTo(map.asMap()).hasSize(8);
      }
    }
  }

  @Test
  void testCloneWithMapAssign() {
    try (NativeMap<Integer, String> map = NativeMap.create(Integer.class, String.class)) {
      for (int i = 0; i < 25; i++) {
        map.put(i, "v" + i);
      }
      try (NativeMap<Integer, String> copy = map.copy()) {
        for (int i = 0; i < 25; i++) {
          map.put(i + 100, "w");
        }
        assertThat(copy.size()).isEqualTo(25);
      }
    }
  }

  @Test
  void testCloneLarge() {
    for (int size : new int[] {64, 1_024, 10_000}) {
      try (NativeMap<Wide, Wide> map = NativeMap.create(Wide.class, Wide.class)) {
        for (int i = 0; i < size; i++) {
          map.put(Wide.of(i), Wide.of(-i));
        }
        try (NativeMap<Wide, Wide> copy = map.copy()) {
          assertThat(copy.asMap()).isEqualTo(map.asMap());
          copy.checkInvariants();
        }
      }
    }
  }

  // Programs of Go's test directory.

  @Test
  void mapGo() {
    try (NativeMap<String, Float> map = NativeMap.create(String.class, Float.class)) {
      map.put("a", 1f);
      assertThat(map.find("a")).contains(1f);
      assertThat(map.find("b")).isEmpty();
      map.remove("a");
      map.remove("a");
      assertThat(map.size()).isZero();
    }
  }

  @Test
  void mapclearGo() {
    try (NativeMap<Double, Integer> map = NativeMap.create(Double.class, Integer.class)) {
      map.put(Double.NaN, 1);
      map.put(1.0, 2);
      map.clear();
      assertThat(map.size()).isZero();
      assertThat(map.cursor().next()).isFalse();
    }
  }

  @Test
  void maplinearGo() {
    // Awkward keys take no more than their share of probes: tables, not chains, hold them.
    try (NativeMap<Double, Integer> nans = NativeMap.create(Double.class, Integer.class);
        NativeMap<Long, Integer> high = NativeMap.create(Long.class, Integer.class);
        NativeMap<String, Integer> texts = NativeMap.create(String.class, Integer.class)) {
      for (int i = 0; i < 50_000; i++) {
        nans.put(Double.NaN, i);
        high.put((long) i << 40, i);
        // All have the same String.hashCode.
        texts.put(sameHash(i), i);
      }
      for (NativeMap<?, ?> map : List.of(nans, high, texts)) {
        assertThat(map.size()).isEqualTo(50_000);
        assertThat(map.growth().counters.chainings).isZero();
        map.checkInvariants();
      }
      assertThat(texts.get(sameHash(777))).isEqualTo(777);
    }
  }

  private static String sameHash(int number) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < 16; bit++) {
      text.append((number >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return text.toString();
  }

  @Test
  void bigmapGo() {
    try (NativeMap<Integer, byte[]> map = NativeMap.create(Integer.class, byte[].class)) {
      for (int bytes : new int[] {1, 1_000, 100_000, 1_000_000}) {
        for (int i = 0; i < 5; i++) {
          byte[] value = new byte[bytes];
          value[bytes - 1] = (byte) i;
          map.put(i, value);
        }
        for (int i = 0; i < 5; i++) {
          assertThat(map.get(i)).hasSize(bytes);
        }
      }
      map.checkInvariants();
    }
  }
}
