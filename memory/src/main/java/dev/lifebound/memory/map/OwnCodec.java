package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A codec of the program's own. It is trusted with nothing but its own bytes. */
final class OwnCodec<T> extends TypeCodec<T> {
  /**
   * The bytes of one value at a time, for each thread; larger ones are not kept. Nothing while a
   * codec writes to them, since it may look into another map, whose codec needs bytes too.
   */
  private static final ThreadLocal<byte @Nullable []> SCRATCH = new ThreadLocal<>();

  private static final int SCRATCH_BYTES = 256;

  private final Codec<T> codec;

  OwnCodec(Codec<T> codec) {
    super(null, codec.getClass().getName(), checkedFixedBytes(codec), null);
    this.codec = codec;
  }

  private static int checkedFixedBytes(Codec<?> codec) {
    int bytes = Objects.requireNonNull(codec, "a codec must not be null").fixedBytes();
    if (bytes < 0 && bytes != VARIABLE) {
      throw new CodecContractException(
          "a codec's fixed size must be 0 or more, or VARIABLE: fixedBytes="
              + bytes
              + ", codec="
              + codec.getClass().getName());
    }
    return bytes;
  }

  @Override
  public int byteSize(T value) {
    int bytes;
    try {
      bytes = codec.byteSize(value);
    } catch (IndexOutOfBoundsException | IllegalStateException e) {
      throw new CodecContractException(
          "a codec must say the size of each value: codec=" + typeName + "; mend byteSize", e);
    }
    if (bytes < 0 || (fixedBytes() != VARIABLE && bytes != fixedBytes())) {
      throw new CodecContractException(
          "a value's size must be 0 or more, and the fixed size where there is one: byteSize="
              + bytes
              + ", fixedBytes="
              + fixedBytes()
              + ", codec="
              + typeName);
    }
    return bytes;
  }

  @Override
  public void write(T value, MemorySegment target, long offset) {
    write(value, target, offset, byteSize(value));
  }

  @Override
  void write(T value, MemorySegment target, long offset, int byteSize) {
    // The value's bytes and no others: what is written beside them is refused.
    MemorySegment own = target.asSlice(offset, byteSize);
    try {
      codec.write(value, own, 0);
    } catch (IndexOutOfBoundsException | IllegalStateException e) {
      throw new CodecContractException(
          "a codec must write the bytes that it promised: byteSize="
              + byteSize
              + ", codec="
              + typeName
              + "; mend write or byteSize",
          e);
    }
  }

  @Override
  public T read(MemorySegment source, long offset, int byteSize) {
    MemorySegment own = source.asSlice(offset, byteSize).asReadOnly();
    try {
      return codec.read(own, 0, byteSize);
    } catch (IndexOutOfBoundsException
        | IllegalStateException
        | IllegalArgumentException
        | UnsupportedOperationException e) {
      throw new CodecContractException(
          "a codec must read what it wrote, and write nothing meanwhile: byteSize="
              + byteSize
              + ", codec="
              + typeName
              + "; mend read",
          e);
    }
  }

  @Override
  long word(T value) {
    long word = 0;
    byte[] bytes = encoded(value, fixedBytes());
    for (int i = fixedBytes() - 1; i >= 0; i--) {
      word = (word << Byte.SIZE) | (bytes[i] & 0xFF);
    }
    return word;
  }

  @Override
  T ofWord(long word) {
    byte[] bytes = new byte[Long.BYTES];
    MemorySegment segment = MemorySegment.ofArray(bytes);
    segment.set(ByteHash.WORD, 0, word);
    return read(segment, 0, fixedBytes());
  }

  @Override
  long hash(T value, long seed) {
    int bytes = byteSize(value);
    return ByteHash.of(MemorySegment.ofArray(encoded(value, bytes)), 0, bytes, seed);
  }

  @Override
  long hashOf(MemorySegment source, long offset, int byteSize, long seed) {
    return ByteHash.of(source, offset, byteSize, seed);
  }

  @Override
  boolean matches(T value, MemorySegment source, long offset, int byteSize) {
    return byteSize(value) == byteSize
        && ByteCodecs.same(
            MemorySegment.ofArray(encoded(value, byteSize)), source, offset, byteSize);
  }

  /** The value's bytes, in an array that this thread may use again for the next value. */
  private byte[] encoded(T value, int byteSize) {
    byte[] bytes = SCRATCH.get();
    SCRATCH.set(null);
    if (bytes == null || bytes.length < byteSize) {
      bytes = new byte[Math.max(byteSize, SCRATCH_BYTES)];
    }
    // A codec that leaves a byte out shall leave the same byte each time.
    Arrays.fill(bytes, 0, byteSize, (byte) 0);
    write(value, MemorySegment.ofArray(bytes), 0, byteSize);
    if (bytes.length == SCRATCH_BYTES) {
      SCRATCH.set(bytes);
    }
    return bytes;
  }

  @Override
  boolean isOfProgram() {
    return true;
  }

  @Override
  void verifyWord(T key, long word) {
    byte[] written = new byte[Long.BYTES];
    MemorySegment segment = MemorySegment.ofArray(written);
    segment.set(ByteHash.WORD, 0, word);
    verifyKey(key, segment, 0, fixedBytes());
  }

  @Override
  void verifyKey(T key, MemorySegment source, long offset, int byteSize) {
    byte[] written = source.asSlice(offset, byteSize).toArray(JAVA_BYTE);
    String broken = brokenLaw(key, read(source, offset, byteSize), written);
    if (broken != null) {
      throw new CodecContractException(
          broken
              + ": codec="
              + typeName
              + ", key="
              + key
              + "; see Codec, and test with Codecs.check");
    }
  }

  /** What of the law of codecs does not hold of a value and what its bytes were read as. */
  private @Nullable String brokenLaw(T value, T readBack, byte[] written) {
    if (!value.equals(readBack)) {
      return "a key's bytes must read back as an equal key";
    }
    if (value.hashCode() != readBack.hashCode()) {
      return "equal keys must have the same hash code";
    }
    int bytes = byteSize(readBack);
    return bytes == written.length
            && Arrays.equals(encoded(readBack, bytes), 0, bytes, written, 0, bytes)
        ? null
        : "equal keys must have the same bytes";
  }
}
