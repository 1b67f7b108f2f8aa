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
 * The share of time in which the collector stops a program that updates a large map, and makes 64
 * bytes of other garbage with each update, as programs do.
 *
 * <p>Counted is what the beans of the collectors tell of their pauses, to the millisecond; both
 * maps are updated for as long, one after the other, since only one of them fits into a quiet heap.
 */
final class CollectorShare implements Part {
  private static final int QUICK_ENTRIES = 5_000_000;
  private static final int ENTRIES = 20_000_000;

  /** With the array's header 64 bytes. */
  private static final int GARBAGE_BYTES = 48;

  private static final int BATCH = 10_000;

  /** Read in the end, so that no allocation can be left out. */
  private byte[] garbage = {};

  @Override
  public void run(Plan plan, Figures figures, Plots plots) {
    int entries = plan.rounds(QUICK_ENTRIES, ENTRIES);
    long nanos = plan.rounds(6, 30) * 1_000_000_000L;
    Share ours = ours(entries, nanos);
    Share theirs = theirs(entries, nanos);
    System.out.printf(
        Locale.ROOT, "%nshare of time in GC, %,d entries, live updates (%d)%n", entries, sink());
    ours.print("ConcurrentLongLongMap");
    theirs.print("HashMap");
    figures.add("n_gc_share", entries);
    figures.add("gc_share", ours.share());
    figures.add("gc_share_hashmap", theirs.share());
    // Of a peer without a pause there is no share to compare with.
    if (theirs.collectorMillis > 0) {
      figures.add("gc_share_vs_hashmap", ours.share() / theirs.share(), 0.05);
    }
  }

  private int sink() {
    return garbage.length;
  }

  private Share ours(int entries, long nanos) {
    try (ConcurrentLongLongMap map = ConcurrentLongLongMap.create()) {
      for (int key = 0; key < entries; key++) {
        map.put(key, key);
      }
      System.gc();
      return measure(nanos, random -> update(map, entries, random));
    }
  }

  private Share theirs(int entries, long nanos) {
    Map<Long, Long> map = new HashMap<>();
    for (long key = 0; key < entries; key++) {
      map.put(key, key);
    }
    System.gc();
    return measure(nanos, random -> update(map, entries, random));
  }

  private interface Work {
    void batch(SplittableRandom random);
  }

  private record Share(long collections, long collectorMillis, long nanos, long updates) {
    double share() {
      return collectorMillis * 1e6 / nanos;
    }

    void print(String name) {
      System.out.printf(
          Locale.ROOT,
          "  %-24s %.5f: %,d collections, %,d ms of %,d ms, %.1fe6 updates/s%n",
          name,
          share(),
          collections,
          collectorMillis,
          nanos / 1_000_000,
          updates * 1e3 / nanos);
    }
  }

  private static Share measure(long nanos, Work work) {
    SplittableRandom random = new SplittableRandom(1);
    long collections = collections();
    long millis = collectorMillis();
    long batches = 0;
    long begin = System.nanoTime();
    long end = begin;
    while (end - begin < nanos) {
      work.batch(random);
      batches++;
      end = System.nanoTime();
    }
    return new Share(
        collections() - collections, collectorMillis() - millis, end - begin, batches * BATCH);
  }

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }

  private static long collectorMillis() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }

  private void update(ConcurrentLongLongMap map, int entries, SplittableRandom random) {
    for (int i = 0; i < BATCH; i++) {
      garbage = new byte[GARBAGE_BYTES];
      map.put(random.nextInt(entries), i);
    }
  }

  private void update(Map<Long, Long> map, int entries, SplittableRandom random) {
    for (int i = 0; i < BATCH; i++) {
      garbage = new byte[GARBAGE_BYTES];
      map.put((long) random.nextInt(entries), (long) i);
    }
  }
}
