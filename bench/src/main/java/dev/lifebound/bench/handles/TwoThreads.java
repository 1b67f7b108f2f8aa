package dev.lifebound.bench.handles;

import dev.lifebound.bench.Contest;
import dev.lifebound.memory.handle.Registry;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Retain and release on two threads, each on blocks of its own, against one thread alone. */
final class TwoThreads {
  private static final int BLOCKS = 1_000;
  private static final long OPS = 400_000;
  private static final int WARM_UP_ROUNDS = 20;

  private TwoThreads() {}

  /**
   * Time for one operation of one thread, two threads against one; medians of alternating rounds.
   */
  static double ratio(int rounds) throws Exception {
    double[] one = new double[rounds];
    double[] two = new double[rounds];
    try (Registry registry = Registry.create();
        ExecutorService pool = Executors.newFixedThreadPool(2)) {
      long[][] handles = new long[2][BLOCKS];
      for (long[] own : handles) {
        Arrays.setAll(own, _ -> registry.allocate(64, "bench"));
      }
      CyclicBarrier start = new CyclicBarrier(2);
      for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
        double alone = work(registry, handles[0]);
        Future<Double> first = pool.submit(() -> together(start, registry, handles[0]));
        Future<Double> second = pool.submit(() -> together(start, registry, handles[1]));
        double both = Math.max(first.get(), second.get());
        if (round >= 0) {
          one[round] = alone;
          two[round] = both;
        }
      }
    }
    Arrays.sort(one);
    Arrays.sort(two);
    System.out.printf(
        Locale.ROOT,
        "%ntwo threads, blocks of their own: one %.2f ns, two %.2f ns each (p10; medians %.2f, %.2f)%n",
        Contest.at(one, 0.1),
        Contest.at(two, 0.1),
        Contest.at(one, 0.5),
        Contest.at(two, 0.5));
    return Contest.at(two, 0.1) / Contest.at(one, 0.1);
  }

  private static double together(CyclicBarrier start, Registry registry, long[] handles)
      throws Exception {
    start.await();
    return work(registry, handles);
  }

  private static double work(Registry registry, long[] handles) {
    long begin = System.nanoTime();
    for (long done = 0; done < OPS; done += BLOCKS) {
      for (long handle : handles) {
        registry.retain(handle);
        registry.release(handle);
      }
    }
    return (double) (System.nanoTime() - begin) / OPS;
  }
}
