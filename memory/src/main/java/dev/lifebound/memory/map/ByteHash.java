package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A seeded hash of bytes: for each word of eight, both halves of a 128-bit product are folded
 * together, as wyhash does. Not for signatures; a map's random seed keeps others from preparing
 * keys that collide.
 *
 * <p>Words are little-endian, the last one is filled up with zeroes, and the number of bytes goes
 * in at the end. Who has the bytes in another form may call {@link #step} and {@link #finish}.
 */
final class ByteHash {
  static final ValueLayout.OfLong WORD = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final long FACTOR = 0x9E37_79B9_7F4A_7C15L;
  private static final long ADDEND = 0xA076_1D64_78BD_642FL;

  private ByteHash() {}

  /** One more word. */
  static long step(long hash, long word) {
    long mixed = hash ^ word ^ ADDEND;
    return (mixed * FACTOR) ^ Math.unsignedMultiplyHigh(mixed, FACTOR);
  }

  /** No more words; {@code bytes} were hashed. */
  static long finish(long hash, long bytes) {
    return step(Long.rotateLeft(hash, 29), bytes);
  }

  /** The hash of {@code bytes} bytes. */
  static long of(MemorySegment segment, long offset, long bytes, long seed) {
    long hash = seed;
    long end = offset + bytes;
    long at = offset;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      hash = step(hash, segment.get(WORD, at));
    }
    if (at < end) {
      hash = step(hash, tail(segment, at, end));
    }
    return finish(hash, bytes);
  }

  /** Fewer than eight bytes as a word. */
  private static long tail(MemorySegment segment, long from, long end) {
    long word = 0;
    for (long at = end - 1; at >= from; at--) {
      word = (word << Byte.SIZE) | (segment.get(JAVA_BYTE, at) & 0xFF);
    }
    return word;
  }
}
