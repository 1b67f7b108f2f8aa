package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * As {@link GoMapTest}: the tests of Go's internal maps package and of its maps package, and the
 * programs of its test directory.
 */
class GoMapPackagesTest {
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
    GoMapTest.negativeZero();
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
    GoMapTest.iterGrowAndDelete();
  }

  @Test
  void testTableIterationGrowDuplicate() {
    GoMapTest.mapIterDuplicate();
  }

  @Test
  void testMapIndirect() {
    GoMapKindsTest.mapLargeKeyNoPointer();
    GoMapKindsTest.mapLargeValNoPointer();
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
      try (NativeMap<GoMapKindsTest.Wide, GoMapKindsTest.Wide> map =
          NativeMap.create(GoMapKindsTest.Wide.class, GoMapKindsTest.Wide.class)) {
        for (int i = 0; i < size; i++) {
          map.put(GoMapKindsTest.Wide.of(i), GoMapKindsTest.Wide.of(-i));
        }
        try (NativeMap<GoMapKindsTest.Wide, GoMapKindsTest.Wide> copy = map.copy()) {
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

  /** What Go's compiler refuses as the type of a key; and what it takes. */
  @SuppressWarnings("ArrayRecordComponent") // that they are refused is what is tested
  @Test
  void map1Go() {
    record OfFunction(Runnable function) {}
    record OfSlice(List<Integer> slice) {}
    record OfMap(Map<Integer, Integer> map) {}
    record OfArrayOfFunctions(Runnable[] functions) {}
    record OfArray(OfLongs longs) {}
    for (Class<?> type :
        List.of(
            Runnable.class,
            List.class,
            Map.class,
            OfFunction.class,
            OfSlice.class,
            OfMap.class,
            OfArrayOfFunctions.class)) {
      assertThatThrownBy(() -> NativeMap.create(type, Integer.class))
          .isInstanceOf(UnsuitableTypeException.class)
          .hasMessageContaining("path=" + type.getSimpleName());
    }
    for (Class<?> type :
        List.of(
            Boolean.class,
            Byte.class,
            Character.class,
            Double.class,
            String.class,
            OfArray.class)) {
      try (NativeMap<?, Integer> map = NativeMap.create(type, Integer.class)) {
        assertThat(map.isEmpty()).isTrue();
      }
    }
  }

  record OfLongs(long first, long second) {}

  /** Hints that are no sizes: Go's compiler refuses constants, at run time they are ignored. */
  @Test
  void makemapGo() {
    for (long hint : new long[] {-1, Long.MIN_VALUE, 1L << 62, 1L << 40, Integer.MAX_VALUE, 0}) {
      try (LongLongMap longs = LongLongMap.builder().capacityHint(hint).build();
          NativeSet<String> texts = NativeSet.builder(String.class).capacityHint(hint).build();
          ConcurrentLongLongMap shared =
              ConcurrentLongLongMap.builder().capacityHint(hint).buildLongLong()) {
        assertThat(longs.put(1, 2)).isTrue();
        assertThat(texts.add("a")).isTrue();
        assertThat(shared.put(1, 2)).isTrue();
        // No memory for entries that nobody has.
        assertThat(longs.growth().tables.slabs.reservedBytes()).isLessThan(1 << 20);
        assertThat(shared.reservedBytes()).isLessThan(1 << 20);
      }
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
