package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** Fills blocks with text a reader recognises and says where two readings of a block differ. */
final class Bytes {
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ");
  private static final int MOST_SHOWN = 6;

  private Bytes() {}

  /** Fills the whole block with repetitions of the text and returns the bytes. */
  static byte[] fill(MemorySegment block, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    for (long offset = 0; offset < block.byteSize(); offset++) {
      block.set(JAVA_BYTE, offset, bytes[(int) (offset % bytes.length)]);
    }
    return block.toArray(JAVA_BYTE);
  }

  /** What it means to have read these bytes where those were written. */
  static Result compare(byte[] written, byte[] read) {
    int first = Arrays.mismatch(written, read);
    if (first < 0) {
      return new Result.NoHarm("all " + read.length + " bytes were read as written");
    }
    int end = Math.min(first + MOST_SHOWN, Math.min(written.length, read.length));
    return new Result.SilentWrongData(
        "at byte %d, wrote %s, read %s"
            .formatted(first, HEX.formatHex(written, first, end), HEX.formatHex(read, first, end)));
  }

  /** The text that {@link #fill} wrote, as far as it can be told from one repetition. */
  static String text(byte[] read, int length) {
    return new String(read, 0, length, StandardCharsets.US_ASCII);
  }
}
