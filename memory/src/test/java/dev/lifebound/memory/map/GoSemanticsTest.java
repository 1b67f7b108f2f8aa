package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * What Go's specification and its maps say, row by row; docs/design/map-semantics.md names these
 * tests.
 */
class GoSemanticsTest {
  private static NativeMap<String, Long> texts(int entries) {
    NativeMap<String, Long> map = NativeMap.create(String.class, Long.class);
    for (long i = 0; i < entries; i++) {
      map.put("key " + i, i);
    }
    return map;
  }

  @Nested
  class NilMap {
    private final NativeMap<String, Long> typed = NativeMap.nil();
    private final LongLongMap longs = LongLongMap.nil();
    private final NativeSet<String> set = NativeSet.nil();

    @Test
    void itsLengthIsZero() {
      assertThat(typed.size()).isZero();
      assertThat(longs.size()).isZero();
      assertThat(set.size()).isZero();
    }

    @Test
    void aReadGivesTheZeroValue() {
      assertThat(typed.get("a")).isNull();
      assertThat(longs.get(1)).isZero();
      assertThat(set.contains("a")).isFalse();
    }

    @Test
    void commaOkGivesFalse() {
      assertThat(typed.find("a")).isEmpty();
      assertThat(longs.find(1)).isEmpty();
    }

    @Test
    void anIterationHasNoSteps() {
      assertThat(typed.cursor().next()).isFalse();
      assertThat(longs.cursor().next()).isFalse();
      assertThat(typed.asMap()).isEmpty();
    }

    @Test
    void deleteAndClearDoNothing() {
      assertThat(typed.remove("a")).isFalse();
      assertThat(longs.remove(1)).isFalse();
      typed.clear();
      longs.clear();
      set.clear();
      typed.close();
      assertThat(typed.isOpen()).isTrue();
    }

    @Test
    void aWriteIsRefused() {
      assertThatThrownBy(() -> typed.put("a", 1L))
          .isInstanceOf(NilMapException.class)
          .hasMessageContaining("create()");
      assertThatThrownBy(() -> longs.put(1, 1)).isInstanceOf(NilMapException.class);
      assertThatThrownBy(() -> set.add("a")).isInstanceOf(NilMapException.class);
      assertThatThrownBy(() -> typed.asMap().put("a", 1L)).isInstanceOf(NilMapException.class);
    }

    @Test
    void itsCloneIsNil() {
      assertThat(typed.copy()).isSameAs(typed);
      assertThat(longs.copy()).isSameAs(longs);
      assertThat(set.copy()).isSameAs(set);
    }
  }

  @Nested
  class NaNAndZero {
    @Test
    void everyWriteOfNaNAddsAnEntryThatOnlyClearRemoves() {
      try (NativeMap<Double, Integer> map = NativeMap.create(Double.class, Integer.class)) {
        for (int i = 0; i < 1_000; i++) {
          assertThat(map.put(Double.NaN, i)).isTrue();
        }
        assertThat(map.size()).isEqualTo(1_000);
        assertThat(map.get(Double.NaN)).isNull();
        assertThat(map.remove(Double.NaN)).isFalse();
        Set<Integer> seen = new HashSet<>();
        map.forEach((key, value) -> {
          assertThat(key).isNaN();
          seen.add(value);
          map.remove(key);
        });
        assertThat(seen).hasSize(1_000);
        assertThat(map.size()).isEqualTo(1_000);
        map.checkInvariants();
        map.clear();
        assertThat(map.size()).isZero();
      }
    }

    @Test
    void aNaNInARecordIsNoKeyEither() {
      record Big(double x, double y) {}
      record Small(float x, float y) {}
      try (NativeMap<Big, Integer> big = NativeMap.create(Big.class, Integer.class);
          NativeMap<Small, Integer> small = NativeMap.create(Small.class, Integer.class)) {
        for (int i = 0; i < 300; i++) {
          big.put(new Big(1, Double.NaN), i);
          small.put(new Small(Float.NaN, 1), i);
        }
        assertThat(big.size()).isEqualTo(300);
        assertThat(small.size()).isEqualTo(300);
        assertThat(big.containsKey(new Big(1, Double.NaN))).isFalse();
        assertThat(small.containsKey(new Small(Float.NaN, 1))).isFalse();
        assertThat(new HashSet<>(big.asMap().values())).hasSize(300);
        big.checkInvariants();
        small.checkInvariants();
      }
    }

    @Test
    void zeroesOfBothSignsAreOneKeyAndTheNewestIsKept() {
      try (NativeMap<Double, Integer> map = NativeMap.create(Double.class, Integer.class)) {
        map.put(0.0, 1);
        assertThat(map.put(-0.0, 2)).isFalse();
        assertThat(map.get(0.0)).isEqualTo(2);
        NativeCursor<Double, Integer> cursor = map.cursor();
        assertThat(cursor.next()).isTrue();
        assertThat(1 / cursor.key()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(cursor.next()).isFalse();
      }
    }

    @Test
    void zeroesInARecordAreOneKeyAndTheNewestIsKept() {
      record Big(double x, double y) {}
      try (NativeMap<Big, Integer> map = NativeMap.create(Big.class, Integer.class)) {
        map.put(new Big(0.0, 1), 1);
        assertThat(map.put(new Big(-0.0, 1), 2)).isFalse();
        assertThat(map.get(new Big(0.0, 1))).isEqualTo(2);
        assertThat(map.asMap().keySet()).containsExactly(new Big(-0.0, 1));
        map.checkInvariants();
      }
    }
  }

  @Nested
  class Iteration {
    @Test
    void anUnreachedEntryThatIsDeletedDoesNotCome() {
      try (NativeMap<String, Long> map = texts(500)) {
        NativeCursor<String, Long> cursor = map.cursor();
        Set<String> deleted = new HashSet<>();
        Set<String> seen = new HashSet<>();
        while (cursor.next()) {
          assertThat(deleted).doesNotContain(cursor.key());
          seen.add(cursor.key());
          String other = "key " + (Long.parseLong(cursor.key().substring(4)) ^ 1);
          if (!seen.contains(other) && map.remove(other)) {
            deleted.add(other);
          }
        }
        assertThat(seen.size() + deleted.size()).isEqualTo(500);
        assertThat(deleted).isNotEmpty();
      }
    }

    @Test
    void anInsertedEntryMayComeAndNoneComesTwice() {
      try (NativeMap<String, Long> map = texts(300)) {
        List<String> seen = new ArrayList<>();
        NativeCursor<String, Long> cursor = map.cursor();
        long next = 300;
        while (cursor.next()) {
          seen.add(cursor.key());
          if (next < 5_000) {
            for (int i = 0; i < 20; i++) {
              map.put("key " + next, next++);
            }
          }
        }
        assertThat(seen).doesNotHaveDuplicates();
        for (int i = 0; i < 300; i++) {
          assertThat(seen).contains("key " + i);
        }
      }
    }

    @Test
    void anUpdatedEntryComesWithItsLatestValue() {
      try (NativeMap<String, Long> map = texts(300)) {
        NativeCursor<String, Long> cursor = map.cursor();
        assertThat(cursor.next()).isTrue();
        String first = cursor.key();
        for (long i = 0; i < 300; i++) {
          map.put("key " + i, -i - 1);
        }
        while (cursor.next()) {
          assertThat(cursor.value()).isNegative();
          assertThat(cursor.key()).isNotEqualTo(first);
        }
      }
    }

    @Test
    void clearEndsIt() {
      try (NativeMap<String, Long> map = texts(300)) {
        NativeCursor<String, Long> cursor = map.cursor();
        assertThat(cursor.next()).isTrue();
        map.clear();
        map.put("new", 1L);
        assertThat(cursor.next()).isFalse();
      }
    }

    @Test
    void theOrderDiffersFromOneToTheNext() {
      try (NativeMap<String, Long> map = texts(8);
          LongLongMap longs = LongLongMap.create()) {
        Set<List<String>> orders = new HashSet<>();
        Set<List<Long>> longOrders = new HashSet<>();
        for (long i = 0; i < 8; i++) {
          longs.put(i, i);
        }
        for (int round = 0; round < 100; round++) {
          List<String> order = new ArrayList<>();
          map.forEach((key, _) -> order.add(key));
          orders.add(order);
          List<Long> longOrder = new ArrayList<>();
          longs.forEach((key, _) -> longOrder.add(key));
          longOrders.add(longOrder);
        }
        assertThat(orders).hasSizeGreaterThan(1);
        assertThat(longOrders).hasSizeGreaterThan(1);
      }
    }

    @Test
    void theViewsOrderIsStableAndDiffersFromMapToMap() {
      Set<List<String>> orders = new HashSet<>();
      for (int i = 0; i < 20; i++) {
        try (NativeMap<String, Long> map = texts(100)) {
          List<String> keys = List.copyOf(map.asMap().keySet());
          assertThat(List.copyOf(map.asMap().keySet())).isEqualTo(keys);
          assertThat(map.asMap().entrySet()).extracting(Map.Entry::getKey).isEqualTo(keys);
          orders.add(keys);
        }
      }
      assertThat(orders).hasSizeGreaterThan(1);
    }
  }

  @Test
  void keyTypesWithoutValueEqualityAreRefused() {
    assertThatThrownBy(() -> NativeMap.create(int[].class, Long.class))
        .isInstanceOf(UnsuitableTypeException.class);
    assertThatThrownBy(() -> NativeMap.create(Map.class, Long.class))
        .isInstanceOf(UnsuitableTypeException.class);
    assertThatThrownBy(() -> NativeMap.create(Runnable.class, Long.class))
        .isInstanceOf(UnsuitableTypeException.class);
    assertThatThrownBy(() -> NativeSet.create(Object.class))
        .isInstanceOf(UnsuitableTypeException.class);
  }

  @Test
  void theHashDiffersFromMapToMap() {
    try (NativeMap<String, Long> one = texts(0);
        NativeMap<String, Long> two = texts(0)) {
      assertThat(one.hash(7)).isNotEqualTo(two.hash(7));
    }
  }

  @Test
  void aHintIsOnlyAHint() {
    for (long hint : new long[] {-1, 0, 1, 1_000, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE}) {
      try (NativeMap<String, Long> map =
          NativeMap.builder(String.class, Long.class).capacityHint(hint).build()) {
        for (long i = 0; i < 3_000; i++) {
          map.put("key " + i, i);
        }
        assertThat(map.size()).isEqualTo(3_000);
        map.checkInvariants();
      }
    }
  }

  @Test
  void clearKeepsTheCapacity() {
    try (NativeMap<String, Long> map = texts(20_000)) {
      long reserved = map.growth().tables.slabs.reservedBytes();
      for (int round = 0; round < 20; round++) {
        map.clear();
        for (long i = 0; i < 20_000; i++) {
          map.put("key " + i, i);
        }
      }
      assertThat(map.growth().tables.slabs.reservedBytes()).isLessThan(reserved * 3 / 2);
      map.checkInvariants();
    }
  }

  @Test
  void aDeletedValueReadsAsZeroWhenTheKeyReturns() {
    try (LongLongMap longs = LongLongMap.create();
        NativeMap<String, Long> map = texts(0)) {
      longs.put(1, 42);
      longs.remove(1);
      assertThat(longs.addTo(1, 1)).isEqualTo(1);
      map.put("a", 42L);
      map.remove("a");
      assertThat(map.merge("a", 1L, Long::sum)).isEqualTo(1);
    }
  }

  @Test
  void aCloneIsIndependent() {
    try (NativeMap<String, Long> map = texts(2_000);
        NativeMap<String, Long> copy = map.copy()) {
      assertThat(copy.asMap()).isEqualTo(map.asMap());
      copy.put("key 0", -1L);
      map.remove("key 1");
      assertThat(map.get("key 0")).isZero();
      assertThat(copy.get("key 1")).isEqualTo(1);
      copy.checkInvariants();
    }
  }

  // Where java.util.Map says otherwise, the view follows it as far as the stored equality goes.

  @Test
  void theViewOfAMapOfJavaDoublesIsJavas() {
    try (NativeMap<Double, Integer> map =
        NativeMap.create(Codecs.javaDouble(), Codecs.of(Integer.class))) {
      Map<Double, Integer> model = new HashMap<>();
      for (double key : new double[] {0.0, -0.0, Double.NaN, 1, Double.NaN}) {
        assertThat(map.asMap().put(key, 1)).isEqualTo(model.put(key, 1));
      }
      assertThat(map.asMap()).isEqualTo(model).hasSize(4);
    }
  }

  @Test
  void theViewOfAMapOfGoDoublesHasNaNsThatNobodyFinds() {
    try (NativeMap<Double, Integer> map = NativeMap.create(Double.class, Integer.class)) {
      Map<Double, Integer> view = map.asMap();
      assertThat(view.put(Double.NaN, 1)).isNull();
      assertThat(view.put(Double.NaN, 2)).isNull();
      assertThat(view).hasSize(2);
      assertThat(view.get(Double.NaN)).isNull();
      // An iterator removes what it has reached, NaN or not.
      var keys = view.keySet().iterator();
      keys.next();
      keys.remove();
      assertThat(view).hasSize(1);
    }
  }
}
