package dev.lifebound.memory.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A map's key in 16 bytes: numbers and UUIDs whole, texts by their start, of all else the hash.
 *
 * <p>No method of a key is called but those of the JDK's own final classes, and {@code hashCode}
 * where the key is of another class: a map has called that already.
 */
final class Keys {
  static final int NONE = 0;
  static final int NUMBER = 1;
  static final int TEXT = 2;
  static final int TEXT_CUT = 3;
  static final int UUID_BITS = 4;
  static final int HASH = 5;

  private static final int TEXT_MAX_BYTES = 2 * Long.BYTES;
  private static final int ASCII_LIMIT = 0x80;

  private Keys() {}

  static int kind(@Nullable Object key) {
    return switch (key) {
      case null -> NONE;
      case Long _, Integer _, Short _, Byte _ -> NUMBER;
      case String text -> isCut(text) ? TEXT_CUT : TEXT;
      case Enum<?> constant -> isCut(constant.name()) ? TEXT_CUT : TEXT;
      case UUID _ -> UUID_BITS;
      default -> HASH;
    };
  }

  private static boolean isCut(String text) {
    return text.length() > TEXT_MAX_BYTES
        || (!isAscii(text, text.length())
            && text.getBytes(StandardCharsets.UTF_8).length > TEXT_MAX_BYTES);
  }

  /** The first eight bytes. */
  static long high(@Nullable Object key) {
    return switch (key) {
      case null -> 0;
      case Long number -> number;
      case Integer number -> number;
      case Short number -> number;
      case Byte number -> number;
      case String text -> word(text, 0);
      case Enum<?> constant -> word(constant.name(), 0);
      case UUID uuid -> uuid.getMostSignificantBits();
      default -> key.hashCode();
    };
  }

  /** The other eight bytes. */
  static long low(@Nullable Object key) {
    return switch (key) {
      case String text -> word(text, Long.BYTES);
      case Enum<?> constant -> word(constant.name(), Long.BYTES);
      case UUID uuid -> uuid.getLeastSignificantBits();
      case null, default -> 0;
    };
  }

  /** Eight bytes of the text's UTF-8, the first in the lowest byte, zeroes behind the end. */
  private static long word(String text, int from) {
    int length = Math.min(text.length(), TEXT_MAX_BYTES);
    long word = 0;
    if (isAscii(text, length)) {
      for (int i = Math.min(length, from + Long.BYTES) - 1; i >= from; i--) {
        word = (word << Byte.SIZE) | text.charAt(i);
      }
    } else {
      byte[] bytes = Utf8.cut(text, TEXT_MAX_BYTES);
      for (int i = Math.min(bytes.length, from + Long.BYTES) - 1; i >= from; i--) {
        word = (word << Byte.SIZE) | (bytes[i] & 0xFF);
      }
    }
    return word;
  }

  private static boolean isAscii(String text, int length) {
    for (int i = 0; i < length; i++) {
      if (text.charAt(i) >= ASCII_LIMIT) {
        return false;
      }
    }
    return true;
  }

  /** What a reader shows, or null when there was no key. */
  static @Nullable String text(int kind, long high, long low) {
    return switch (kind) {
      case NUMBER -> Long.toString(high);
      case TEXT -> words(high, low);
      case TEXT_CUT -> words(high, low) + "…";
      case UUID_BITS -> new UUID(high, low).toString();
      case HASH -> String.format(Locale.ROOT, "hash 0x%08x", (int) high);
      default -> null;
    };
  }

  /** The text in these words, up to the first zero byte. */
  static String words(long... words) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length * Long.BYTES);
    for (long word : words) {
      bytes.putLong(Long.reverseBytes(word));
    }
    byte[] all = bytes.array();
    int length = 0;
    while (length < all.length && all[length] != 0) {
      length++;
    }
    return new String(all, 0, length, StandardCharsets.UTF_8);
  }

  /** The bytes as words for {@link #words}. */
  static long[] ofBytes(byte[] bytes, int words) {
    ByteBuffer padded = ByteBuffer.allocate(words * Long.BYTES).put(bytes);
    long[] result = new long[words];
    for (int i = 0; i < words; i++) {
      result[i] = Long.reverseBytes(padded.getLong(i * Long.BYTES));
    }
    return result;
  }
}
