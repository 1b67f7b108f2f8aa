package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * The properties that the tests of Go's own map check, each under the name it has there: zeroes,
 * NaN and iteration here, kinds of keys and values, sizes and hints in {@link GoMapKindsTest},
 * those of Go's other packages and programs in {@link GoMapPackagesTest}.
 *
 * <p>Elsewhere: TestConcurrentMapWrites, -ReadWrite, -IterateWrite and the pairs of TestRaceMap in
 * {@link GoMapRaceTest}; FuzzTable in {@link NativeMapModelTest}. Without a counterpart:
 * TestNonEscapingMap (where a compiler puts a map), TestCtrlSize and TestAlignUpPow2 (helpers of
 * Go's layout), the reflection forms.
 */
class GoMapTest {
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

  static void negativeZero() {
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
      boolean zeroSeen = false;
      NativeCursor<Double, Integer> cursor = map.cursor();
      while (cursor.next()) {
        step++;
        double key = cursor.key();
        if (key == 0) {
          assertThat(isMinusZero(key)).isEqualTo(minus);
          assertThat(zeroSeen).isFalse();
          zeroSeen = true;
        }
        if (key <= 4) {
          // Each once.
          assertThat(sum & cursor.value()).isZero();
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
      assertThat(seen).isGreaterThanOrEqualTo(4);
      assertThat(
              isMinusZero(
                  map.asMap().keySet().stream().filter(k -> k == 0).findAny().orElseThrow()))
          .isTrue();
      assertThat(sum).isEqualTo(15);
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

  static void iterGrowAndDelete() {
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

  static void mapIterDuplicate() {
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
}
