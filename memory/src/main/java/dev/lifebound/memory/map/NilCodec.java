package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;

/** Stands for the codecs of the nil map, which has no entry. */
final class NilCodec extends TypeCodec<Object> {
  private static final Object NOTHING = new Object();

  NilCodec() {
    super(null, "nil", 0, null);
  }

  @Override
  public void write(Object value, MemorySegment target, long offset) {}

  @Override
  public Object read(MemorySegment source, long offset, int byteSize) {
    return NOTHING;
  }

  @Override
  long word(Object value) {
    return 0;
  }

  @Override
  Object ofWord(long word) {
    return NOTHING;
  }

  @Override
  long hash(Object value, long seed) {
    return 0;
  }

  @Override
  long hashOf(MemorySegment source, long offset, int byteSize, long seed) {
    return 0;
  }

  @Override
  boolean matches(Object value, MemorySegment source, long offset, int byteSize) {
    return true;
  }
}
