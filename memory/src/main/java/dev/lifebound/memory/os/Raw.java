package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
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

  static byte getByte(long address) {
    // SAFETY: the caller knows the address to be mapped (see above).
    return MEMORY.get(JAVA_BYTE, address);
  }

  static int getInt(long address) {
    // SAFETY: as above.
    return MEMORY.get(JAVA_INT_UNALIGNED, address);
  }

  static long getLong(long address) {
    // SAFETY: as above.
    return MEMORY.get(JAVA_LONG_UNALIGNED, address);
  }

  /** A NUL-terminated string; empty for the null pointer. */
  static String getString(long address) {
    // SAFETY: as above; the string ends where its NUL is.
    return address == 0 ? "" : MEMORY.getString(address, StandardCharsets.UTF_8);
  }
}
