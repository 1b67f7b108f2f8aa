package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Codecs for types whose equality is the equality of values.
 *
 * <table>
 *   <caption>Types that a codec is derived for</caption>
 *   <tr><th>type</th><th>bytes</th><th>keys are equal when</th></tr>
 *   <tr><td>{@code boolean byte short char int long} and boxes</td><td>1 to 8</td><td>equal</td></tr>
 *   <tr><td>{@code float double} and boxes</td><td>4, 8</td><td>{@code ==}, as in Go: a NaN equals no
 *     key, +0.0 and -0.0 are one; see {@link #javaDouble}</td></tr>
 *   <tr><td>enums</td><td>4</td><td>the same constant</td></tr>
 *   <tr><td>{@code String}</td><td>1 per char or 2, and 1</td><td>equal, lone surrogates too</td></tr>
 *   <tr><td>{@code UUID}</td><td>16</td><td>equal</td></tr>
 *   <tr><td>{@code byte[]}, {@code MemorySegment}</td><td>the content</td><td>their contents are equal</td></tr>
 *   <tr><td>handles, {@link #handle}</td><td>8</td><td>they name the same block</td></tr>
 *   <tr><td>records of all these</td><td>the sum; 4 for the size of each variable component</td>
 *     <td>all components are</td></tr>
 * </table>
 *
 * <p>Values of up to eight bytes stand in the map's slots, all others in its arena.
 *
 * <p>All other types are refused when the codec is asked for, with the path to the offending
 * component. As keys also refused: records with a {@code byte[]} or a {@code MemorySegment} in
 * them, whose own equality is identity, and records that declare their own {@code equals}.
 *
 * <p>The components of a record are read through its accessors. One that is overridden must keep
 * the law of {@link Record}, that a record made of what the accessors answer is an equal one. The
 * maps trust it; {@link #check} checks it.
 */
public final class Codecs {
  private Codecs() {}

  /**
   * The codec of a type, for keys or values.
   *
   * @throws UnsuitableTypeException when there is none
   */
  public static <T> Codec<T> of(Class<T> type) {
    return deriving().of(type);
  }

  /** For records with handles, with types of own codecs, or in packages that are not open. */
  public static CodecDerivation deriving() {
    return new CodecDerivation();
  }

  /**
   * Handles of a registry. Each entry of the map owns one reference of its block; a map may have
   * such keys, such values, or both.
   */
  public static Codec<Long> handle(Registry registry) {
    return new WordCodec.OfHandle(Objects.requireNonNull(registry, "registry must not be null"));
  }

  /**
   * Doubles that as keys are equal as {@link Double#equals} has it: NaN is one key, 0.0 and -0.0
   * two.
   */
  public static Codec<Double> javaDouble() {
    return new WordCodec.OfDoubleBits();
  }

  /** Floats that as keys are equal as {@link Float#equals} has it. */
  public static Codec<Float> javaFloat() {
    return new WordCodec.OfFloatBits();
  }

  /**
   * Checks the law of codecs on samples, each by itself and each pair. For unit tests; give equal
   * values that were made in different ways, and the smallest and the largest.
   *
   * @throws CodecContractException when the codec does not keep it
   */
  public static <T> void check(Codec<T> codec, List<T> samples) {
    List<byte[]> written = samples.stream().map(value -> written(codec, value)).toList();
    for (int i = 0; i < samples.size(); i++) {
      for (int j = i; j < samples.size(); j++) {
        boolean equal = samples.get(i).equals(samples.get(j));
        if (equal != Arrays.equals(written.get(i), written.get(j))) {
          throw new CodecContractException(
              "equal values must have the same bytes, and others must not: equal="
                  + equal
                  + ", one="
                  + samples.get(i)
                  + ", other="
                  + samples.get(j)
                  + ", codec="
                  + codec);
        }
      }
    }
  }

  /** What the codec writes, twice and over different memory; checked to be read back equal. */
  private static <T> byte[] written(Codec<T> codec, T value) {
    TypeCodec<T> checked = TypeCodec.of(codec);
    int bytes = checked.byteSize(value);
    byte[] overZeroes = new byte[bytes];
    byte[] overOnes = new byte[bytes];
    Arrays.fill(overOnes, (byte) -1);
    checked.write(value, MemorySegment.ofArray(overZeroes), 0, bytes);
    checked.write(value, MemorySegment.ofArray(overOnes), 0, bytes);
    if (!Arrays.equals(overZeroes, overOnes)) {
      throw new CodecContractException(
          "a codec must write all bytes of a value, and each time the same: value="
              + value
              + ", bytes="
              + bytes
              + ", differentAt="
              + Arrays.mismatch(overZeroes, overOnes)
              + ", codec="
              + codec);
    }
    if (checked instanceof RecordCodec
        && checked.whyNoKey == null
        && !value.equals(checked.read(MemorySegment.ofArray(overZeroes), 0, bytes))) {
      throw new CodecContractException(
          "a record must equal the one that is made of what its accessors answer: value="
              + value
              + ", codec="
              + codec
              + "; mend the accessor that is overridden");
    }
    if (!(codec instanceof TypeCodec<T>)) {
      MemorySegment source = MemorySegment.ofArray(overZeroes);
      checked.verifyKey(value, source, 0, bytes);
    }
    return MemorySegment.ofArray(overZeroes).toArray(JAVA_BYTE);
  }
}
