package dev.lifebound.memory.map;

import java.util.Arrays;

/**
 * The stripes of a concurrent map: the first ones, and how one becomes two when its directory has
 * its full length. They are never joined.
 */
final class Stripes {
  /** A hint makes directories for at most so many tables, some 2e7 entries: 1 MiB. */
  private static final int MAX_HINT_BITS = 17;

  private final ConcurrentTables tables;
  private int count;

  Stripes(ConcurrentTables tables) {
    this.tables = tables;
  }

  /** How many leading bits of a hash tell the first stripes apart. */
  int firstBits() {
    return Integer.numberOfTrailingZeros(tables.settings.stripes());
  }

  /** The first stripes, whose directories are long enough for the hint and have no tables yet. */
  Stripe[] first(long emptyTable) {
    ConcurrentSettings settings = tables.settings;
    int[] groups = settings.regularGroups();
    long wanted = settings.capacityHint() / TableGrowth.limit(groups[groups.length - 1]);
    int bits =
        wanted <= 1 ? 0 : Math.min(64 - Long.numberOfLeadingZeros(wanted - 1), MAX_HINT_BITS);
    int directoryBits = Integer.numberOfTrailingZeros(settings.maxDirectory());
    int rootBits = Math.max(firstBits(), bits - directoryBits);
    Stripe[] root = new Stripe[1 << rootBits];
    count = root.length;
    for (int i = 0; i < root.length; i++) {
      long[] directory = new long[1 << Math.max(1, bits - rootBits)];
      int depth = rootBits + Integer.numberOfTrailingZeros(directory.length);
      Arrays.fill(directory, ConcurrentTables.entry(emptyTable, depth, 1));
      root[i] =
          new Stripe(
              rootBits, (long) i << (Long.SIZE - rootBits), directory, new StripeState(tables));
    }
    return root;
  }

  /**
   * Two stripes for one; the lock of the old one is still the caller's.
   *
   * @return false when that would fill the root with nothing
   */
  boolean split(Stripe stripe, long hash) {
    long[] directory = stripe.directory;
    int half = directory.length / 2;
    int prefixBits = stripe.prefixBits + 1;
    StripeState state = stripe.state;
    long bit = 1L << (Long.SIZE - prefixBits);
    Stripe low =
        new Stripe(
            prefixBits, hash & ~bit, Arrays.copyOf(directory, half), new StripeState(tables));
    Stripe high =
        new Stripe(
            prefixBits,
            hash | bit,
            Arrays.copyOfRange(directory, half, directory.length),
            new StripeState(tables));
    low.state.tables = state.tables - state.tables / 2;
    high.state.tables = state.tables / 2;
    var _ = low.state.writeLock();
    var _ = high.state.writeLock();
    try {
      synchronized (this) {
        Stripe[] all = tables.root;
        boolean widen = 1 << stripe.prefixBits == all.length;
        if (widen && all.length > (long) count * TableGrowth.MAX_SPARSITY) {
          return false;
        }
        Stripe[] root = new Stripe[widen ? 2 * all.length : all.length];
        for (int i = 0; i < root.length; i++) {
          root[i] = all[widen ? i >>> 1 : i];
        }
        int span = root.length >>> prefixBits;
        int first = (int) (hash >>> Long.numberOfLeadingZeros(root.length - 1)) & -(2 * span);
        Arrays.fill(root, first, first + span, low);
        Arrays.fill(root, first + span, first + 2 * span, high);
        state.tally.words += root.length + (long) directory.length;
        state.tally.end();
        low.state.takeOver(state, high.state, Long.SIZE - prefixBits);
        tables.root = root;
        count++;
      }
      // Before the locks of the halves are given back: nobody else can recycle anything sooner.
      stripe.version = Stripe.DEAD;
      return true;
    } finally {
      low.state.unlock();
      high.state.unlock();
    }
  }
}
