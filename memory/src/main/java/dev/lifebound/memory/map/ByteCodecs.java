package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.UUID;

/** Codecs of what is bytes already. */
final class ByteCodecs {
  private ByteCodecs() {}

  /** An array's content. */
  static final class OfArray extends TypeCodec<byte[]> {
    OfArray() {
      super(byte[].class, "byte[]", VARIABLE, null);
    }

    @Override
    public int byteSize(byte[] value) {
      return Cells.checkedSize(value.length);
    }

    @Override
    boolean isWrittenAtOnce() {
      return true;
    }

    @Override
    public void write(byte[] value, MemorySegment target, long offset) {
      MemorySegment.copy(value, 0, target, JAVA_BYTE, offset, value.length);
    }

    @Override
    public byte[] read(MemorySegment source, long offset, int byteSize) {
      byte[] bytes = new byte[byteSize];
      MemorySegment.copy(source, JAVA_BYTE, offset, bytes, 0, byteSize);
      return bytes;
    }

    @Override
    long hash(byte[] value, long seed) {
      return ByteHash.of(MemorySegment.ofArray(value), 0, value.length, seed);
    }

    @Override
    long hashOf(MemorySegment source, long offset, int byteSize, long seed) {
      return ByteHash.of(source, offset, byteSize, seed);
    }

    @Override
    boolean matches(byte[] value, MemorySegment source, long offset, int byteSize) {
      return value.length == byteSize
          && same(MemorySegment.ofArray(value), source, offset, byteSize);
    }
  }

  /** A segment's content; what is read is a copy on the heap. */
  static final class OfSegment extends TypeCodec<MemorySegment> {
    OfSegment() {
      super(MemorySegment.class, "MemorySegment", VARIABLE, null);
    }

    @Override
    public int byteSize(MemorySegment value) {
      if (!value.scope().isAlive() || !value.isAccessibleBy(Thread.currentThread())) {
        throw new IllegalArgumentException(
            "a segment must be alive, and this thread's, to be put or looked for: segment="
                + value
                + ", thread="
                + Thread.currentThread().getName());
      }
      return Cells.checkedSize(value.byteSize());
    }

    @Override
    public void write(MemorySegment value, MemorySegment target, long offset) {
      MemorySegment.copy(value, 0, target, offset, value.byteSize());
    }

    @Override
    public MemorySegment read(MemorySegment source, long offset, int byteSize) {
      return MemorySegment.ofArray(source.asSlice(offset, byteSize).toArray(JAVA_BYTE));
    }

    @Override
    long hash(MemorySegment value, long seed) {
      // Also for a look-up, whose first step this is.
      return ByteHash.of(value, 0, byteSize(value), seed);
    }

    @Override
    long hashOf(MemorySegment source, long offset, int byteSize, long seed) {
      return ByteHash.of(source, offset, byteSize, seed);
    }

    @Override
    boolean matches(MemorySegment value, MemorySegment source, long offset, int byteSize) {
      return value.byteSize() == byteSize && same(value, source, offset, byteSize);
    }
  }

  static final class OfUuid extends TypeCodec<UUID> {
    OfUuid() {
      super(UUID.class, "UUID", 2 * Long.BYTES, null);
    }

    @Override
    boolean isWrittenAtOnce() {
      return true;
    }

    @Override
    public void write(UUID value, MemorySegment target, long offset) {
      target.set(ByteHash.WORD, offset, value.getMostSignificantBits());
      target.set(ByteHash.WORD, offset + Long.BYTES, value.getLeastSignificantBits());
    }

    @Override
    public UUID read(MemorySegment source, long offset, int byteSize) {
      return new UUID(
          source.get(ByteHash.WORD, offset), source.get(ByteHash.WORD, offset + Long.BYTES));
    }

    @Override
    long hash(UUID value, long seed) {
      return hash(value.getMostSignificantBits(), value.getLeastSignificantBits(), seed);
    }

    private static long hash(long high, long low, long seed) {
      return ByteHash.step(ByteHash.step(seed, high), low);
    }

    @Override
    long hashOf(MemorySegment source, long offset, int byteSize, long seed) {
      return hash(
          source.get(ByteHash.WORD, offset), source.get(ByteHash.WORD, offset + Long.BYTES), seed);
    }

    @Override
    boolean matches(UUID value, MemorySegment source, long offset, int byteSize) {
      return source.get(ByteHash.WORD, offset) == value.getMostSignificantBits()
          && source.get(ByteHash.WORD, offset + Long.BYTES) == value.getLeastSignificantBits();
    }
  }

  static boolean same(MemorySegment value, MemorySegment source, long offset, long bytes) {
    return MemorySegment.mismatch(value, 0, bytes, source, offset, offset + bytes) < 0;
  }
}
