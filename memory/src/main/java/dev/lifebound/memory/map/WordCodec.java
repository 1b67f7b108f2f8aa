package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.MemorySegment;

/** Values of 1, 2, 4 or 8 bytes that are a number, or stand for one. */
abstract class WordCodec<T> extends TypeCodec<T> {
  private static final long BYTE_MASK = 0xFF;
  private static final long SHORT_MASK = 0xFFFF;
  private static final long INT_MASK = 0xFFFF_FFFFL;

  private final int bytes;

  WordCodec(Class<T> type, String typeName, int bytes) {
    super(type, typeName, bytes, null);
    this.bytes = bytes;
  }

  @Override
  abstract long word(T value);

  @Override
  abstract T ofWord(long word);

  @Override
  public final void write(T value, MemorySegment target, long offset) {
    put(target, offset, word(value));
  }

  final void put(MemorySegment target, long offset, long word) {
    switch (bytes) {
      case Byte.BYTES -> target.set(JAVA_BYTE, offset, (byte) word);
      case Short.BYTES -> target.set(JAVA_SHORT_UNALIGNED, offset, (short) word);
      case Integer.BYTES -> target.set(JAVA_INT_UNALIGNED, offset, (int) word);
      default -> target.set(JAVA_LONG_UNALIGNED, offset, word);
    }
  }

  @Override
  public final T read(MemorySegment source, long offset, int byteSize) {
    return ofWord(get(source, offset));
  }

  final long get(MemorySegment source, long offset) {
    return switch (bytes) {
      case Byte.BYTES -> source.get(JAVA_BYTE, offset) & BYTE_MASK;
      case Short.BYTES -> source.get(JAVA_SHORT_UNALIGNED, offset) & SHORT_MASK;
      case Integer.BYTES -> source.get(JAVA_INT_UNALIGNED, offset) & INT_MASK;
      default -> source.get(JAVA_LONG_UNALIGNED, offset);
    };
  }

  @Override
  final long hash(T value, long seed) {
    return ByteHash.step(seed, canonical(word(value)));
  }

  @Override
  final long hashOf(MemorySegment source, long offset, int byteSize, long seed) {
    return ByteHash.step(seed, canonical(get(source, offset)));
  }

  @Override
  final boolean matchesBytes(
      MemorySegment key,
      long keyOffset,
      int keyBytes,
      MemorySegment source,
      long offset,
      int byteSize) {
    return canonical(get(key, keyOffset)) == canonical(get(source, offset));
  }

  @Override
  final boolean matches(T value, MemorySegment source, long offset, int byteSize) {
    return canonical(word(value)) == canonical(get(source, offset));
  }

  static final class OfLong extends WordCodec<Long> {
    OfLong() {
      super(Long.class, "long", Long.BYTES);
    }

    @Override
    long word(Long value) {
      return value;
    }

    @Override
    Long ofWord(long word) {
      return word;
    }
  }

  /** A handle, of whose block the map's entry owns a reference. */
  static final class OfHandle extends WordCodec<Long> {
    private static final int[] HERE = {0};

    private final Registry registry;

    OfHandle(Registry registry) {
      super(Long.class, "handle", Long.BYTES);
      this.registry = registry;
    }

    @Override
    long word(Long value) {
      return value;
    }

    @Override
    Long ofWord(long word) {
      return word;
    }

    @Override
    int[] handleOffsets() {
      return HERE;
    }

    @Override
    Registry registry() {
      return registry;
    }
  }

  static final class OfInt extends WordCodec<Integer> {
    OfInt() {
      super(Integer.class, "int", Integer.BYTES);
    }

    @Override
    long word(Integer value) {
      return value & INT_MASK;
    }

    @Override
    Integer ofWord(long word) {
      return (int) word;
    }
  }

  static final class OfShort extends WordCodec<Short> {
    OfShort() {
      super(Short.class, "short", Short.BYTES);
    }

    @Override
    long word(Short value) {
      return value & SHORT_MASK;
    }

    @Override
    Short ofWord(long word) {
      return (short) word;
    }
  }

  static final class OfByte extends WordCodec<Byte> {
    OfByte() {
      super(Byte.class, "byte", Byte.BYTES);
    }

    @Override
    long word(Byte value) {
      return value & BYTE_MASK;
    }

    @Override
    Byte ofWord(long word) {
      return (byte) word;
    }
  }

  static final class OfChar extends WordCodec<Character> {
    OfChar() {
      super(Character.class, "char", Character.BYTES);
    }

    @Override
    long word(Character value) {
      return value;
    }

    @Override
    Character ofWord(long word) {
      return (char) word;
    }
  }

  static final class OfBoolean extends WordCodec<Boolean> {
    OfBoolean() {
      super(Boolean.class, "boolean", Byte.BYTES);
    }

    @Override
    long word(Boolean value) {
      return value ? 1 : 0;
    }

    @Override
    Boolean ofWord(long word) {
      return word != 0;
    }
  }

  /** By ordinal: the constants of a class do not change while it is loaded. */
  static final class OfEnum<E extends Enum<E>> extends WordCodec<E> {
    private final E[] constants;

    OfEnum(Class<E> type) {
      super(type, type.getSimpleName(), Integer.BYTES);
      this.constants = type.getEnumConstants();
    }

    @Override
    @SuppressWarnings("EnumOrdinal") // not stored beyond the life of the class
    long word(E value) {
      return value.ordinal();
    }

    @Override
    E ofWord(long word) {
      return constants[(int) word];
    }
  }

  /** Keys as Go compares them: by ==. */
  static final class OfDouble extends WordCodec<Double> {
    private static final long MINUS_ZERO = Long.MIN_VALUE;
    private static final long NAN = Double.doubleToLongBits(Double.NaN);
    private static final long PAYLOAD =
        (NAN - 1) & ~Double.doubleToLongBits(Double.POSITIVE_INFINITY);

    OfDouble() {
      super(Double.class, "double", Double.BYTES);
    }

    @Override
    long word(Double value) {
      return Double.doubleToLongBits(value);
    }

    @Override
    Double ofWord(long word) {
      double value = Double.longBitsToDouble(word);
      return Double.isNaN(value) ? Double.NaN : value;
    }

    @Override
    long canonical(long word) {
      return word == MINUS_ZERO ? 0 : word;
    }

    @Override
    boolean isKeyUpdated() {
      return true;
    }

    @Override
    boolean isReflexive(Double value) {
      return !value.isNaN();
    }

    @Override
    boolean isReflexiveWord(long word) {
      return !Double.isNaN(Double.longBitsToDouble(word));
    }

    @Override
    long scramble(long word, long random) {
      return isReflexiveWord(word) ? word : NAN | (random & PAYLOAD);
    }
  }

  /** Keys as Go compares them: by ==. */
  static final class OfFloat extends WordCodec<Float> {
    private static final long MINUS_ZERO = Integer.MIN_VALUE & INT_MASK;
    private static final int NAN = Float.floatToIntBits(Float.NaN);
    private static final int PAYLOAD = (NAN - 1) & ~Float.floatToIntBits(Float.POSITIVE_INFINITY);

    OfFloat() {
      super(Float.class, "float", Float.BYTES);
    }

    @Override
    long word(Float value) {
      return Float.floatToIntBits(value) & INT_MASK;
    }

    @Override
    Float ofWord(long word) {
      float value = Float.intBitsToFloat((int) word);
      return Float.isNaN(value) ? Float.NaN : value;
    }

    @Override
    long canonical(long word) {
      return word == MINUS_ZERO ? 0 : word;
    }

    @Override
    boolean isKeyUpdated() {
      return true;
    }

    @Override
    boolean isReflexive(Float value) {
      return !value.isNaN();
    }

    @Override
    boolean isReflexiveWord(long word) {
      return !Float.isNaN(Float.intBitsToFloat((int) word));
    }

    @Override
    long scramble(long word, long random) {
      return isReflexiveWord(word) ? word : (NAN | ((int) random & PAYLOAD)) & INT_MASK;
    }
  }

  /** Keys as Java's {@code Double} compares them: by their bits, and all NaNs are one. */
  static final class OfDoubleBits extends WordCodec<Double> {
    OfDoubleBits() {
      super(Double.class, "double (compared as java.lang.Double)", Double.BYTES);
    }

    @Override
    long word(Double value) {
      return Double.doubleToLongBits(value);
    }

    @Override
    Double ofWord(long word) {
      return Double.longBitsToDouble(word);
    }
  }

  /** Keys as Java's {@code Float} compares them: by their bits, and all NaNs are one. */
  static final class OfFloatBits extends WordCodec<Float> {
    OfFloatBits() {
      super(Float.class, "float (compared as java.lang.Float)", Float.BYTES);
    }

    @Override
    long word(Float value) {
      return Float.floatToIntBits(value) & INT_MASK;
    }

    @Override
    Float ofWord(long word) {
      return Float.intBitsToFloat((int) word);
    }
  }
}
