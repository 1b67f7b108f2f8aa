package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** An iterator removes the entry that it has reached, also where no key finds it: a NaN's. */
class StoredEntriesTest {
  private static final int ENTRIES = 1_000;

  record Mixed(double x, String text) {}

  private static Mixed key(int i) {
    return new Mixed(i % 2 == 0 ? Double.NaN : i, "some text " + i);
  }

  @Test
  void cellsThatAreMovedMeanwhileAreRemoved() {
    try (NativeMap<Mixed, Long> map = NativeMap.create(Mixed.class, Long.class)) {
      for (int i = 0; i < ENTRIES; i++) {
        map.put(key(i), (long) i);
      }
      assertThat(map.asMap().keySet().removeIf(_ -> true)).isTrue();
      assertThat(map.size()).isZero();
      map.checkInvariants();
    }
  }

  @Test
  void ofEqualNaNsTheOneThatWasReachedIsRemoved() {
    try (NativeMap<Float, String> map = NativeMap.create(Float.class, String.class)) {
      for (int i = 0; i < ENTRIES; i++) {
        map.put(Float.NaN, "some long text " + i);
      }
      keepsTheEven(map.asMap());
      map.checkInvariants();
    }
  }

  private static void keepsTheEven(Map<?, String> map) {
    map.values().removeIf(value -> Integer.parseInt(value.substring(15)) % 2 == 1);
    Set<String> even =
        IntStream.range(0, ENTRIES / 2)
            .mapToObj(i -> "some long text " + 2 * i)
            .collect(Collectors.toSet());
    assertThat(map).hasSize(ENTRIES / 2);
    assertThat(new HashSet<>(map.values())).isEqualTo(even);
  }

  @Test
  void wordsOfAConcurrentMapAreRemoved() {
    try (ConcurrentNativeMap<Double, String> map =
        ConcurrentNativeMap.create(Codecs.of(Double.class), Codecs.of(String.class))) {
      for (int i = 0; i < ENTRIES; i++) {
        map.put(Double.NaN, "some long text " + i);
      }
      keepsTheEven(map.asConcurrentMap());
      map.asConcurrentMap().keySet().removeIf(_ -> true);
      assertThat(map.size()).isZero();
      map.checkInvariants();
    }
  }

  @Test
  void cellsOfAConcurrentMapAreRemoved() {
    try (ConcurrentNativeMap<Mixed, Long> map =
        ConcurrentNativeMap.create(Codecs.of(Mixed.class), Codecs.of(Long.class))) {
      for (int i = 0; i < ENTRIES; i++) {
        map.put(key(i), (long) i);
      }
      Iterator<Map.Entry<Mixed, Long>> entries = map.asConcurrentMap().entrySet().iterator();
      Map.Entry<Mixed, Long> first = entries.next();
      // What the iteration has ahead does not change what is removed.
      assertThat(entries.hasNext()).isTrue();
      entries.remove();
      assertThat(map.asConcurrentMap().values())
          .hasSize(ENTRIES - 1)
          .doesNotContain(first.getValue());
      map.asConcurrentMap().keySet().removeIf(_ -> true);
      assertThat(map.size()).isZero();
      map.checkInvariants();
    }
  }

  @Test
  void whatWasClearedMeanwhileIsNotRemovedTwice() {
    try (ConcurrentNativeMap<Mixed, Long> map =
        ConcurrentNativeMap.create(Codecs.of(Mixed.class), Codecs.of(Long.class))) {
      map.put(key(0), 0L);
      Iterator<Mixed> keys = map.asConcurrentMap().keySet().iterator();
      keys.next();
      map.clear();
      map.put(key(2), 2L);
      keys.remove();
      assertThat(map.size()).isOne();
      map.checkInvariants();
    }
  }
}
