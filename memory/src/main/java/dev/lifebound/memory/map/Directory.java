package dev.lifebound.memory.map;

import java.util.Arrays;

/**
 * From the top bits of a hash to the entry of its table: a root of references to leaves, and leaves
 * of words that double and split one by one.
 */
final class Directory {
  /*
   * leaf[0] is the shift that brings the leaf's bits of a hash to the right end; leaf[1...] are
   * entries. A leaf of 2^k entries of which the root tells apart the first r bits has the shift
   * 64 - r - k, and its hashes are told apart by D = r + k bits. A table of depth d <= D is in
   * 2^(D - d) entries side by side, all equal but for BUSY.
   *
   * A leaf stops doubling at 8,192 entries; the next step splits it. So no step copies more than
   * that, until the root has more leaves than a leaf has entries: that is beyond 8e9 entries of the
   * map, and the root doubles then.
   *
   * A table's depth is larger than r when its leaf splits: if one table covered the whole leaf there
   * would be no other to ask for the split, and it would not need one itself.
   */
  static final int LEAF_BITS = 13;

  long[][] root;
  int rootShift;

  /** Entries written while doubling and splitting, and references likewise, since last asked. */
  private long wordsCopied;

  private int leaves;

  Directory(long entry) {
    long[] leaf = {Long.SIZE, entry};
    // At least two, since a shift by 64 is none.
    root = new long[][] {leaf, leaf};
    rootShift = Long.SIZE - 1;
    leaves = 1;
  }

  /** Where a hash's entry stands in its leaf. */
  static int index(long[] leaf, long hash) {
    return 1 + ((int) (hash >>> leaf[0]) & leaf.length - 2);
  }

  long[] leaf(long hash) {
    return root[(int) (hash >>> rootShift)];
  }

  long entry(long hash) {
    long[] leaf = leaf(hash);
    return leaf[index(leaf, hash)];
  }

  /** How many top bits of a hash this leaf tells apart. */
  private static int bits(long[] leaf) {
    return Long.SIZE - (int) leaf[0];
  }

  /** In how many places side by side the entry of a table of this depth stands. */
  static int places(long[] leaf, long entry) {
    return 1 << (bits(leaf) - Entry.depth(entry));
  }

  /** Replaces the entry in all places that a table of its depth has. */
  static void set(long[] leaf, long hash, long entry) {
    int places = places(leaf, entry);
    int first = 1 + (index(leaf, hash) - 1 & -places);
    for (int i = first; i < first + places; i++) {
      leaf[i] = entry;
    }
  }

  /** Makes the leaf of this hash tell apart at least so many bits. */
  void deepen(long hash, int depth) {
    for (long[] leaf = leaf(hash); bits(leaf) < depth; leaf = leaf(hash)) {
      if (leaf.length - 1 < 1 << LEAF_BITS) {
        replace(leaf, hash, doubled(leaf));
      } else {
        split(leaf, hash);
      }
    }
  }

  private long[] doubled(long[] leaf) {
    long[] wide = new long[2 * leaf.length - 1];
    wide[0] = leaf[0] - 1;
    for (int i = 1; i < leaf.length; i++) {
      wide[2 * i - 1] = leaf[i];
      wide[2 * i] = leaf[i];
    }
    wordsCopied += wide.length - 1;
    return wide;
  }

  /** How many top bits the root must tell apart to find the leaf of this hash. */
  int rootBits(long hash) {
    return rootBits(leaf(hash));
  }

  private static int rootBits(long[] leaf) {
    return bits(leaf) - Integer.numberOfTrailingZeros(leaf.length - 1);
  }

  private void replace(long[] leaf, long hash, long[] by) {
    int places = 1 << (rootDepth() - rootBits(leaf));
    int first = (int) (hash >>> rootShift) & -places;
    Arrays.fill(root, first, first + places, by);
  }

  private void split(long[] leaf, long hash) {
    int rootBits = rootBits(leaf);
    int half = (leaf.length - 1) / 2;
    long[] low = Arrays.copyOf(leaf, half + 1);
    long[] high = Arrays.copyOfRange(leaf, half, leaf.length);
    high[0] = leaf[0];
    long[][] wide = root;
    int shift = rootShift;
    if (rootBits == rootDepth()) {
      wide = new long[2 * root.length][];
      for (int i = 0; i < root.length; i++) {
        wide[2 * i] = root[i];
        wide[2 * i + 1] = root[i];
      }
      shift--;
      wordsCopied += wide.length;
    }
    wordsCopied += leaf.length - 1;
    int places = 1 << (Long.SIZE - shift - rootBits);
    int first = (int) (hash >>> shift) & -places;
    Arrays.fill(wide, first, first + places / 2, low);
    Arrays.fill(wide, first + places / 2, first + places, high);
    rootShift = shift;
    root = wide;
    leaves++;
  }

  private int rootDepth() {
    return Long.SIZE - rootShift;
  }

  long takeWordsCopied() {
    long words = wordsCopied;
    wordsCopied = 0;
    return words;
  }

  /** Bytes on the heap. */
  @SuppressWarnings("ReferenceEquality") // the same leaf stands in places side by side
  long bytes() {
    long bytes = 16L + 4L * root.length;
    long[] last = null;
    for (long[] leaf : root) {
      if (leaf != last) {
        bytes += 16L + 8L * leaf.length;
        last = leaf;
      }
    }
    return bytes;
  }

  int leaves() {
    return leaves;
  }
}
