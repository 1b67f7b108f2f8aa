package dev.lifebound.memory.map;

import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a concurrent map is built with.
 *
 * @param name for messages
 * @param limitBytes the most native memory
 * @param source where native memory comes from
 * @param seed of the hashes
 * @param testHash makes hashes worse, for tests; null otherwise
 * @param canonical makes words of equal keys equal; null where they are
 * @param cellKeys whether a key word names a cell
 * @param cellValues whether a value word does
 * @param capacityHint entries; only a hint
 * @param stripes how many stripes there are at first; a power of two, at least two
 * @param regularGroups by the number of the first stripe modulo the length, a power of two: the
 *     groups that a table has before it is split. Different ones, so that not all tables are full
 *     at the same time
 * @param maxDirectory the longest directory of a stripe; a power of two, at least four
 */
@SuppressWarnings("ArrayRecordComponent") // not compared, not changed
record ConcurrentSettings(
    String name,
    long limitBytes,
    Slabs.Source source,
    long seed,
    @Nullable LongUnaryOperator testHash,
    @Nullable LongUnaryOperator canonical,
    boolean cellKeys,
    boolean cellValues,
    long capacityHint,
    int stripes,
    int[] regularGroups,
    int maxDirectory) {
  static final int STRIPES = 64;
  static final int MAX_DIRECTORY = 8192;

  /** At most 256 slots; each a twelfth or so less than the one before, over one doubling. */
  static final int[] REGULAR_GROUPS = {32, 29, 27, 25, 23, 21, 19, 17};

  long worsened(long hash) {
    return testHash == null ? hash : testHash.applyAsLong(hash);
  }
}
