package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Any {@code String}, also one with lone surrogates, which UTF-8 could not keep apart.
 *
 * <pre>
 *   chars, one byte each (Latin-1)            | 0
 *   chars, two bytes each (UTF-16, little end) | 1
 * </pre>
 *
 * <p>Latin-1 when every char fits, so that equal strings have equal bytes. Hashing and comparing
 * read the chars where they are and copy nothing.
 */
final class StringCodec extends TypeCodec<String> {
  private static final int LATIN_1 = 0;
  private static final int UTF_16 = 1;
  private static final int LATIN_1_LIMIT = 0x100;
  private static final int WORD_CHARS = Long.BYTES;

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

  @Override
  long hash(String value, long seed) {
    int chars = value.length();
    long hash = seed;
    int seen = 0;
    int at = 0;
    for (; at <= chars - WORD_CHARS; at += WORD_CHARS) {
      int a = value.charAt(at);
      int b = value.charAt(at + 1);
      int c = value.charAt(at + 2);
      int d = value.charAt(at + 3);
      int e = value.charAt(at + 4);
      int f = value.charAt(at + 5);
      int g = value.charAt(at + 6);
      int h = value.charAt(at + 7);
      seen |= a | b | c | d | e | f | g | h;
      hash = ByteHash.step(hash, word(a, b, c, d, e, f, g, h));
    }
    if (at < chars) {
      long word = 0;
      for (int i = chars - 1; i >= at; i--) {
        int c = value.charAt(i);
        seen |= c;
        word = (word << Byte.SIZE) | c;
      }
      hash = ByteHash.step(hash, word);
    }
    return seen < LATIN_1_LIMIT ? ByteHash.finish(hash, chars) : hashUtf16(value, seed);
  }

  private static long word(int a, int b, int c, int d, int e, int f, int g, int h) {
    int low = a | b << 8 | c << 16 | d << 24;
    int high = e | f << 8 | g << 16 | h << 24;
    return Integer.toUnsignedLong(low) | (long) high << 32;
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
    int bytes = byteSize - 1;
    if (source.get(JAVA_BYTE, offset + bytes) != LATIN_1) {
      return bytes == 2L * chars && matchesUtf16(value, source, offset);
    }
    if (bytes != chars) {
      return false;
    }
    int at = 0;
    for (; at <= chars - WORD_CHARS; at += WORD_CHARS) {
      int a = value.charAt(at);
      int b = value.charAt(at + 1);
      int c = value.charAt(at + 2);
      int d = value.charAt(at + 3);
      int e = value.charAt(at + 4);
      int f = value.charAt(at + 5);
      int g = value.charAt(at + 6);
      int h = value.charAt(at + 7);
      int seen = a | b | c | d | e | f | g | h;
      if (word(a, b, c, d, e, f, g, h) != source.get(ByteHash.WORD, offset + at)
          || seen >= LATIN_1_LIMIT) {
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

  private static boolean matchesUtf16(String value, MemorySegment source, long offset) {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) != source.get(CHAR, offset + 2L * i)) {
        return false;
      }
    }
    return true;
  }
}
