package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.LibC;
import dev.lifebound.memory.os.NativeCode;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A structure that the machine code and Java share, by the names of its fields in lifebound.h.
 *
 * <p>Fields that both sides change at once are read and written by {@code getAcquire} and {@code
 * setRelease}; the rest are written before the machine code sees the structure.
 */
final class Control {
  /* Of byte buffers, not of segments: for those the JVM would have to make method handles first. */
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private final NativeCode code;
  private final String structure;
  private final MemorySegment memory;
  private final ByteBuffer bytes;

  /**
   * @param memory at least one such structure, which outlives this object
   */
  Control(NativeCode code, String structure, MemorySegment memory) {
    this.code = code;
    this.structure = structure;
    this.memory = memory;
    this.bytes = memory.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  /** Pages of zeroes that stay mapped until the process ends. */
  @SuppressWarnings("restricted") // whoever arms a guard has seen to it that access is enabled
  static MemorySegment pages(long bytes) {
    long length = Math.ceilDiv(bytes, LibC.pageBytes()) * LibC.pageBytes();
    long address =
        LibC.mmap(
            0,
            length,
            LibC.PROT_READ_WRITE,
            LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_NORESERVE,
            -1,
            0);
    LibC.keepSmallPages(address, length);
    // SAFETY: just mapped with this length, and never unmapped.
    return MemorySegment.ofAddress(address).reinterpret(length);
  }

  long address() {
    return memory.address();
  }

  /**
   * A structure within this one or behind a pointer: {@code index} of an array that starts here.
   */
  Control part(String type, long offset, long index) {
    long size = code.size(type);
    return new Control(code, type, memory.asSlice(offset + index * size, size));
  }

  /** Where the field lies in this structure. */
  long offset(String field) {
    return code.offset(structure + "." + field);
  }

  private int at(String field) {
    return (int) offset(field);
  }

  long get(String field) {
    return (long) LONG.getAcquire(bytes, at(field));
  }

  /** An element of an array of 64-bit numbers. */
  long get(String field, int index) {
    return (long) LONG.getAcquire(bytes, at(field) + index * Long.BYTES);
  }

  void set(String field, long value) {
    LONG.setRelease(bytes, at(field), value);
  }

  int getInt(String field) {
    return (int) INT.getAcquire(bytes, at(field));
  }

  void setInt(String field, int value) {
    INT.setRelease(bytes, at(field), value);
  }

  int getShort(String field) {
    return Short.toUnsignedInt(bytes.getShort(at(field)));
  }

  int getByte(String field) {
    return Byte.toUnsignedInt(bytes.get(at(field)));
  }
}
