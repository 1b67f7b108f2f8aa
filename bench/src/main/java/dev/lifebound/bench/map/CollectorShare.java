package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;
import dev.lifebound.memory.map.ConcurrentLongLongMap;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The share of time in which the collector stops a program that updates a map of 2e7 entries, and
 * makes 64 bytes of garbage with each update, as programs do.
 *
 * <p>Counted are the pauses and the phases that run beside the program, as the collectors' beans
 * tell them.
 */
final class CollectorShare implements Part {
  private static final int ENTRIES = 20_000_000;
  private static final int GARBAGE_BYTES = 48;
  private static final int BATCH = 10_000;

  private byte[] garbage = {};

  @Override
  public void run(Plan plan, Figures figures, Plots plots) {
    long nanos = plan.rounds(6, 30) * 1_000_000_000L;
    double ours;
    try (ConcurrentLongLongMap map = ConcurrentLongLongMap.create()) {
      for (int key = 0; key < ENTRIES; key++) {
        map.put(key, key);
      }
      System.gc();
      ours = share(nanos, random -> update(map, random));
    }
    Map<Long, Long> boxed = new HashMap<>();
    for (long key = 0; key < ENTRIES; key++) {
      boxed.put(key, key);
    }
    System.gc();
    double theirs = share(nanos, random -> update(boxed, random));
    System.out.printf(
        Locale.ROOT,
        "%nshare of time in GC, %,d entries, updates: ConcurrentLongLongMap %.5f, HashMap %.5f (%d)%n",
        ENTRIES,
        ours,
        theirs,
        garbage.length);
    figures.add("gc_share_vs_hashmap", ours / theirs, 0.05);
  }

  private interface Work {
    void batch(SplittableRandom random);
  }

  private static double share(long nanos, Work work) {
    SplittableRandom random = new SplittableRandom(1);
    long before = collectorMillis();
    long begin = System.nanoTime();
    long end = begin;
    while (end - begin < nanos) {
      work.batch(random);
      end = System.nanoTime();
    }
    return (collectorMillis() - before) * 1e6 / (end - begin);
  }

  private static long collectorMillis() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }

  private void update(ConcurrentLongLongMap map, SplittableRandom random) {
    for (int i = 0; i < BATCH; i++) {
      garbage = new byte[GARBAGE_BYTES];
      map.put(random.nextInt(ENTRIES), i);
    }
  }

  private void update(Map<Long, Long> map, SplittableRandom random) {
    for (int i = 0; i < BATCH; i++) {
      garbage = new byte[GARBAGE_BYTES];
      map.put((long) random.nextInt(ENTRIES), (long) i);
    }
  }
}
