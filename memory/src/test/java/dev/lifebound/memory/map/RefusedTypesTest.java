package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.MemorySegment;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
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

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(Cart.class, "path=Cart.lines.prices[], type=long[]", "byte[]"),
        Arguments.of(Tagged.class, "path=Tagged.tags, type=java.util.List", "collection"),
        Arguments.of(Any.class, "path=Any.value, type=java.lang.Object", "Object does not"),
        Arguments.of(Lazy.class, "path=Lazy.name", "interface"),
        Arguments.of(Mutable.class, "path=Mutable.text", "mutable class"),
        Arguments.of(Plain.class, "path=Plain.thread", "mutable class"),
        Arguments.of(Self.class, "path=Self.next", "contain itself"),
        Arguments.of(Object.class, "path=Object", "Object does not"),
        Arguments.of(Thread.class, "path=Thread", "mutable class"),
        Arguments.of(HashMap.class, "path=HashMap", "collection"),
        Arguments.of(Runnable.class, "path=Runnable", "interface"),
        Arguments.of(((Runnable) () -> {}).getClass(), "path=", "lambda"),
        Arguments.of(LocalDate.class, "path=LocalDate", "equal by value"),
        Arguments.of(String[].class, "path=String[]", "byte[]"));
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
        Arguments.of(Caseless.class, "path=Caseless", "its own equals"));
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
