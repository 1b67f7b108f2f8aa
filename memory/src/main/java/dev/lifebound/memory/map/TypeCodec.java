package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A codec as the maps of this package need it: it also compares and hashes, without making objects.
 *
 * <p>Values of up to eight bytes are <b>words</b> and stand in the slot of a map; all others are
 * <b>cells</b> of its arena.
 *
 * <p>Key equality is that of Go: +0.0 and -0.0 are one key, a NaN equals no key, also not itself.
 */
abstract class TypeCodec<T> implements Codec<T> {
  static final int[] NONE = {};

  /** The type, for messages. */
  final String typeName;

  /** The class of values; null when it is not known. */
  private final @Nullable Class<?> type;

  private final int fixedBytes;

  /** Why values of this type cannot be keys, with the path and the remedy; null when they can. */
  final @Nullable String whyNoKey;

  TypeCodec(@Nullable Class<?> type, String typeName, int fixedBytes, @Nullable String whyNoKey) {
    this.type = type;
    this.typeName = typeName;
    this.fixedBytes = fixedBytes;
    this.whyNoKey = whyNoKey;
  }

  /** The codec itself when it is ours, else an adapter around it. */
  static <T> TypeCodec<T> of(Codec<T> codec) {
    return codec instanceof TypeCodec<T> ours ? ours : new OwnCodec<>(codec);
  }

  /** As {@link #of}, for keys. */
  static <T> TypeCodec<T> ofKey(Codec<T> codec) {
    TypeCodec<T> ours = of(codec);
    if (ours.whyNoKey != null) {
      throw new UnsuitableTypeException(ours.whyNoKey);
    }
    return ours;
  }

  @Override
  public final int fixedBytes() {
    return fixedBytes;
  }

  @Override
  public int byteSize(T value) {
    return fixedBytes;
  }

  /**
   * As {@link #write(Object, MemorySegment, long)}, of a value whose size was asked for before:
   * writes no byte beside these, also when the value or its codec would say another size now.
   */
  void write(T value, MemorySegment target, long offset, int byteSize) {
    write(value, target, offset);
  }

  final boolean isWord() {
    return fixedBytes >= 0 && fixedBytes <= Long.BYTES;
  }

  /** A word's value, zero above its size. Words only. */
  long word(T value) {
    throw new UnsupportedOperationException("a word must have up to 8 bytes: type=" + typeName);
  }

  /** The value of a word. Words only. */
  T ofWord(long word) {
    throw new UnsupportedOperationException("a word must have up to 8 bytes: type=" + typeName);
  }

  /** The same word for words of equal keys. */
  long canonical(long word) {
    return word;
  }

  /**
   * Whether equal keys may have different words or bytes, so that the newest is to be kept, as Go
   * does.
   */
  boolean isKeyUpdated() {
    return false;
  }

  /** Whether the key equals itself: not so when there is a NaN in it. */
  boolean isReflexive(T value) {
    return true;
  }

  /** As above, of a word that was stored. Words only. */
  boolean isReflexiveWord(long word) {
    return true;
  }

  /**
   * Another word of the same value, where there is one: all NaNs are one value, and if they were
   * one word too a map could not tell them apart when it grows.
   */
  long scramble(long word, long random) {
    return word;
  }

  /** A hash of the value; equal keys have the same. */
  abstract long hash(T value, long seed);

  /** The same hash from the value's bytes. */
  abstract long hashOf(MemorySegment source, long offset, int byteSize, long seed);

  /** Whether the bytes are those of an equal key. The value must be reflexive. */
  abstract boolean matches(T value, MemorySegment source, long offset, int byteSize);

  /**
   * Whether comparing runs code of the program, in which case keys are compared by {@link
   * #matchesBytes} under a lock.
   */
  boolean isOfProgram() {
    return false;
  }

  /** As {@link #matches}, of a key that was written. Runs no code of the program. */
  boolean matchesBytes(
      MemorySegment key,
      long keyOffset,
      int keyBytes,
      MemorySegment source,
      long offset,
      int byteSize) {
    return keyBytes == byteSize
        && MemorySegment.mismatch(
                key, keyOffset, keyOffset + keyBytes, source, offset, offset + byteSize)
            < 0;
  }

  /** Where, in a value's bytes, handles stand of whose blocks the value owns a reference. */
  int[] handleOffsets() {
    return NONE;
  }

  /** The registry of those handles. */
  @Nullable Registry registry() {
    return null;
  }

  /** Whether a write cannot fail half-way, so that it may go over a value that is in use. */
  boolean isWrittenAtOnce() {
    return false;
  }

  /** Whether the object is a value of this type; of an own codec's nobody knows. */
  final boolean isInstance(Object object) {
    return type == null || type.isInstance(object);
  }

  /** As {@link #verifyKey}, of a word. */
  void verifyWord(T key, long word) {}

  /** Refuses a new key whose bytes break the law of codecs. Our own codecs keep it. */
  void verifyKey(T key, MemorySegment source, long offset, int byteSize) {}

  @Override
  public String toString() {
    return "Codec[type="
        + typeName
        + ", bytes="
        + (fixedBytes == VARIABLE ? "variable" : fixedBytes)
        + "]";
  }
}
