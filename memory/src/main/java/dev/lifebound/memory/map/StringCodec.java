package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Any {@code String}, also one with lone surrogates, which UTF-8 could not keep apart.
 *
 * <pre>
 *   chars, one byte each (Latin-1)            | 0
 *   chars, two bytes each (UTF-16, little end) | 1
 * </pre>
 *
 * <p>Latin-1 when every char fits, so that equal strings have equal bytes.
 */
final class StringCodec extends TypeCodec<String> {
  private static final int LATIN_1 = 0;
  private static final int UTF_16 = 1;
  private static final int LATIN_1_LIMIT = 0x100;

  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** What a charset puts where it has no byte for a char. */
  private static final long REPLACEMENTS = '?' * 0x0101_0101_0101_0101L;

  private static final long LOW_BITS = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

  private static final ValueLayout.OfChar CHAR =
      ValueLayout.JAVA_CHAR_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  StringCodec() {
    super(String.class, "String", VARIABLE, null);
  }

  @Override
  public int byteSize(String value) {
    int chars = value.length();
    if (isLatin1(value)) {
      return Cells.checkedSize(chars + 1L);
    }
    return Cells.checkedSize(2L * chars + 1);
  }

  @Override
  boolean isWrittenAtOnce() {
    return true;
  }

  private static boolean isLatin1(String value) {
    int seen = 0;
    for (int i = 0; i < value.length(); i++) {
      seen |= value.charAt(i);
    }
    return seen < LATIN_1_LIMIT;
  }

  @Override
  public void write(String value, MemorySegment target, long offset) {
    int chars = value.length();
    if (isLatin1(value)) {
      // Ends the bytes with a zero, which is what we want there.
      target.setString(offset, value, StandardCharsets.ISO_8859_1);
    } else {
      for (int i = 0; i < chars; i++) {
        target.set(CHAR, offset + 2L * i, value.charAt(i));
      }
      target.set(JAVA_BYTE, offset + 2L * chars, (byte) UTF_16);
    }
  }

  @Override
  public String read(MemorySegment source, long offset, int byteSize) {
    int bytes = byteSize - 1;
    if (source.get(JAVA_BYTE, offset + bytes) == LATIN_1) {
      byte[] latin1 = new byte[bytes];
      MemorySegment.copy(source, JAVA_BYTE, offset, latin1, 0, bytes);
      return new String(latin1, StandardCharsets.ISO_8859_1);
    }
    // Not by a charset, which would replace lone surrogates.
    char[] chars = new char[bytes / Character.BYTES];
    MemorySegment.copy(source, CHAR, offset, chars, 0, chars.length);
    return new String(chars);
  }

  /**
   * The chars as bytes, or null when they do not all fit. For a string that is Latin-1 within the
   * JDK too this is one copy of its array, the quickest way to many bytes.
   */
  private static byte @Nullable [] latin1(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
    return mayHaveReplacements(bytes) && !isLatin1(value) ? null : bytes;
  }

  /*
   * A string has no words to read. The chars of a short one are put together in registers: from a copy in
   * an array, words could only be read when the copy has left the store buffer, behind the cache misses of
   * the searches before; searches would not overlap.
   */

  /** Strings up to this length are read char by char. */
  private static final int SHORT_CHARS = 64;

  /** Eight chars as the bytes of a word, unless {@link #isWide}. */
  static long word(String value, int at) {
    // Two ints: put together as longs each char takes one instruction more.
    int low =
        value.charAt(at)
            | value.charAt(at + 1) << 8
            | value.charAt(at + 2) << 16
            | value.charAt(at + 3) << 24;
    int high =
        value.charAt(at + 4)
            | value.charAt(at + 5) << 8
            | value.charAt(at + 6) << 16
            | value.charAt(at + 7) << 24;
    return Integer.toUnsignedLong(low) | (long) high << Integer.SIZE;
  }

  /** Whether one of eight chars is not Latin-1. */
  static boolean isWide(String value, int at) {
    // One by one: where all strings are Latin-1 the compiler knows each answer from the type.
    return value.charAt(at) >= LATIN_1_LIMIT
        || value.charAt(at + 1) >= LATIN_1_LIMIT
        || value.charAt(at + 2) >= LATIN_1_LIMIT
        || value.charAt(at + 3) >= LATIN_1_LIMIT
        || value.charAt(at + 4) >= LATIN_1_LIMIT
        || value.charAt(at + 5) >= LATIN_1_LIMIT
        || value.charAt(at + 6) >= LATIN_1_LIMIT
        || value.charAt(at + 7) >= LATIN_1_LIMIT;
  }

  /** Whether these are 8 to 16 Latin-1 chars: two words say all of them. */
  static boolean isShort(String value) {
    int last = value.length() - Long.BYTES;
    return last >= 0 && last <= Long.BYTES && !isWide(value, 0) && !isWide(value, last);
  }

  /** The hash of 8 to 16 Latin-1 chars: the words of the first eight and of the last eight. */
  static long hash(long first, long last, int chars, long seed) {
    long hash = ByteHash.step(seed, first);
    if (chars > Long.BYTES) {
      hash = ByteHash.step(hash, last >>> (Byte.SIZE * (2 * Long.BYTES - chars)));
    }
    return ByteHash.finish(hash, chars);
  }

  /** Whether 8 to 16 Latin-1 chars stand there, by the words of the first and the last eight. */
  static boolean matches(long first, long last, int chars, MemorySegment source, long offset) {
    return source.get(ByteHash.WORD, offset) == first
        && source.get(ByteHash.WORD, offset + chars - Long.BYTES) == last
        && source.get(JAVA_BYTE, offset + chars) == LATIN_1;
  }

  /** Fewer than eight chars as a word, from {@code at} to the end; negative when one is wide. */
  private static long tail(String value, int at) {
    long word = 0;
    int seen = 0;
    for (int i = value.length() - 1; i >= at; i--) {
      char c = value.charAt(i);
      word = (word << Byte.SIZE) | c;
      seen |= c;
    }
    return seen < LATIN_1_LIMIT ? word : -1;
  }

  private static boolean mayHaveReplacements(byte[] bytes) {
    int length = bytes.length;
    if (length < Long.BYTES) {
      for (byte b : bytes) {
        if (b == '?') {
          return true;
        }
      }
      return false;
    }
    long found = 0;
    for (int at = 0; at < length - Long.BYTES; at += Long.BYTES) {
      found |= zeroes((long) WORDS.get(bytes, at) ^ REPLACEMENTS);
    }
    return (found | zeroes((long) WORDS.get(bytes, length - Long.BYTES) ^ REPLACEMENTS)) != 0;
  }

  /** Not zero when a byte is. */
  private static long zeroes(long word) {
    return (word - LOW_BITS) & ~word & HIGH_BITS;
  }

  @Override
  long hash(String value, long seed) {
    int chars = value.length();
    if (chars > SHORT_CHARS) {
      byte[] bytes = latin1(value);
      return bytes == null ? hashUtf16(value, seed) : hash(bytes, seed);
    }
    long hash = seed;
    int at = 0;
    for (; at <= chars - Long.BYTES; at += Long.BYTES) {
      if (isWide(value, at)) {
        return hashUtf16(value, seed);
      }
      hash = ByteHash.step(hash, word(value, at));
    }
    if (at < chars) {
      long tail = tail(value, at);
      if (tail < 0) {
        return hashUtf16(value, seed);
      }
      hash = ByteHash.step(hash, tail);
    }
    return ByteHash.finish(hash, chars);
  }

  /** As {@link ByteHash#of}. */
  private static long hash(byte[] bytes, long seed) {
    int length = bytes.length;
    long hash = seed;
    int at = 0;
    for (; at <= length - Long.BYTES; at += Long.BYTES) {
      hash = ByteHash.step(hash, (long) WORDS.get(bytes, at));
    }
    if (at < length) {
      hash = ByteHash.step(hash, tail(bytes, at, length));
    }
    return ByteHash.finish(hash, length);
  }

  /** The last bytes, fewer than eight, as a word. */
  private static long tail(byte[] bytes, int at, int length) {
    if (length >= Long.BYTES) {
      int missing = at + Long.BYTES - length;
      return (long) WORDS.get(bytes, length - Long.BYTES) >>> (Byte.SIZE * missing);
    }
    long word = 0;
    for (int i = length - 1; i >= at; i--) {
      word = (word << Byte.SIZE) | (bytes[i] & 0xFF);
    }
    return word;
  }

  private static long hashUtf16(String value, long seed) {
    int chars = value.length();
    long hash = seed;
    int at = 0;
    while (at < chars) {
      int end = Math.min(chars, at + Long.BYTES / Character.BYTES);
      long word = 0;
      for (int i = end - 1; i >= at; i--) {
        word = (word << Character.SIZE) | value.charAt(i);
      }
      hash = ByteHash.step(hash, word);
      at = end;
    }
    return ByteHash.finish(hash, 2L * chars);
  }

  @Override
  long hashOf(MemorySegment source, long offset, int byteSize, long seed) {
    return ByteHash.of(source, offset, byteSize - 1L, seed);
  }

  @Override
  boolean matches(String value, MemorySegment source, long offset, int byteSize) {
    int chars = value.length();
    if (source.get(JAVA_BYTE, offset + byteSize - 1) == UTF_16) {
      return byteSize == 2L * chars + 1 && matchesUtf16(value, source, offset);
    }
    if (byteSize != chars + 1) {
      return false;
    }
    if (chars > SHORT_CHARS) {
      byte[] bytes = latin1(value);
      return bytes != null && matches(bytes, source, offset);
    }
    int at = 0;
    for (; at <= chars - Long.BYTES; at += Long.BYTES) {
      if (isWide(value, at) || word(value, at) != source.get(ByteHash.WORD, offset + at)) {
        return false;
      }
    }
    for (; at < chars; at++) {
      if (value.charAt(at) != (source.get(JAVA_BYTE, offset + at) & 0xFF)) {
        return false;
      }
    }
    return true;
  }

  /** Whether these Latin-1 chars stand there, of which the size and the coder are known. */
  private static boolean matches(byte[] bytes, MemorySegment source, long offset) {
    int length = bytes.length;
    int last = length - Long.BYTES;
    for (int at = 0; at < last; at += Long.BYTES) {
      if ((long) WORDS.get(bytes, at) != source.get(ByteHash.WORD, offset + at)) {
        return false;
      }
    }
    return (long) WORDS.get(bytes, last) == source.get(ByteHash.WORD, offset + last);
  }

  private static boolean matchesUtf16(String value, MemorySegment source, long offset) {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) != source.get(CHAR, offset + 2L * i)) {
        return false;
      }
    }
    return true;
  }
}
