package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Spliterator;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One thread: cells, codecs, the whole of ConcurrentMap against HashMap. */
class ConcurrentNativeMapTest {
  record Point(int x, double y) {}

  private static ConcurrentNativeMap<String, String> texts(ConcurrentMapBuilder builder) {
    return builder.build(Codecs.of(String.class), Codecs.of(String.class));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isAMapOfTexts(boolean tiny) {
    ConcurrentMapBuilder builder = ConcurrentNativeMap.builder().name("texts").seed(4);
    if (tiny) {
      builder = builder.sizes(2, 4, 1).testHash(hash -> hash % 97);
    }
    try (ConcurrentNativeMap<String, String> map = texts(builder)) {
      Map<String, String> model = new HashMap<>();
      Random random = new Random(5);
      ConcurrentMap<String, String> view = map.asConcurrentMap();
      for (int i = 0; i < 60_000; i++) {
        String key = "key" + random.nextInt(tiny ? 200 : 3_000);
        String value = "v".repeat(random.nextInt(50)) + i;
        switch (random.nextInt(9)) {
          case 0, 1 -> assertThat(view.put(key, value)).isEqualTo(model.put(key, value));
          case 2, 3 -> assertThat(view.remove(key)).isEqualTo(model.remove(key));
          case 4 ->
              assertThat(view.putIfAbsent(key, value)).isEqualTo(model.putIfAbsent(key, value));
          case 5 ->
              assertThat(view.compute(key, ConcurrentNativeMapTest::change))
                  .isEqualTo(model.compute(key, ConcurrentNativeMapTest::change));
          case 6 ->
              assertThat(view.merge(key, value, String::concat))
                  .isEqualTo(model.merge(key, value, String::concat));
          case 7 -> {
            String expected = random.nextBoolean() ? value : model.getOrDefault(key, "none");
            assertThat(view.replace(key, expected, value))
                .isEqualTo(model.replace(key, expected, value));
          }
          default -> assertThat(view.get(key)).isEqualTo(model.get(key));
        }
        if (i % 20_000 == 19_999) {
          assertThat(view).isEqualTo(model);
          map.checkInvariants();
          view.clear();
          model.clear();
        }
      }
    }
  }

  private static @Nullable String change(String key, @Nullable String value) {
    return value == null ? key : value.length() % 3 == 0 ? null : value.substring(1);
  }

  /** As in a map on the heap, where it would be the entry's own array. */
  @Test
  void aFunctionMayChangeAValueInPlace() {
    try (ConcurrentNativeMap<Long, byte[]> map =
        ConcurrentNativeMap.create(Codecs.of(Long.class), Codecs.of(byte[].class))) {
      map.put(1L, new byte[] {1, 2});
      map.compute(1L, (_, bytes) -> raised(bytes));
      assertThat(map.get(1L)).containsExactly(2, 2);
      map.computeIfPresent(1L, (_, bytes) -> raised(bytes));
      assertThat(map.get(1L)).containsExactly(3, 2);
      map.merge(1L, new byte[] {7}, (bytes, _) -> raised(bytes));
      assertThat(map.get(1L)).containsExactly(4, 2);
      map.asConcurrentMap().replaceAll((_, bytes) -> raised(bytes));
      assertThat(map.get(1L)).containsExactly(5, 2);
      assertThat(map.computeIfAbsent(1L, _ -> new byte[0])).containsExactly(5, 2);
      map.checkInvariants();
    }
  }

  private static byte[] raised(byte @Nullable [] bytes) {
    byte[] array = Objects.requireNonNull(bytes);
    array[0]++;
    return array;
  }

  @Test
  void overwritingTakesNoMemory() {
    try (ConcurrentNativeMap<Long, String> map =
        ConcurrentNativeMap.create(Codecs.of(Long.class), Codecs.of(String.class))) {
      Random random = new Random(6);
      String text = "x".repeat(2_000);
      long keys = 5_000;
      Runnable round =
          () -> {
            for (int i = 0; i < 50_000; i++) {
              map.put(random.nextLong(keys), text.substring(random.nextInt(text.length())));
            }
          };
      for (int i = 0; i < 4; i++) {
        round.run();
      }
      long before = map.reservedBytes();
      for (int i = 0; i < 6; i++) {
        round.run();
      }
      assertThat((double) map.reservedBytes() / before).isLessThan(1.10);
      map.checkInvariants();
    }
  }

  /** Values are all small, then all large, and so on: what one phase leaves the next one uses. */
  @Test
  void phasesOfSizesTakeNoMoreThanTheirSum() {
    try (ConcurrentNativeMap<Long, String> map =
        ConcurrentNativeMap.create(Codecs.of(Long.class), Codecs.of(String.class))) {
      long[] after = new long[8];
      for (int phase = 0; phase < after.length; phase++) {
        String text = "x".repeat(phase % 2 == 0 ? 700 : 30);
        for (long key = 0; key < 5_000; key++) {
          map.put(key, text);
        }
        after[phase] = map.reservedBytes();
      }
      assertThat((double) after[7] / after[2]).isLessThan(1.10);
      map.checkInvariants();
    }
  }

  @Test
  void aValueMayBeLargerThanASlab() {
    try (ConcurrentNativeMap<String, byte[]> map =
        ConcurrentNativeMap.create(Codecs.of(String.class), Codecs.of(byte[].class))) {
      byte[] large = new byte[5 << 20];
      new Random(7).nextBytes(large);
      String key = "k".repeat(1_500_000);
      map.put(key, large);
      assertThat(map.get(key)).isEqualTo(large);
      large[large.length - 1]++;
      assertThat(map.put(key, large)).isNotEqualTo(large);
      assertThat(map.get(key)).isEqualTo(large);
      long before = map.reservedBytes();
      for (int i = 0; i < 200; i++) {
        map.put(key, large);
      }
      // One is read while the next is written.
      assertThat(map.reservedBytes() - before).isLessThan(3L * (7 << 20));
      map.checkInvariants();
    }
  }

  @Test
  void keysAreEqualAsTheirCodecHasIt() {
    try (ConcurrentNativeMap<Double, Long> go =
            ConcurrentNativeMap.create(Codecs.of(Double.class), Codecs.of(Long.class));
        ConcurrentNativeMap<Double, Long> java =
            ConcurrentNativeMap.create(Codecs.javaDouble(), Codecs.of(Long.class))) {
      for (long i = 0; i < 500; i++) {
        assertThat(go.put(Double.NaN, i)).isNull();
        assertThat(java.put(Double.NaN, i)).isEqualTo(i == 0 ? null : i - 1);
      }
      assertThat(go.get(Double.NaN)).isNull();
      assertThat(go.remove(Double.NaN)).isNull();
      assertThat(go.size()).isEqualTo(500);
      assertThat(java.size()).isEqualTo(1);
      long[] sum = new long[1];
      go.forEach((key, value) -> {
        assertThat(key).isNaN();
        sum[0] += value;
      });
      assertThat(sum[0]).isEqualTo(LongStream.range(0, 500).sum());
      go.checkInvariants();
      go.clear();
      assertThat(go.size()).isZero();
      go.put(0.0, 1L);
      assertThat(go.put(-0.0, 2L)).isEqualTo(1);
      assertThat(go.get(0.0)).isEqualTo(2);
      assertThat(go.size()).isEqualTo(1);
      // The newest of equal keys stays, as in Go.
      go.forEach((key, _) -> assertThat(1 / key).isNegative());
      java.put(0.0, 1L);
      assertThat(java.put(-0.0, 2L)).isNull();
      go.checkInvariants();
    }
  }

  @Test
  void recordsWithDoublesAreKeys() {
    try (ConcurrentNativeMap<Point, Point> map =
        ConcurrentNativeMap.create(Codecs.of(Point.class), Codecs.of(Point.class))) {
      for (int i = 0; i < 2_000; i++) {
        assertThat(map.put(new Point(i, i / 2.0), new Point(i, 0))).isNull();
        assertThat(map.put(new Point(1, Double.NaN), new Point(i, 0))).isNull();
      }
      map.put(new Point(0, 0.0), new Point(1, 1));
      assertThat(map.put(new Point(0, -0.0), new Point(2, 2))).isEqualTo(new Point(1, 1));
      assertThat(map.size()).isEqualTo(4_000);
      assertThat(map.get(new Point(7, 3.5))).isEqualTo(new Point(7, 0));
      assertThat(map.get(new Point(1, Double.NaN))).isNull();
      map.checkInvariants();
    }
  }

  @Test
  void streamsMeetEachEntryOnce() {
    try (ConcurrentNativeMap<Long, String> map =
        ConcurrentNativeMap.create(Codecs.of(Long.class), Codecs.of(String.class))) {
      for (long key = 0; key < 20_000; key++) {
        map.put(key, "value " + key);
      }
      ConcurrentMap<Long, String> view = map.asConcurrentMap();
      assertThat(view.keySet().parallelStream().mapToLong(key -> key).sum())
          .isEqualTo(20_000L * 19_999 / 2);
      assertThat(view.values().parallelStream().collect(Collectors.toSet())).hasSize(20_000);
      assertThat(view.entrySet().spliterator().hasCharacteristics(Spliterator.SIZED)).isFalse();
      Spliterator<Long> whole = view.keySet().spliterator();
      whole.tryAdvance(_ -> {});
      Spliterator<Long> part = whole.trySplit();
      long[] met = {1};
      whole.forEachRemaining(_ -> met[0]++);
      assertThat(part).isNotNull();
      part.forEachRemaining(_ -> met[0]++);
      assertThat(met[0]).isEqualTo(20_000);
    }
  }

  @Test
  void nullIsRefusedByName() {
    try (ConcurrentNativeMap<String, String> map = texts(ConcurrentNativeMap.builder())) {
      ConcurrentMap<String, String> view = map.asConcurrentMap();
      assertThatNullPointerException()
          .isThrownBy(() -> view.get(null))
          .withMessageContaining("key");
      assertThatNullPointerException()
          .isThrownBy(() -> view.put("a", null))
          .withMessageContaining("value");
      assertThat(map.isEmpty()).isTrue();
    }
  }

  @Test
  void aFunctionThatThrowsLeavesTheEntry() {
    try (ConcurrentNativeMap<String, String> map = texts(ConcurrentNativeMap.builder())) {
      map.put("a", "b");
      assertThatThrownBy(() ->
              map.compute(
                  "a",
                  (_, _) -> {
                    throw new IllegalArgumentException("theirs");
                  }))
          .hasMessage("theirs");
      assertThat(map.get("a")).isEqualTo("b");
      assertThatThrownBy(() -> map.compute("a", (key, _) -> map.put(key, "c")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("recursive update");
      assertThat(map.put("a", "d")).isEqualTo("b");
      // Other keys are free, also of the same stripe.
      assertThat(
              map.compute(
                  "a",
                  (_, _) -> {
                    for (int i = 0; i < 1_000; i++) {
                      map.put("other" + i, "x");
                    }
                    return "e";
                  }))
          .isEqualTo("e");
      assertThat(map.size()).isEqualTo(1_001);
      map.checkInvariants();
    }
  }

  @Test
  void isWholeWhenMemoryEnds() {
    try (ConcurrentNativeMap<String, String> map =
        texts(ConcurrentNativeMap.builder().name("limited").limitBytes(300_000))) {
      int[] put = new int[1];
      assertThatThrownBy(
              () -> {
                for (; put[0] < 100_000; put[0]++) {
                  map.put("key number " + put[0], "value number " + put[0]);
                }
              })
          .isInstanceOf(MapFullException.class)
          .hasMessageContaining("limit=300000");
      map.checkInvariants();
      assertThat(map.size()).isEqualTo(put[0]);
      for (int i = 0; i < put[0]; i++) {
        assertThat(map.get("key number " + i)).isEqualTo("value number " + i);
        assertThat(map.remove("key number " + i)).isEqualTo("value number " + i);
      }
      for (int i = 0; i < put[0] / 2; i++) {
        map.put("key number " + i, "again");
      }
      map.checkInvariants();
    }
  }

  @Test
  void useAfterCloseIsRefused() {
    ConcurrentNativeMap<String, String> map = texts(ConcurrentNativeMap.builder().name("gone"));
    map.put("a", "b");
    ConcurrentMap<String, String> view = map.asConcurrentMap();
    var iterator = view.entrySet().iterator();
    map.close();
    assertThatThrownBy(() -> map.get("a"))
        .isInstanceOf(MapClosedException.class)
        .hasMessage("a map must be open: map=gone; finish with it before its close()");
    assertThatThrownBy(iterator::next).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> view.compute("a", (_, _) -> "c"))
        .isInstanceOf(MapClosedException.class);
    assertThatThrownBy(view::size).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(view::clear).isInstanceOf(MapClosedException.class);
    assertThat(map)
        .hasToString(
            "ConcurrentNativeMap[name=gone, keys=Codec[type=String,"
                + " bytes=variable], values=Codec[type=String, bytes=variable], size=closed]");
  }
}
