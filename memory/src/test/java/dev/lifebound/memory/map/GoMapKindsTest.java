package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** As {@link GoMapTest}: kinds of keys and values, sizes, hints and deletions. */
class GoMapKindsTest {
  record Empty() {}

  /** 256 bytes, as the arrays of Go's tests. */
  static byte[] big(int seed) {
    byte[] bytes = new byte[256];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  record Wide(long a, long b, long c, long d, double e) {
    static Wide of(long i) {
      return new Wide(i, -i, i * i, ~i, i / 2.0);
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

  static void mapLargeKeyNoPointer() {
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

  static void mapLargeValNoPointer() {
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

  static void mapZeroSizeSlot() {
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

  /** Go's numbers of buckets by hint are not ours; what a hint is for is the same. */
  @Test
  void testMapBuckets() {
    for (long hint : new long[] {0, 1, 8, 9, 13, 14, 100, 1_000, 100_000}) {
      try (LongLongMap map = LongLongMap.builder().seed(7).capacityHint(hint).build()) {
        for (long i = 0; i < hint; i++) {
          map.put(i, i);
        }
        // Up to eight entries are one group; of a hinted map only tables that chance fills split.
        long tables = map.growth().tableCount();
        assertThat(tables).isGreaterThanOrEqualTo(Math.max(1, hint / 224));
        assertThat(map.inspect().growth().splits()).isLessThanOrEqualTo(tables / 16);
        assertThat(map.inspect().slots() == Group.SLOTS).isEqualTo(hint <= Group.SLOTS);
      }
    }
  }

  /** 7 of 8, as in Go's newer map; the only group of a small map is filled. */
  @Test
  void testLoadFactor() {
    assertThat(Sizes.capacity(1)).isEqualTo(8);
    for (int groups = 2; groups <= Sizes.MAX_GROUPS; groups++) {
      assertThat(Sizes.capacity(groups)).isEqualTo(7 * groups);
    }
    try (LongLongMap map = LongLongMap.builder().seed(7).build()) {
      for (long i = 0; i < 100_000; i++) {
        map.put(i, i);
        if (i % 997 == 0) {
          assertThat(map.inspect().load()).isLessThanOrEqualTo(i < 8 ? 1 : 7.0 / 8);
        }
      }
      assertThat(map.inspect().load()).isBetween(0.5, 7.0 / 8);
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
}
