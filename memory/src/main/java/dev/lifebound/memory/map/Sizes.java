package dev.lifebound.memory.map;

/** How large tables are, and what a full one becomes. All sizes in groups. */
final class Sizes {
  /*
   * A full table is split into two of its size. Keys are spread evenly, so tables of equal size would
   * all be split at once, and the bytes for each entry would swing by half. The top three bits of the
   * hash choose one of eight sizes, in equal ratios over a doubling: at any time some tables are just
   * split, some full, and the others between.
   *
   * Measured and dropped: a step of half as much between splits. It saves a sixth of the bytes in
   * tables, and loses a third to replaced tables of the one size while those of the other are wanted.
   */
  private static final int[] FULL = {17, 19, 21, 23, 25, 27, 29, 32};
  private static final int REGION_BITS = 3;

  static final int MAX_GROUPS = 32;

  /** The most entries that one step moves. */
  static final int MAX_SLOTS = MAX_GROUPS * Group.SLOTS;

  /** A slot of each group is left, to keep searches short. */
  private static final int FULL_OF_GROUP = Group.SLOTS - 1;

  private Sizes() {}

  private static int region(long hash, int depth) {
    int region = (int) (hash >>> (Long.SIZE - REGION_BITS));
    return depth >= REGION_BITS ? region : region & -(1 << (REGION_BITS - depth));
  }

  /** How many entries a table takes: 7 of 8 slots, and the only group of a map all 8. */
  static int capacity(int groups) {
    return groups == 1 ? Group.SLOTS : groups * FULL_OF_GROUP;
  }

  /** The size at which a table of this prefix is split. */
  static int full(long hash, int depth) {
    return FULL[region(hash, depth)];
  }

  /** What the table of this prefix is rebuilt to when it is full; 0 when it is split instead. */
  static int next(long hash, int depth, int groups) {
    int full = full(hash, depth);
    return groups >= full ? 0 : Math.min(2 * groups, full);
  }
}
