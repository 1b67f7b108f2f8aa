package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.MemorySegment;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Types without a codec are refused, with the path to what is in the way. */
@SuppressWarnings("ArrayRecordComponent") // what the codecs refuse as keys
class RefusedTypesTest {
  record Content(String name, byte[] bytes) {}

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
}
