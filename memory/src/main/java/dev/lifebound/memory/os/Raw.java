package dev.lifebound.memory.os;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads of memory that this process has by an address found elsewhere.
 *
 * <p>Safety of every method: the caller knows that the bytes are mapped and stay so.
 */
final class Raw {
  /** All of the address space: who reads here has the duty of the class's text. */
  private static final MemorySegment MEMORY = everything();

  private Raw() {}

  @SuppressWarnings("restricted") // this package is where native access is asked for
  private static MemorySegment everything() {
    // SAFETY: nothing is accessed; each method's caller answers for its own address.
    return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  }

  /** A view of so many bytes: buffers are read without method handles, which take time to make. */
  private static ByteBuffer view(long address, int bytes) {
    // SAFETY: the caller knows the address to be mapped (see above).
    return MEMORY.asSlice(address, bytes).asByteBuffer().order(ByteOrder.nativeOrder());
  }

  static byte getByte(long address) {
    return view(address, Byte.BYTES).get(0);
  }

  static int getInt(long address) {
    return view(address, Integer.BYTES).getInt(0);
  }

  static long getLong(long address) {
    return view(address, Long.BYTES).getLong(0);
  }

  /** A NUL-terminated string; empty for the null pointer. */
  static String getString(long address) {
    if (address == 0) {
      return "";
    }
    // SAFETY: as above; the string ends where its NUL is. Not by the segment's own method, which
    // makes classes at its first use: an agent reads its first string while it arms.
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    byte next = getByte(address);
    for (long at = address + 1; next != 0; at++) {
      text.write(next);
      next = getByte(at);
    }
    return text.toString(StandardCharsets.UTF_8);
  }
}
