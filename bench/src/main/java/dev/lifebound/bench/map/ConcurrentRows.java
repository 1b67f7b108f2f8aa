package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;
import dev.lifebound.memory.map.ConcurrentLongLongMap;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The concurrent map against ConcurrentHashMap: two threads on one map of a million random keys,
 * nine gets for each put, and each alone; bytes for each entry.
 *
 * <p>A round is some ten milliseconds of both threads at once and takes as long as the slower one.
 * The maps take turns. Figures are ratios of medians.
 */
final class ConcurrentRows implements Part {
  private static final int ENTRIES = 1_000_000;
  private static final int THREADS = 2;
  private static final int BATCH = 200_000;
  private static final int WARM_UP_ROUNDS = 15;
  private static final int PUT_EVERY = 10;
  private static final String OURS = "ConcurrentLongLongMap";
  private static final String PEER = "ConcurrentHashMap";

  /** What one thread does in a round. */
  private interface Work {
    long run(int from);
  }

  private record Row(String name, Work work, double[] nanos) {
    double at(double part) {
      double[] sorted = nanos.clone();
      Arrays.sort(sorted);
      return sorted[(int) (part * (sorted.length - 1))];
    }
  }

  private final long[] keys = Keys.random(ENTRIES, 0).shuffled();

  @Override
  public void run(Plan plan, Figures figures, Plots plots) throws Exception {
    long before = heap();
    ConcurrentHashMap<Long, Long> peer = new ConcurrentHashMap<>();
    for (int i = 0; i < ENTRIES; i++) {
      peer.put(keys[i], (long) i);
    }
    double peerBytes = (double) (heap() - before) / ENTRIES;
    before = heap();
    try (ConcurrentLongLongMap ours = ConcurrentLongLongMap.create()) {
      for (int i = 0; i < ENTRIES; i++) {
        ours.put(keys[i], i);
      }
      double bytes = (double) (heap() - before + ours.reservedBytes()) / ENTRIES;
      int rounds = plan.rounds(60, 400);
      List<Row> rows =
          List.of(
              new Row(OURS + ", 90 % get, 10 % put", from -> mixed(ours, from), new double[rounds]),
              new Row(PEER + ", 90 % get, 10 % put", from -> mixed(peer, from), new double[rounds]),
              new Row(OURS + ", get", from -> gets(ours, from), new double[rounds]),
              new Row(PEER + ", get", from -> gets(peer, from), new double[rounds]),
              new Row(OURS + ", put", from -> puts(ours, from), new double[rounds]),
              new Row(PEER + ", put", from -> puts(peer, from), new double[rounds]));
      measure(rows, rounds);
      System.out.printf(
          Locale.ROOT,
          "%n%-44s %9s %9s %9s%n",
          "two threads, 1e6 entries, ns",
          "p10",
          "median",
          "p90");
      for (Row row : rows) {
        System.out.printf(
            Locale.ROOT,
            "%-44s %9.1f %9.1f %9.1f%n",
            row.name,
            row.at(0.1),
            row.at(0.5),
            row.at(0.9));
      }
      System.out.printf(
          Locale.ROOT, "  bytes for each entry: %s %.1f, %s %.1f%n", OURS, bytes, PEER, peerBytes);
      figures.add("concurrent_vs_chm", ratio(rows, 0), 0.90);
      figures.add("concurrent_get_vs_chm", ratio(rows, 2));
      figures.add("concurrent_put_vs_chm", ratio(rows, 4));
      figures.add("concurrent_bytes_vs_chm", bytes / peerBytes, 0.45);
    }
  }

  private static double ratio(List<Row> rows, int ours) {
    return rows.get(ours).at(0.5) / rows.get(ours + 1).at(0.5);
  }

  private static void measure(List<Row> rows, int rounds) throws Exception {
    CyclicBarrier start = new CyclicBarrier(THREADS);
    try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
      for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
        for (int i = 0; i < rows.size(); i++) {
          Row row = rows.get(Math.floorMod(round + i, rows.size()));
          double slowest = 0;
          int from = Math.floorMod(round * 7919, ENTRIES);
          Future<Double> other = pool.submit(() -> timed(start, row.work, from));
          Future<Double> one = pool.submit(() -> timed(start, row.work, from + ENTRIES / 2));
          slowest = Math.max(one.get(), other.get());
          if (round >= 0) {
            row.nanos[round] = slowest;
          }
        }
      }
    }
  }

  private static double timed(CyclicBarrier start, Work work, int from) throws Exception {
    start.await();
    long begin = System.nanoTime();
    long sum = work.run(from);
    long nanos = System.nanoTime() - begin;
    if (sum == 42) {
      System.out.print(' ');
    }
    return (double) nanos / BATCH;
  }

  // One loop for each map and kind of work, so that each has a profile of its own.

  private long mixed(ConcurrentLongLongMap map, int from) {
    long sum = 0;
    for (int i = 0; i < BATCH; i++) {
      long key = keys[(from + i) % ENTRIES];
      if (i % PUT_EVERY == 0) {
        map.put(key, i);
      } else {
        sum += map.get(key);
      }
    }
    return sum;
  }

  private long mixed(ConcurrentHashMap<Long, Long> map, int from) {
    long sum = 0;
    for (int i = 0; i < BATCH; i++) {
      long key = keys[(from + i) % ENTRIES];
      if (i % PUT_EVERY == 0) {
        map.put(key, (long) i);
      } else {
        sum += map.get(key);
      }
    }
    return sum;
  }

  private long gets(ConcurrentLongLongMap map, int from) {
    long sum = 0;
    for (int i = 0; i < BATCH; i++) {
      sum += map.get(keys[(from + i) % ENTRIES]);
    }
    return sum;
  }

  private long gets(ConcurrentHashMap<Long, Long> map, int from) {
    long sum = 0;
    for (int i = 0; i < BATCH; i++) {
      sum += map.get(keys[(from + i) % ENTRIES]);
    }
    return sum;
  }

  private long puts(ConcurrentLongLongMap map, int from) {
    for (int i = 0; i < BATCH; i++) {
      map.put(keys[(from + i) % ENTRIES], i);
    }
    return from;
  }

  private long puts(ConcurrentHashMap<Long, Long> map, int from) {
    for (int i = 0; i < BATCH; i++) {
      map.put(keys[(from + i) % ENTRIES], (long) i);
    }
    return from;
  }

  private static long heap() {
    for (int i = 0; i < 2; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
