package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@SuppressWarnings("ArrayRecordComponent") // what the codecs refuse as keys
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

  record Content(String name, byte[] bytes) {}

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
  void randomTextsAreKeptApart() {
    Random random = new Random(SEED);
    TypeCodec<String> codec = TypeCodec.ofKey(Codecs.of(String.class));
    for (int round = 0; round < 5_000; round++) {
      int limit = random.nextBoolean() ? 0x100 : 0x10000;
      char[] chars = new char[random.nextInt(40)];
      for (int i = 0; i < chars.length; i++) {
        chars[i] = (char) random.nextInt(limit);
      }
      String text = new String(chars);
      int bytes = codec.byteSize(text);
      MemorySegment memory = MemorySegment.ofArray(new byte[bytes]);
      codec.write(text, memory, 0);
      assertThat(codec.read(memory, 0, bytes)).isEqualTo(text);
      assertThat(codec.matches(text, memory, 0, bytes)).isTrue();
      assertThat(codec.hashOf(memory, 0, bytes, SEED)).isEqualTo(codec.hash(text, SEED));
      if (chars.length > 0) {
        int at = random.nextInt(chars.length);
        chars[at] ^= (char) (1 << random.nextInt(16));
        assertThat(codec.matches(new String(chars), memory, 0, bytes)).isFalse();
      }
    }
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

  // What is refused, with the path.

  record Lines(long number, long[] prices) {}

  record Cart(String customer, Lines lines) {}

  record Tagged(String name, List<String> tags) {}

  record Any(Object value) {}

  record Lazy(Supplier<String> name) {}

  record Mutable(StringBuilder text) {}

  record Plain(Thread thread) {}

  record Self(long number, Self next) {}

  record Wrapped(Content content) {}

  record Native(MemorySegment memory) {}

  enum Bodied {
    ONE {
      @Override
      int number() {
        return 1;
      }
    },
    OTHER;

    int number() {
      return 2;
    }
  }

  sealed interface Shape permits Dot {}

  record Dot(int x, int y) implements Shape {}

  record Box<T extends Comparable<T>>(T content) {}

  record FinalCaseless(String name) {
    @Override
    public final boolean equals(Object other) {
      return other instanceof FinalCaseless that && that.name.equalsIgnoreCase(name);
    }

    @Override
    public int hashCode() {
      return 0;
    }
  }

  record Holder(FinalCaseless held) {}

  record Caseless(String name) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Caseless that && that.name.equalsIgnoreCase(name);
    }

    @Override
    public int hashCode() {
      return 0;
    }
  }

  @SuppressWarnings("GetClassOnEnum") // what is refused
  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(Cart.class, "path=Cart.lines.prices[], type=long[]", "byte[]"),
        Arguments.of(Tagged.class, "path=Tagged.tags, type=java.util.List", "collection"),
        Arguments.of(Any.class, "path=Any.value, type=java.lang.Object", "Object does not"),
        Arguments.of(Lazy.class, "path=Lazy.name", "interface"),
        Arguments.of(Mutable.class, "path=Mutable.text", "fields that change"),
        Arguments.of(Plain.class, "path=Plain.thread", "fields that change"),
        Arguments.of(Self.class, "path=Self.next", "contain itself"),
        Arguments.of(Object.class, "path=Object", "Object does not"),
        Arguments.of(Thread.class, "path=Thread", "fields that change"),
        Arguments.of(HashMap.class, "path=HashMap", "collection"),
        Arguments.of(Runnable.class, "path=Runnable", "interface"),
        Arguments.of(((Runnable) () -> {}).getClass(), "path=", "lambda"),
        Arguments.of(LocalDate.class, "path=LocalDate", "equal by value"),
        Arguments.of(String[].class, "path=String[], type=java.lang.String[]", "byte[]"),
        Arguments.of(byte[][].class, "path=byte[][], type=byte[][]", "byte[]"),
        Arguments.of(Optional.class, "path=Optional", "equal by value"),
        Arguments.of(Bodied.ONE.getClass(), "path=" + Bodied.ONE.getClass().getName(), "type="),
        Arguments.of(Shape.class, "path=Shape", "interface"),
        Arguments.of(Box.class, "path=Box.content", "interface"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void aTypeThatIsNoValueIsRefusedWithThePath(Class<?> type, String path, String reason) {
    assertThatThrownBy(() -> Codecs.of(type))
        .isInstanceOf(UnsuitableTypeException.class)
        .hasMessageContaining(path)
        .hasMessageContaining(reason);
  }

  static Stream<Arguments> noKeys() {
    return Stream.of(
        Arguments.of(Content.class, "path=Content.bytes", "by identity"),
        Arguments.of(Wrapped.class, "path=Wrapped.content.bytes", "by identity"),
        Arguments.of(Native.class, "path=Native.memory", "by identity"),
        Arguments.of(Caseless.class, "path=Caseless", "its own equals"),
        Arguments.of(FinalCaseless.class, "path=FinalCaseless", "its own equals"),
        Arguments.of(Holder.class, "path=Holder.held", "its own equals"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("noKeys")
  void aValueThatIsNoKeyIsRefusedAsAKeyOnly(Class<?> type, String path, String reason) {
    Codec<?> codec = Codecs.of(type);
    assertThatThrownBy(() -> TypeCodec.ofKey(codec))
        .isInstanceOf(UnsuitableTypeException.class)
        .hasMessageContaining(path)
        .hasMessageContaining(reason);
  }

  @Test
  void anEnumWithBodiesIsItsClass() {
    try (NativeMap<Bodied, Bodied> map = NativeMap.create(Bodied.class, Bodied.class)) {
      map.put(Bodied.ONE, Bodied.OTHER);
      assertThat(map.asMap()).containsEntry(Bodied.ONE, Bodied.OTHER);
      assertThat(map.asMap().get(Bodied.OTHER)).isNull();
      assertThat(map.asMap().keySet().iterator().next().number()).isEqualTo(1);
    }
  }

  @Test
  void aGivenCodecMakesNoKeyOfAnArrayInARecord() {
    Codec<Content> codec =
        Codecs.deriving().with(byte[].class, Codecs.of(byte[].class)).of(Content.class);
    assertThatThrownBy(() -> TypeCodec.ofKey(codec))
        .isInstanceOf(UnsuitableTypeException.class)
        .hasMessageContaining("path=Content.bytes")
        .hasMessageContaining("by identity");
  }

  record OfTwo(long one, Long other) {}

  @Test
  void handlesOfTwoRegistriesInOneRecordAreRefused() {
    try (Registry first = Registry.create();
        Registry second = Registry.create()) {
      CodecDerivation derivation =
          Codecs.deriving()
              .with(long.class, Codecs.handle(first))
              .with(Long.class, Codecs.handle(second));
      assertThatThrownBy(() -> derivation.of(OfTwo.class))
          .isInstanceOf(UnsuitableTypeException.class)
          .hasMessageContaining("path=OfTwo, registries=2");
      assertThat(derivation.with(Long.class, Codecs.handle(first)).of(OfTwo.class).fixedBytes())
          .isEqualTo(16);
    }
  }

  @Test
  void aRecordOutOfReachIsRefusedWithTheRemedy() {
    // A record of the JDK whose package is not open.
    Class<?> closed = closedRecord();
    assertThatThrownBy(() -> Codecs.of(closed))
        .isInstanceOf(UnsuitableTypeException.class)
        .hasMessageContaining("module=java.base")
        .hasMessageContaining("MethodHandles.lookup()");
  }

  private static Class<?> closedRecord() {
    try {
      return Class.forName("java.lang.runtime.TemplateSupport");
    } catch (ClassNotFoundException e) {
      return firstClosedRecord();
    }
  }

  private static Class<?> firstClosedRecord() {
    try {
      return Class.forName("jdk.internal.foreign.abi.Binding$BoxAddress");
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
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

  // Own codecs.

  static final class DateCodec implements Codec<LocalDate> {
    @Override
    public int fixedBytes() {
      return Long.BYTES;
    }

    @Override
    public void write(LocalDate value, MemorySegment target, long offset) {
      target.set(JAVA_LONG_UNALIGNED, offset, value.toEpochDay());
    }

    @Override
    public LocalDate read(MemorySegment source, long offset, int byteSize) {
      return LocalDate.ofEpochDay(source.get(JAVA_LONG_UNALIGNED, offset));
    }
  }

  record Dated(LocalDate day, String name) {}

  @Test
  void anOwnCodecServesAsAWholeAndAsAComponent() {
    LocalDate day = LocalDate.of(2026, 11, 25);
    TypeCodec<LocalDate> whole = TypeCodec.ofKey(new DateCodec());
    assertThat(whole.ofWord(whole.word(day))).isEqualTo(day);
    Codecs.check(new DateCodec(), List.of(day, LocalDate.MIN, LocalDate.MAX));
    Codec<Dated> part = Codecs.deriving().with(LocalDate.class, new DateCodec()).of(Dated.class);
    Codecs.check(part, List.of(new Dated(day, "a"), new Dated(day, "b")));
    assertThat(TypeCodec.ofKey(part)).isNotNull();
  }

  /** What {@link Defective} does wrong. */
  enum Defect {
    IDENTITY_HASH,
    TOO_LONG,
    LEAVES_A_BYTE_OUT,
    READS_SOMETHING_ELSE,
    SIZE_DIFFERS
  }

  record Defective(Defect defect) implements Codec<Integer> {
    @Override
    public int fixedBytes() {
      return defect == Defect.SIZE_DIFFERS ? 12 : VARIABLE;
    }

    @Override
    public int byteSize(Integer value) {
      return 8;
    }

    @Override
    public void write(Integer value, MemorySegment target, long offset) {
      target.set(JAVA_INT_UNALIGNED, offset, value);
      if (defect != Defect.LEAVES_A_BYTE_OUT) {
        int more = defect == Defect.IDENTITY_HASH ? System.identityHashCode(value) : 0;
        target.set(JAVA_INT_UNALIGNED, offset + (defect == Defect.TOO_LONG ? 6 : 4), more);
      }
    }

    @Override
    public Integer read(MemorySegment source, long offset, int byteSize) {
      int value = source.get(JAVA_INT_UNALIGNED, offset);
      // Above 127, so each time another object.
      return defect == Defect.READS_SOMETHING_ELSE ? value + 1 : value;
    }
  }

  @ParameterizedTest
  @MethodSource
  void anOwnCodecThatBreaksTheLawIsFound(Defect defect) {
    assertThatThrownBy(() -> Codecs.check(new Defective(defect), List.of(1_000, 2_000)))
        .isInstanceOf(CodecContractException.class)
        .hasMessageContaining("Defective");
  }

  static Stream<Defect> anOwnCodecThatBreaksTheLawIsFound() {
    return Arrays.stream(Defect.values());
  }

  @Test
  void anOwnVariableCodecMustSayTheSize() {
    Codec<String> codec =
        new Codec<>() {
          @Override
          public int fixedBytes() {
            return VARIABLE;
          }

          @Override
          public void write(String value, MemorySegment target, long offset) {}

          @Override
          public String read(MemorySegment source, long offset, int byteSize) {
            return "";
          }
        };
    assertThatThrownBy(() -> codec.byteSize("a"))
        .isInstanceOf(CodecContractException.class)
        .hasMessageContaining("override byteSize");
  }

  // Handles.

  record Session(long openedAt, @Owned long block, String user) {}

  @Test
  void aRecordKnowsWhereItsHandlesStand() {
    try (Registry registry = Registry.create()) {
      TypeCodec<Session> codec =
          TypeCodec.of(Codecs.deriving().registry(registry).of(Session.class));
      assertThat(codec.handleOffsets()).containsExactly(8);
      assertThat(codec.registry()).isSameAs(registry);
      assertThat(TypeCodec.of(Codecs.handle(registry)).handleOffsets()).containsExactly(0);
    }
    assertThatThrownBy(() -> Codecs.of(Session.class))
        .isInstanceOf(UnsuitableTypeException.class)
        .hasMessageContaining("path=Session.block")
        .hasMessageContaining("Codecs.deriving().registry(registry)");
  }

  @Test
  void aHashSpreadsOverAllItsBits() {
    TypeCodec<String> codec = TypeCodec.ofKey(Codecs.of(String.class));
    Map<Long, String> topBits = new HashMap<>();
    int collisions = 0;
    for (int i = 0; i < 100_000; i++) {
      String key = "user-" + i;
      if (topBits.put(codec.hash(key, SEED) >>> 28, key) != null) {
        collisions++;
      }
    }
    // 36 bits: 0.07 are expected.
    assertThat(collisions).isLessThan(4);
  }

  /**
   * Every length around the steps by which strings are read, and chars that have equal low bytes.
   */
  @Test
  void stringsOfAllLengthsAreHashedAndComparedByAllTheirChars() {
    StringCodec codec = new StringCodec();
    try (Arena arena = Arena.ofConfined()) {
      for (int chars = 0; chars <= 70; chars++) {
        for (char filler : new char[] {'?', 'a', '\u00e1', '\u0161'}) {
          String text = String.valueOf(filler).repeat(chars);
          MemorySegment cell = arena.allocate(AT + codec.byteSize(text));
          codec.write(text, cell, AT);
          checkText(codec, text, text, cell);
          for (int at = 0; at < chars; at++) {
            for (char other : new char[] {'a', '?', '\u00e1', '\u0161', '\u0261'}) {
              String changed = text.substring(0, at) + other + text.substring(at + 1);
              checkText(codec, text, changed, cell);
            }
          }
          checkText(codec, text, text + '\0', cell);
        }
      }
    }
  }

  private static void checkText(StringCodec codec, String text, String sought, MemorySegment cell) {
    boolean same = codec.matches(sought, cell, AT, codec.byteSize(text));
    if (same != text.equals(sought)) {
      assertThat(sought).as("matches=%s", same).isEqualTo(text);
    }
    long hash = codec.hash(sought, SEED);
    boolean sameHash = hash == codec.hashOf(cell, AT, codec.byteSize(text), SEED);
    if (sameHash != text.equals(sought)) {
      assertThat(sought).as("same hash=%s", sameHash).isEqualTo(text);
    }
    int chars = sought.length();
    if (chars >= Long.BYTES && chars <= 2 * Long.BYTES) {
      int last = chars - Long.BYTES;
      boolean wide = StringCodec.isWide(sought, 0) || StringCodec.isWide(sought, last);
      assertThat(wide).isEqualTo(sought.chars().anyMatch(c -> c > 0xFF));
      if (!wide) {
        long head = StringCodec.word(sought, 0);
        long tail = StringCodec.word(sought, last);
        assertThat(StringCodec.hash(head, tail, chars, SEED)).isEqualTo(hash);
        if (codec.byteSize(text) == chars + 1) {
          assertThat(StringCodec.matches(head, tail, chars, cell, AT))
              .isEqualTo(text.equals(sought));
        }
      }
    }
  }
}
