package dev.lifebound.memory.map;

import java.util.Random;

/**
 * Keys of chosen hashes: {@link LongLongMap#mix} loses nothing, so each hash has its key. Equal
 * hashes of different keys it cannot give; hashes that are equal in all bits that a map looks at it
 * can.
 */
final class Keys {
  private static final long FIRST_INVERSE = inverse(0x9E3779B97F4A7C15L);
  private static final long SECOND_INVERSE = inverse(0xD6E8FEB86659FD93L);

  private Keys() {}

  /** Newton's iteration doubles the right bits. */
  private static long inverse(long odd) {
    long x = odd;
    for (int i = 0; i < 6; i++) {
      x *= 2 - odd * x;
    }
    return x;
  }

  /** The key that has this hash under this seed. */
  static long ofHash(long hash, long seed) {
    long mixed = hash * SECOND_INVERSE;
    return (mixed ^ (mixed >>> 32)) * FIRST_INVERSE ^ seed;
  }

  /** How keys are spread. */
  enum Kind {
    RANDOM,
    SEQUENTIAL,
    /** The same tag, any table and group. */
    SAME_TAG,
    /** The same table and any group, as deep as the directory looks. */
    SAME_PREFIX,
    /** One group of every table. */
    SAME_GROUP,
    /** Equal in the directory's, the group's and the tag's bits. */
    SAME_ALL,
    /** Pairs of prefixes that differ in ever deeper bits. */
    LADDER
  }

  static long[] keys(Kind kind, int count, long seed) {
    Random random = new Random(count);
    long[] keys = new long[count];
    for (int i = 0; i < count; i++) {
      long any = random.nextLong();
      keys[i] =
          switch (kind) {
            case RANDOM -> i == 0 ? 0 : i == 1 ? -1 : i == 2 ? Long.MIN_VALUE : any;
            case SEQUENTIAL -> i;
            case SAME_TAG -> ofHash((any & ~0x7fL) | 0x55, seed);
            case SAME_PREFIX -> ofHash((any >>> 30) | (0xABCDEF12L << 34), seed);
            case SAME_GROUP -> ofHash(any & ~0xfff00000L, seed);
            case SAME_ALL -> ofHash(0xABCD_EF00_1234_5678L ^ ((long) i << 32), seed);
            case LADDER -> ofHash((Long.MIN_VALUE >>> (i % 40)) ^ (any >>> 24), seed);
          };
    }
    return keys;
  }
}
