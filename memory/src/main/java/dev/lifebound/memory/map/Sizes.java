package dev.lifebound.memory.map;

/** How large tables are, and what a full one becomes. All sizes in groups. */
final class Sizes {
  /*
   * A full table at its base size is rebuilt half as large again; a full one of that size is split
   * into two of base size. So memory grows by steps of 1.5 and 1.33 instead of 2, which saves a sixth
   * of the bytes (mean over a doubling, at load limit 7/8: 23.4 instead of 28.0 for each entry) for
   * 1.3 more moves of each entry.
   *
   * Keys are spread evenly, so tables of equal size would all grow at once, and the bytes for each
   * entry would swing. The top three bits of the hash choose one of eight pairs of sizes; the steps
   * of one pair fall between those of the others.
   */
  private static final int[] BASE = {16, 17, 17, 18, 19, 20, 21, 21};
  private static final int[] LARGE = {24, 25, 26, 27, 29, 30, 31, 32};
  private static final int REGION_BITS = 3;

  /** The most entries that one step moves. */
  static final int MAX_SLOTS = 32 * Group.SLOTS;

  static final int MAX_GROUPS = 32;
  private static final int FULL_OF_GROUP = 7;

  private Sizes() {}

  private static int region(long hash, int depth) {
    int region = (int) (hash >>> (Long.SIZE - REGION_BITS));
    return depth >= REGION_BITS ? region : region & -(1 << (REGION_BITS - depth));
  }

  /** How many entries a table takes: 7 of 8 slots, and the only group of a map all 8. */
  static int capacity(int groups) {
    return groups == 1 ? Group.SLOTS : groups * FULL_OF_GROUP;
  }

  /** What the table of this prefix is rebuilt to when it is full; 0 when it is split instead. */
  static int next(long hash, int depth, int groups) {
    int region = region(hash, depth);
    if (groups >= LARGE[region]) {
      return 0;
    }
    return groups >= BASE[region] ? LARGE[region] : Math.min(2 * groups, BASE[region]);
  }

  static int base(long hash, int depth) {
    return BASE[region(hash, depth)];
  }

  static int large(long hash, int depth) {
    return LARGE[region(hash, depth)];
  }
}
