package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Codecs of a program serve as ours do, and are found out when they break the law. */
class CodecLawTest {
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
}
