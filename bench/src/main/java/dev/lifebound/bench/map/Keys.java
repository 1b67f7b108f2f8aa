package dev.lifebound.bench.map;

import java.util.Random;
import java.util.SplittableRandom;

/** Random keys, all different in practice. */
final class Keys {
  private static final long SEED = 42;

  private final long[] present;
  private final long[] shuffled;
  private final long[] absent;

  private Keys(long[] present, long[] shuffled, long[] absent) {
    this.present = present;
    this.shuffled = shuffled;
    this.absent = absent;
  }

  /**
   * Some keys in the order of insertion, the same in another order, and others.
   *
   * @param absent how many others
   */
  static Keys random(int count, int absent) {
    SplittableRandom random = new SplittableRandom(SEED);
    long[] present = random.longs(count).toArray();
    long[] shuffled = present.clone();
    Random order = new Random(SEED);
    for (int i = count - 1; i > 0; i--) {
      int j = order.nextInt(i + 1);
      long key = shuffled[i];
      shuffled[i] = shuffled[j];
      shuffled[j] = key;
    }
    return new Keys(present, shuffled, random.longs(absent).toArray());
  }

  /** In the order of insertion; not a copy. */
  long[] present() {
    return present;
  }

  /** The same in another order. */
  long[] shuffled() {
    return shuffled;
  }

  /** Others. */
  long[] absent() {
    return absent;
  }
}
