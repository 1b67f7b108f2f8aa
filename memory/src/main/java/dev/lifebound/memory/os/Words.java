package dev.lifebound.memory.os;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A little native memory for the arguments of calls, in the machine's byte order.
 *
 * <p>Byte buffers, not arenas and segments: their accesses need no method handles, which the JVM
 * would have to make first. Whoever passes an address on keeps the buffer reachable until the call
 * has returned ({@link java.lang.ref.Reference#reachabilityFence}).
 */
final class Words {
  private Words() {}

  /** Zeroes. */
  static ByteBuffer bytes(int count) {
    return ByteBuffer.allocateDirect(count).order(ByteOrder.nativeOrder());
  }

  /** The text in UTF-8, with a NUL behind. */
  static ByteBuffer text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return bytes(bytes.length + 1).put(0, bytes);
  }

  static long address(ByteBuffer buffer) {
    return MemorySegment.ofBuffer(buffer).address();
  }
}
