package dev.lifebound.memory.ledger;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Text of bounded size. */
final class Utf8 {
  private static final int CONTINUATION_MASK = 0xC0;
  private static final int CONTINUATION = 0x80;

  private Utf8() {}

  /** The text in UTF-8, cut between characters so that it has at most so many bytes. */
  static byte[] cut(String text, int maxBytes) {
    // A char makes at least one byte, so what is cut here would be cut below.
    String start = text.length() > maxBytes ? text.substring(0, maxBytes) : text;
    byte[] bytes = start.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= maxBytes) {
      return bytes;
    }
    int end = maxBytes;
    while (end > 0 && (bytes[end] & CONTINUATION_MASK) == CONTINUATION) {
      end--;
    }
    return Arrays.copyOf(bytes, end);
  }
}
