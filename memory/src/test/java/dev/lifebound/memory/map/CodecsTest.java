package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is written reads back, hashes and compares as the value itself. */
class CodecsTest {
  private static final long SEED = 42;

  private static final int AT = 13;

  record Point(int x, int y) {}

  record Order(long number, String customer, Point place, TimeUnit unit, String note, UUID id) {}

  record Inner(float weight, String name) {}

  record Outer(Inner inner, boolean flag, Inner other) {}

  record Empty() {}

  record WithEmpty(Empty nothing, long number, Empty again) {}

  record Floats(float a, float b) {}

  record Boxed(Integer a, Character b, Byte c, Short d, Boolean e, Long f, Double g) {}

  static Stream<Arguments> samples() {
    return Stream.of(
        Arguments.of(long.class, List.of(0L, 1L, -1L, Long.MIN_VALUE, Long.MAX_VALUE)),
        Arguments.of(Integer.class, List.of(0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE)),
        Arguments.of(short.class, List.of((short) 0, (short) -1, Short.MAX_VALUE)),
        Arguments.of(Byte.class, List.of((byte) 0, (byte) -1, Byte.MAX_VALUE)),
        Arguments.of(char.class, List.of('\0', 'a', '\uffff')),
        Arguments.of(boolean.class, List.of(true, false)),
        Arguments.of(double.class, List.of(0.0, 1.5, -1.5, Double.NaN, Double.MIN_VALUE)),
        Arguments.of(Float.class, List.of(0f, 1.5f, -1.5f, Float.NaN, Float.NEGATIVE_INFINITY)),
        Arguments.of(TimeUnit.class, List.of(TimeUnit.values())),
        Arguments.of(
            String.class,
            List.of(
                "",
                "a",
                "seven b",
                "eight by",
                "nine byte",
                "sixteen bytes ab",
                "ÿ",
                "Ā",
                "twelve Ā char",
                "\0",
                "\0\0",
                "lone \ud800",
                "lone \udc00",
                "pair \ud83d\ude00",
                "x".repeat(100_000))),
        Arguments.of(UUID.class, List.of(new UUID(0, 0), new UUID(1, 0), new UUID(0, 1))),
        Arguments.of(Point.class, List.of(new Point(0, 0), new Point(-1, 1), new Point(1, -1))),
        Arguments.of(
            Order.class,
            List.of(
                new Order(1, "anna", new Point(1, 2), TimeUnit.DAYS, "", new UUID(1, 2)),
                new Order(1, "", new Point(1, 2), TimeUnit.DAYS, "anna", new UUID(1, 2)),
                new Order(1, "ann", new Point(1, 2), TimeUnit.DAYS, "a", new UUID(1, 2)))),
        Arguments.of(
            Outer.class,
            List.of(
                new Outer(new Inner(1, "a"), true, new Inner(2, "b")),
                new Outer(new Inner(1, "ab"), true, new Inner(2, "")))),
        Arguments.of(Empty.class, List.of(new Empty())),
        Arguments.of(WithEmpty.class, List.of(new WithEmpty(new Empty(), 7, new Empty()))),
        Arguments.of(Floats.class, List.of(new Floats(1, 2), new Floats(2, 1))),
        Arguments.of(
            Boxed.class,
            List.of(
                new Boxed(-1, 'x', (byte) -1, (short) -1, true, -1L, -1.0),
                new Boxed(1, 'x', (byte) 1, (short) 1, false, 1L, Double.NaN))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("samples")
  <T> void whatIsWrittenReadsBackAndHashesAlike(Class<T> type, List<T> samples) {
    TypeCodec<T> codec = TypeCodec.ofKey(Codecs.of(type));
    Codecs.check(codec, samples);
    try (Arena arena = Arena.ofConfined()) {
      for (T sample : samples) {
        int bytes = codec.byteSize(sample);
        MemorySegment memory = arena.allocate(AT + bytes + 8L);
        codec.write(sample, memory, AT);
        assertThat(codec.read(memory, AT, bytes)).isEqualTo(sample);
        assertThat(codec.hashOf(memory, AT, bytes, SEED)).isEqualTo(codec.hash(sample, SEED));
        assertThat(memory.asSlice(0, AT).toArray(JAVA_BYTE)).containsOnly(0);
        assertThat(memory.asSlice(AT + bytes).toArray(JAVA_BYTE)).containsOnly(0);
        for (T other : samples) {
          boolean equal = sample.equals(other) && codec.isReflexive(sample);
          if (codec.isReflexive(other) && codec.byteSize(other) == bytes) {
            assertThat(codec.matches(other, memory, AT, bytes)).isEqualTo(equal);
          }
          if (!sample.equals(other)) {
            assertThat(codec.hash(other, SEED)).isNotEqualTo(codec.hash(sample, SEED));
          }
        }
        if (codec.isWord()) {
          assertThat(codec.ofWord(codec.word(sample))).isEqualTo(sample);
        }
      }
    }
  }

  @Test
  void contentsAreKeysByTheirBytes() {
    byte[] bytes = {1, 2, 3};
    TypeCodec<byte[]> arrays = TypeCodec.ofKey(Codecs.of(byte[].class));
    TypeCodec<MemorySegment> segments = TypeCodec.ofKey(Codecs.of(MemorySegment.class));
    MemorySegment memory = MemorySegment.ofArray(new byte[3]);
    arrays.write(bytes, memory, 0);
    assertThat(arrays.matches(bytes.clone(), memory, 0, 3)).isTrue();
    assertThat(arrays.matches(new byte[] {1, 2, 4}, memory, 0, 3)).isFalse();
    assertThat(arrays.matches(new byte[] {1, 2}, memory, 0, 3)).isFalse();
    assertThat(segments.matches(MemorySegment.ofArray(bytes), memory, 0, 3)).isTrue();
    assertThat(segments.hash(MemorySegment.ofArray(bytes), SEED))
        .isEqualTo(arrays.hash(bytes, SEED));
    MemorySegment copy = segments.read(memory, 0, 3);
    memory.fill((byte) 0);
    assertThat(copy.toArray(JAVA_BYTE)).isEqualTo(bytes);
  }

  @Test
  void zeroesOfBothSignsAreOneKeyAndNanIsNone() {
    for (Class<?> type : List.of(double.class, float.class)) {
      zeroesAndNan(type);
    }
    TypeCodec<Floats> records = TypeCodec.ofKey(Codecs.of(Floats.class));
    assertThat(records.isKeyUpdated()).isTrue();
    assertThat(records.canonical(records.word(new Floats(-0f, 1))))
        .isEqualTo(records.word(new Floats(0, 1)));
    assertThat(records.isReflexive(new Floats(1, Float.NaN))).isFalse();
    long nan = records.word(new Floats(1, Float.NaN));
    assertThat(records.isReflexiveWord(nan)).isFalse();
    assertThat(records.scramble(nan, 0x1234)).isNotEqualTo(nan);
    assertThat(records.ofWord(records.scramble(nan, 0x1234))).isEqualTo(new Floats(1, Float.NaN));
  }

  private static <T> void zeroesAndNan(Class<T> type) {
    TypeCodec<T> codec = TypeCodec.ofKey(Codecs.of(type));
    T plus = codec.ofWord(0);
    T minus = codec.ofWord(1L << (Byte.SIZE * codec.fixedBytes() - 1));
    assertThat(minus).isNotEqualTo(plus);
    assertThat(codec.canonical(codec.word(minus))).isEqualTo(codec.canonical(codec.word(plus)));
    assertThat(codec.hash(minus, SEED)).isEqualTo(codec.hash(plus, SEED));
    T nan = codec.ofWord(-1L >>> (Long.SIZE - Byte.SIZE * codec.fixedBytes()));
    assertThat(codec.isReflexive(nan)).isFalse();
    long scrambled = codec.scramble(codec.word(nan), -1);
    assertThat(scrambled).isNotEqualTo(codec.word(nan));
    assertThat(codec.ofWord(scrambled)).isEqualTo(nan);
    assertThat(codec.scramble(codec.word(plus), -1)).isEqualTo(codec.word(plus));
  }

  @Test
  void doublesMayBeKeysAsInJava() {
    TypeCodec<Double> codec = TypeCodec.ofKey(Codecs.javaDouble());
    assertThat(codec.isReflexive(Double.NaN)).isTrue();
    assertThat(codec.canonical(codec.word(-0.0))).isNotEqualTo(codec.canonical(codec.word(0.0)));
    assertThat(TypeCodec.ofKey(Codecs.javaFloat()).isReflexive(Float.NaN)).isTrue();
  }

  @Test
  void aLookupReachesPrivateRecords() {
    record Hidden(int x) {}
    Codec<Hidden> codec = Codecs.deriving().lookup(MethodHandles.lookup()).of(Hidden.class);
    Codecs.check(codec, List.of(new Hidden(1), new Hidden(2)));
  }

  @Test
  @SuppressWarnings("NullAway") // what is tested
  void aNullComponentIsRefusedByItsPath() {
    Codec<Inner> codec = Codecs.of(Inner.class);
    assertThatThrownBy(() -> codec.byteSize(new Inner(1, null)))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("Inner.name");
  }
}
