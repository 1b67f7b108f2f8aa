package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** What maps do with codecs of the program, also with such that go astray. */
class OwnCodecTest {
  /** Latin-1 texts. */
  static class TextCodec implements Codec<String> {
    @Override
    public int fixedBytes() {
      return VARIABLE;
    }

    @Override
    public int byteSize(String value) {
      return value.length();
    }

    @Override
    public void write(String value, MemorySegment target, long offset) {
      byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
      MemorySegment.copy(bytes, 0, target, JAVA_BYTE, offset, bytes.length);
    }

    @Override
    public String read(MemorySegment source, long offset, int byteSize) {
      return new String(
          source.asSlice(offset, byteSize).toArray(JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }
  }

  record Ranked(int rank, String name) {}

  /** Names by their numbers in a map. */
  record RankedCodec(NativeMap<String, Integer> numbers, List<String> names)
      implements Codec<Ranked> {
    @Override
    public int fixedBytes() {
      return 2 * Integer.BYTES;
    }

    @Override
    public void write(Ranked value, MemorySegment target, long offset) {
      target.set(JAVA_INT_UNALIGNED, offset, value.rank);
      int number = Objects.requireNonNull(numbers.get(value.name));
      target.set(JAVA_INT_UNALIGNED, offset + Integer.BYTES, number);
    }

    @Override
    public Ranked read(MemorySegment source, long offset, int byteSize) {
      return new Ranked(
          source.get(JAVA_INT_UNALIGNED, offset),
          names.get(source.get(JAVA_INT_UNALIGNED, offset + Integer.BYTES)));
    }
  }

  @Test
  void aCodecMayLookIntoAMapWithAnotherCodec() {
    List<String> names = List.of("anna", "bert", "carla");
    try (NativeMap<String, Integer> numbers =
        NativeMap.create(new TextCodec(), Codecs.of(Integer.class))) {
      for (int i = 0; i < names.size(); i++) {
        numbers.put(names.get(i), i);
      }
      RankedCodec codec = new RankedCodec(numbers, names);
      Ranked value = new Ranked(7, "carla");
      Codecs.check(codec, List.of(value, new Ranked(9, "bert")));
      try (NativeMap<Long, Ranked> map = NativeMap.create(Codecs.of(Long.class), codec);
          ConcurrentNativeMap<Ranked, Ranked> shared = ConcurrentNativeMap.create(codec, codec)) {
        map.put(1L, value);
        assertThat(map.get(1L)).isEqualTo(value);
        shared.put(value, value);
        assertThat(shared.get(value)).isEqualTo(value);
      }
    }
  }

  /** Takes every segment for its own from the first byte on. */
  static final class FromTheStart extends TextCodec {
    @Override
    public void write(String value, MemorySegment target, long offset) {
      super.write(value, target, 0);
    }

    @Override
    public String read(MemorySegment source, long offset, int byteSize) {
      return super.read(source, 0, byteSize);
    }
  }

  @Test
  void aCodecThatIgnoresTheOffsetHarmsNoOtherEntry() {
    try (NativeMap<Long, String> map =
        NativeMap.create(Codecs.of(Long.class), new FromTheStart())) {
      for (long i = 0; i < 5; i++) {
        map.put(i, "the value number " + i);
      }
      for (long i = 0; i < 5; i++) {
        assertThat(map.get(i)).isEqualTo("the value number " + i);
      }
      map.checkInvariants();
    }
  }

  static final class WritesInRead extends TextCodec {
    @Override
    public String read(MemorySegment source, long offset, int byteSize) {
      source.set(JAVA_BYTE, offset, (byte) 0);
      return super.read(source, offset, byteSize);
    }
  }

  @Test
  void aCodecMustNotWriteWhatItReads() {
    try (NativeMap<Long, String> map =
        NativeMap.create(Codecs.of(Long.class), new WritesInRead())) {
      map.put(1L, "a value");
      assertThatThrownBy(() -> map.get(1L))
          .isInstanceOf(CodecContractException.class)
          .hasMessageContaining("WritesInRead");
      assertThat(map.containsKey(1L)).isTrue();
    }
  }

  /** Says one byte more each time. */
  static final class Grows extends TextCodec {
    private final AtomicInteger asked = new AtomicInteger();

    @Override
    public int byteSize(String value) {
      return 8 + asked.getAndIncrement();
    }

    @Override
    public void write(String value, MemorySegment target, long offset) {
      target.asSlice(offset).fill((byte) 'x');
    }
  }

  record Named(int number, String name) {}

  @Test
  void theSizeOfAValueIsAskedForOnce() {
    try (ConcurrentNativeMap<Long, String> map =
        ConcurrentNativeMap.create(Codecs.of(Long.class), new Grows())) {
      map.put(1L, "");
      assertThat(map.get(1L)).isEqualTo("x".repeat(8));
    }
    try (NativeMap<Long, String> map = NativeMap.create(Codecs.of(Long.class), new Grows())) {
      for (long i = 0; i < 5; i++) {
        map.put(i, "");
      }
      assertThat(map.get(0L)).isEqualTo("x".repeat(8));
      assertThat(map.get(4L)).isEqualTo("x".repeat(12));
      map.checkInvariants();
    }
    Codec<Named> record = Codecs.deriving().with(String.class, new Grows()).of(Named.class);
    try (ConcurrentNativeMap<Long, Named> map =
        ConcurrentNativeMap.create(Codecs.of(Long.class), record)) {
      assertThatThrownBy(() -> map.put(1L, new Named(1, "")))
          .isInstanceOf(CodecContractException.class)
          .hasMessageContaining("record=Named");
      assertThat(map.size()).isZero();
    }
  }

  /** Fails as a segment would. */
  static final class Fails extends TextCodec {
    private final RuntimeException failure;
    private boolean inRead;
    private boolean inSize;

    Fails(RuntimeException failure) {
      this.failure = failure;
    }

    @Override
    public int byteSize(String value) {
      if (inSize) {
        throw failure;
      }
      return super.byteSize(value);
    }

    @Override
    public String read(MemorySegment source, long offset, int byteSize) {
      if (inRead) {
        throw failure;
      }
      return super.read(source, offset, byteSize);
    }
  }

  @Test
  void aFailingCodecIsNotTakenForARace() {
    for (RuntimeException failure :
        List.of(new IllegalStateException("mine"), new IndexOutOfBoundsException("mine"))) {
      Fails codec = new Fails(failure);
      try (NativeMap<String, String> map = NativeMap.create(codec, codec);
          ConcurrentNativeMap<String, String> shared = ConcurrentNativeMap.create(codec, codec)) {
        map.put("a", "b");
        shared.put("a", "b");
        codec.inRead = true;
        refuses(failure, () -> map.get("a"));
        refuses(failure, () -> map.put("c", "d"));
        refuses(failure, () -> shared.get("a"));
        refuses(failure, () -> shared.put("c", "d"));
        codec.inRead = false;
        codec.inSize = true;
        refuses(failure, () -> map.get("a"));
        refuses(failure, () -> map.put("c", "d"));
        refuses(failure, () -> shared.get("a"));
        codec.inSize = false;
        assertThat(map.get("a")).isEqualTo("b");
        assertThat(shared.get("a")).isEqualTo("b");
        map.checkInvariants();
        shared.checkInvariants();
      }
    }
  }

  private static void refuses(RuntimeException failure, Runnable action) {
    assertThatThrownBy(action::run).isInstanceOf(CodecContractException.class).hasCause(failure);
  }

  /** Writes to the very map that it serves, whenever a key is written. */
  static final class Recursive extends TextCodec {
    private BiConsumer<String, Long> put = (_, _) -> {};
    private boolean within;

    @Override
    public void write(String value, MemorySegment target, long offset) {
      super.write(value, target, offset);
      if (!within) {
        within = true;
        put.accept("count", 1L);
        within = false;
      }
    }
  }

  record Weighed(double weight, String name) {}

  /** With a codec under a lock the second put would wait for itself. */
  @Test
  void aCodecRunsUnderNoLock() {
    Recursive codec = new Recursive();
    try (ConcurrentNativeMap<String, Long> map =
        ConcurrentNativeMap.builder()
            .sizes(2, 4, 1)
            .testHash(_ -> 0)
            .build(codec, Codecs.of(Long.class))) {
      codec.put = map::put;
      for (long i = 0; i < 3; i++) {
        map.put("a key of many bytes", i);
        assertThat(map.replace("a key of many bytes", i, i)).isTrue();
      }
      assertThat(map.get("a key of many bytes")).isEqualTo(2);
      assertThat(map.get("count")).isEqualTo(1);
      assertThat(map.compute("a key of many bytes", (_, _) -> null)).isNull();
      assertThat(map.size()).isEqualTo(1);
    }
  }

  @Test
  void aRecordWithAnOwnCodecRunsItUnderNoLock() {
    Recursive codec = new Recursive();
    Codec<Weighed> keys = Codecs.deriving().with(String.class, codec).of(Weighed.class);
    try (ConcurrentNativeMap<Weighed, Long> map =
        ConcurrentNativeMap.create(keys, Codecs.of(Long.class))) {
      codec.put = (name, number) -> map.put(new Weighed(1, name), number);
      map.put(new Weighed(0.0, "a"), 1L);
      assertThat(map.put(new Weighed(-0.0, "a"), 2L)).isEqualTo(1);
      assertThat(map.get(new Weighed(0.0, "a"))).isEqualTo(2);
      assertThat(map.get(new Weighed(0.0, "b"))).isNull();
      assertThat(map.put(new Weighed(Double.NaN, "a"), 3L)).isNull();
      assertThat(map.get(new Weighed(Double.NaN, "a"))).isNull();
      assertThat(map.size()).isEqualTo(3);
    }
  }

  /** Refuses, when it is told to, what it has taken before. */
  record Bounded(int number, long more) {
    private static final AtomicInteger BOUND = new AtomicInteger(Integer.MAX_VALUE);

    Bounded {
      Objects.checkIndex(number, BOUND.get());
    }

    @Override
    public int number() {
      if (number >= BOUND.get()) {
        throw new IllegalStateException("mine");
      }
      return number;
    }
  }

  @Test
  void aFailingRecordIsNotTakenForARace() {
    try (NativeMap<Bounded, Bounded> map = NativeMap.create(Bounded.class, Bounded.class);
        ConcurrentNativeMap<Bounded, Bounded> shared =
            ConcurrentNativeMap.create(Codecs.of(Bounded.class), Codecs.of(Bounded.class))) {
      Bounded bounded = new Bounded(7, 1);
      Bounded other = new Bounded(8, 1);
      Bounded small = new Bounded(1, 1);
      map.put(small, bounded);
      shared.put(small, bounded);
      Bounded.BOUND.set(2);
      for (Runnable use :
          List.<Runnable>of(
              () -> map.get(small),
              () -> map.put(small, other),
              () -> map.put(other, small),
              () -> map.forEach((_, _) -> {}),
              () -> map.asMap().values().iterator().next(),
              () -> shared.get(small),
              () -> shared.put(small, other),
              () -> shared.forEach((_, _) -> {}))) {
        assertThatThrownBy(use::run).isInstanceOf(CodecContractException.class);
      }
      Bounded.BOUND.set(Integer.MAX_VALUE);
      assertThat(map.get(small)).isEqualTo(bounded);
      assertThat(shared.get(small)).isEqualTo(bounded);
      map.checkInvariants();
      shared.checkInvariants();
    } finally {
      Bounded.BOUND.set(Integer.MAX_VALUE);
    }
  }

  record Trimmed(String name) {
    @Override
    public String name() {
      return name.strip();
    }
  }

  @Test
  void aRecordWhoseAccessorAnswersAnotherValueIsFound() {
    Codec<Trimmed> codec = Codecs.of(Trimmed.class);
    Codecs.check(codec, List.of(new Trimmed("a"), new Trimmed("b")));
    assertThatThrownBy(() -> Codecs.check(codec, List.of(new Trimmed(" a"))))
        .isInstanceOf(CodecContractException.class)
        .hasMessageContaining("what its accessors answer");
  }

  @Test
  void aLookUpWithAClosedSegmentSaysSo() {
    MemorySegment key;
    try (NativeMap<MemorySegment, Long> map = NativeMap.create(MemorySegment.class, Long.class);
        ConcurrentNativeMap<MemorySegment, Long> shared =
            ConcurrentNativeMap.create(Codecs.of(MemorySegment.class), Codecs.of(Long.class))) {
      try (Arena arena = Arena.ofConfined()) {
        key = arena.allocate(24);
        map.put(key, 1L);
        shared.put(key, 1L);
      }
      assertThatThrownBy(() -> map.get(key))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a segment must be alive");
      assertThatThrownBy(() -> shared.get(key))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a segment must be alive");
    }
  }
}
