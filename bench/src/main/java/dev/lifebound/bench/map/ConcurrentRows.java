package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;
import dev.lifebound.memory.map.ConcurrentLongLongMap;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The concurrent map against ConcurrentHashMap: two threads on one map of a million random keys,
 * nine gets for each put, and each kind alone; bytes for each entry.
 *
 * <p>A round is some ten milliseconds of both threads at once and takes as long as the slower one.
 * Keys are asked for in another order than that of insertion. Every put finds its key.
 */
final class ConcurrentRows implements Part {
  private static final int ENTRIES = 1_000_000;
  private static final int THREADS = 2;
  private static final int BATCH = 200_000;
  private static final int WARM_UP_ROUNDS = 15;
  private static final int PUT_EVERY = 10;

  /** Rounds do not begin with the same keys. */
  private static final int STEP = 70_919;

  private static final String OURS = "ConcurrentLongLongMap";
  private static final String PEER = "ConcurrentHashMap";

  private long sink;

  /** What one thread does in a round. */
  private interface Work {
    long run(long[] keys, int from);
  }

  /** One subject of a row. */
  private record Runner(Table table, String name, Work work) {}

  @Override
  public void run(Plan plan, Figures figures, Plots plots) throws Exception {
    Keys keys = Keys.random(ENTRIES, 0);
    long empty = heap();
    ConcurrentHashMap<Long, Long> peer = new ConcurrentHashMap<>();
    for (int i = 0; i < ENTRIES; i++) {
      peer.put(keys.present()[i], (long) i);
    }
    long before = heap();
    double peerBytes = (double) (before - empty) / ENTRIES;
    try (ConcurrentLongLongMap ours = ConcurrentLongLongMap.create()) {
      for (int i = 0; i < ENTRIES; i++) {
        ours.put(keys.present()[i], i);
      }
      double bytes = (double) (heap() - before + ours.reservedBytes()) / ENTRIES;
      Table mixed = new Table("two threads, 90 % get, 10 % put, 1e6", "ns");
      Table gets = new Table("two threads, get hit, 1e6", "ns");
      Table puts = new Table("two threads, put to present keys, 1e6", "ns");
      measure(
          List.of(
              new Runner(mixed, OURS, (sought, from) -> mixed(ours, sought, from)),
              new Runner(mixed, PEER, (sought, from) -> mixed(peer, sought, from)),
              new Runner(gets, OURS, (sought, from) -> gets(ours, sought, from)),
              new Runner(gets, PEER, (sought, from) -> gets(peer, sought, from)),
              new Runner(puts, OURS, (sought, from) -> puts(ours, sought, from)),
              new Runner(puts, PEER, (sought, from) -> puts(peer, sought, from))),
          keys.shuffled(),
          plan.rounds(40, 400));
      show(plots, "map-concurrent-mixed", mixed);
      show(plots, "map-concurrent-get", gets);
      show(plots, "map-concurrent-put", puts);
      System.out.printf(
          Locale.ROOT,
          "%nbytes for each entry, heap and native, 1e6: %s %.1f, %s %.1f (sink %x)%n",
          OURS,
          bytes,
          PEER,
          peerBytes,
          sink & 0xf);
      figures.add("concurrent_vs_chm", mixed.ratio(OURS, PEER), 0.90);
      figures.add("concurrent_get_vs_chm", gets.ratio(OURS, PEER));
      figures.add("concurrent_put_vs_chm", puts.ratio(OURS, PEER));
      figures.add("concurrent_bytes", bytes);
      figures.add("chm_bytes", peerBytes);
      figures.add("concurrent_bytes_vs_chm", bytes / peerBytes, 0.45);
    }
  }

  private void measure(List<Runner> runners, long[] keys, int rounds) throws Exception {
    CyclicBarrier start = new CyclicBarrier(THREADS);
    try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
      for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
        int from = (int) Math.floorMod((long) round * STEP, (long) ENTRIES);
        for (int i = 0; i < runners.size(); i++) {
          Runner runner = runners.get(Math.floorMod(round + i, runners.size()));
          Future<Timed> one = pool.submit(() -> timed(start, runner.work, keys, from));
          Future<Timed> other =
              pool.submit(() -> timed(start, runner.work, keys, (from + ENTRIES / 2) % ENTRIES));
          Timed first = one.get();
          Timed second = other.get();
          sink += first.sum + second.sum;
          if (round >= 0) {
            double slower = Math.max(first.nanos, second.nanos);
            runner.table.note(runner.name, round, rounds, slower);
          }
        }
      }
    }
  }

  private record Timed(double nanos, long sum) {}

  private static Timed timed(CyclicBarrier start, Work work, long[] keys, int from)
      throws Exception {
    start.await();
    long begin = System.nanoTime();
    long sum = work.run(keys, from);
    return new Timed((double) (System.nanoTime() - begin) / BATCH, sum);
  }

  private static void show(Plots plots, String file, Table table) throws Exception {
    table.print();
    plots.draw(file, table.title(), table.unit(), "p10", "median", table.bars());
  }

  // One loop for each map and kind of work, so that each has a profile of its own.

  private static long mixed(ConcurrentLongLongMap map, long[] keys, int from) {
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

  private static long mixed(ConcurrentHashMap<Long, Long> map, long[] keys, int from) {
    long sum = 0;
    for (int i = 0; i < BATCH; i++) {
      long key = keys[(from + i) % ENTRIES];
      if (i % PUT_EVERY == 0) {
        map.put(key, (long) i);
      } else {
        sum += Objects.requireNonNull(map.get(key));
      }
    }
    return sum;
  }

  private static long gets(ConcurrentLongLongMap map, long[] keys, int from) {
    long sum = 0;
    for (int i = 0; i < BATCH; i++) {
      sum += map.get(keys[(from + i) % ENTRIES]);
    }
    return sum;
  }

  private static long gets(ConcurrentHashMap<Long, Long> map, long[] keys, int from) {
    long sum = 0;
    for (int i = 0; i < BATCH; i++) {
      sum += Objects.requireNonNull(map.get(keys[(from + i) % ENTRIES]));
    }
    return sum;
  }

  private static long puts(ConcurrentLongLongMap map, long[] keys, int from) {
    for (int i = 0; i < BATCH; i++) {
      map.put(keys[(from + i) % ENTRIES], i);
    }
    return from;
  }

  private static long puts(ConcurrentHashMap<Long, Long> map, long[] keys, int from) {
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
