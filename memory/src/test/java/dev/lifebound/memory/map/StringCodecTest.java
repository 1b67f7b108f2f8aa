package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Strings of every length and width, alone and as keys of a map. */
class StringCodecTest {
  private static final long SEED = 42;

  private static final int AT = 13;

  @Test
  void randomTextsAreKeptApart() {
    Random random = new Random(SEED);
    TypeCodec<String> codec = TypeCodec.ofKey(Codecs.of(String.class));
    for (int round = 0; round < 5_000; round++) {
      int limit = random.nextBoolean() ? 0x100 : 0x10000;
      char[] chars = new char[random.nextInt(40)];
      for (int i = 0; i < chars.length; i++) {
        chars[i] = (char) random.nextInt(limit);
      }
      String text = new String(chars);
      int bytes = codec.byteSize(text);
      MemorySegment memory = MemorySegment.ofArray(new byte[bytes]);
      codec.write(text, memory, 0);
      assertThat(codec.read(memory, 0, bytes)).isEqualTo(text);
      assertThat(codec.matches(text, memory, 0, bytes)).isTrue();
      assertThat(codec.hashOf(memory, 0, bytes, SEED)).isEqualTo(codec.hash(text, SEED));
      if (chars.length > 0) {
        int at = random.nextInt(chars.length);
        chars[at] ^= (char) (1 << random.nextInt(16));
        assertThat(codec.matches(new String(chars), memory, 0, bytes)).isFalse();
      }
    }
  }

  @Test
  void aHashSpreadsOverAllItsBits() {
    TypeCodec<String> codec = TypeCodec.ofKey(Codecs.of(String.class));
    Map<Long, String> topBits = new HashMap<>();
    int collisions = 0;
    for (int i = 0; i < 100_000; i++) {
      String key = "user-" + i;
      if (topBits.put(codec.hash(key, SEED) >>> 28, key) != null) {
        collisions++;
      }
    }
    // 36 bits: 0.07 are expected.
    assertThat(collisions).isLessThan(4);
  }

  /**
   * Every length around the steps by which strings are read, and chars that have equal low bytes.
   */
  @Test
  void stringsOfAllLengthsAreHashedAndComparedByAllTheirChars() {
    StringCodec codec = new StringCodec();
    try (Arena arena = Arena.ofConfined()) {
      for (int chars = 0; chars <= 70; chars++) {
        for (char filler : new char[] {'?', 'a', '\u00e1', '\u0161'}) {
          String text = String.valueOf(filler).repeat(chars);
          MemorySegment cell = arena.allocate(AT + codec.byteSize(text));
          codec.write(text, cell, AT);
          checkText(codec, text, text, cell);
          for (int at = 0; at < chars; at++) {
            for (char other : new char[] {'a', '?', '\u00e1', '\u0161', '\u0261'}) {
              String changed = text.substring(0, at) + other + text.substring(at + 1);
              checkText(codec, text, changed, cell);
            }
          }
          checkText(codec, text, text + '\0', cell);
        }
      }
    }
  }

  private static void checkText(StringCodec codec, String text, String sought, MemorySegment cell) {
    boolean same = codec.matches(sought, cell, AT, codec.byteSize(text));
    if (same != text.equals(sought)) {
      assertThat(sought).as("matches=%s", same).isEqualTo(text);
    }
    long hash = codec.hash(sought, SEED);
    boolean sameHash = hash == codec.hashOf(cell, AT, codec.byteSize(text), SEED);
    if (sameHash != text.equals(sought)) {
      assertThat(sought).as("same hash=%s", sameHash).isEqualTo(text);
    }
    int chars = sought.length();
    if (chars >= Long.BYTES && chars <= 2 * Long.BYTES) {
      int last = chars - Long.BYTES;
      boolean wide = StringCodec.isWide(sought, 0) || StringCodec.isWide(sought, last);
      assertThat(wide).isEqualTo(sought.chars().anyMatch(c -> c > 0xFF));
      if (!wide) {
        long head = StringCodec.word(sought, 0);
        long tail = StringCodec.word(sought, last);
        assertThat(StringCodec.hash(head, tail, chars, SEED)).isEqualTo(hash);
        if (codec.byteSize(text) == chars + 1) {
          assertThat(StringCodec.matches(head, tail, chars, cell, AT))
              .isEqualTo(text.equals(sought));
        }
      }
    }
  }

  /** A string of two bytes each whose bytes, size and hash are those of one of one byte each. */
  @Test
  void equalBytesOfOtherCharsAreAnotherKey() {
    String narrow = "aaaaaaaa";
    String wide = "\u6161".repeat(4);
    try (NativeMap<String, Long> map = NativeMap.create(String.class, Long.class)) {
      map.put(wide, 1L);
      assertThat(map.get(narrow)).isNull();
      assertThat(map.containsKey(narrow)).isFalse();
      map.put(narrow, 2L);
      assertThat(map.get(narrow)).isEqualTo(2);
      assertThat(map.get(wide)).isEqualTo(1);
      map.remove(narrow);
      assertThat(map.get(narrow)).isNull();
    }
  }

  /**
   * Of all lengths around the short ones, with keys that differ in one char, and many in a group.
   */
  @Test
  void aMapFindsTextsOfAllLengthsAndNoOthers() {
    try (NativeMap<String, Integer> map = NativeMap.create(String.class, Integer.class)) {
      Map<String, Integer> expected = new HashMap<>();
      Random random = new Random(SEED);
      for (int i = 0; i < 20_000; i++) {
        char[] chars = new char[5 + random.nextInt(15)];
        Arrays.fill(chars, random.nextInt(8) == 0 ? '\u0161' : 'a');
        for (int j = 0; j < 3; j++) {
          chars[random.nextInt(chars.length)] = (char) ('a' + random.nextInt(26));
        }
        String text = new String(chars);
        assertThat(map.get(text)).isEqualTo(expected.get(text));
        if (random.nextInt(3) == 0) {
          map.remove(text);
          expected.remove(text);
        } else {
          map.put(text, i);
          expected.put(text, i);
        }
      }
      expected.forEach((text, value) -> assertThat(map.get(text, -1)).isEqualTo(value));
    }
  }
}
