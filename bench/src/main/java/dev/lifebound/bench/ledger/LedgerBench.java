package dev.lifebound.bench.ledger;

import dev.lifebound.bench.Contest;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerSettings;
import dev.lifebound.memory.ledger.LedgerSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * What does an event cost, and is any lost when the process is killed?
 *
 * <ul>
 *   <li>An event without a stack against {@link System#nanoTime()} alone: an allocate event into
 *       this thread's stripe. Beside it one of a virtual thread, a bind, and a call while no ledger
 *       is installed.
 *   <li>The same event with a stack of depth 8 for one block in 256, as the settings' defaults are,
 *       from a depth of 12 frames: its mean against the event without.
 *   <li>Two threads, each its own stripe, against one.
 *   <li>1,000 processes with three writers each (one of them virtual), killed with SIGKILL in
 *       mid-write after a random number of events, interpreted and compiled: records that are torn,
 *       and events that a writer had ended and that are missing.
 * </ul>
 *
 * <p>Command: {@code bench/run ledger [--quick]}. The file lies in the folder for temporary files.
 * {@code --quick} kills 150.
 */
final class LedgerBench {
  private static final int ROUNDS = 1_000;
  private static final int QUICK_ROUNDS = 400;
  private static final int KILLS = 1_000;
  private static final int QUICK_KILLS = 150;
  private static final int UNIT = 1_000;
  private static final int DEPTH = 12;
  private static final long FIRST_BLOCK = 0x0040_0000_1000_0000L;

  /** About a millisecond: short enough that some rounds have both processors to themselves. */
  private static final long TWO_THREADS_OPS = 100_000;

  private static final int WARM_UP_ROUNDS = 100;
  private static final LedgerName TAG = LedgerName.of("bench");

  private final Ledger plain;
  private final Ledger sampled;
  private long block = FIRST_BLOCK;

  private LedgerBench(Ledger plain, Ledger sampled) {
    this.plain = plain;
    this.sampled = sampled;
  }

  public static void main(String[] args) throws Exception {
    boolean quick = args.length > 0 && args[0].equals("--quick");
    int rounds = quick ? QUICK_ROUNDS : ROUNDS;
    Path folder = Files.createTempDirectory("lifebound-ledger");
    try {
      LedgerSettings settings = LedgerSettings.defaults();
      try (Ledger plain = Ledger.create(folder.resolve("plain"), settings.withStacks(0, 8));
          Ledger sampled = Ledger.create(folder.resolve("sampled"), settings)) {
        LedgerBench bench = new LedgerBench(plain, sampled);
        Contest events = bench.events(rounds);
        double twoThreads = bench.twoThreads(rounds / 2);
        Kills.Result kills = new Kills(folder).run(quick ? QUICK_KILLS : KILLS);
        System.out.printf(
            Locale.ROOT,
            "figures: event_vs_nanotime=%.2f two_threads_vs_one=%.2f stack_sampled_vs_plain=%.2f"
                + " torn=%d event_ns=%.1f%s%n",
            events.nanos("event", 0.1) / events.nanos("nanoTime", 0.1),
            twoThreads,
            events.nanos("event, one stack in 256", 0.1) / events.nanos("event", 0.1),
            kills.torn() + kills.lost(),
            events.nanos("event", 0.1),
            quick ? " n_torn=" + kills.kills() : "");
      }
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  private Contest events(int rounds) {
    return new Contest("one event")
        .with("nanoTime", UNIT, LedgerBench::nanoTime)
        .with("event", UNIT, ops -> allocate(plain, ops))
        .with("event, one stack in 256", UNIT, ops -> deep(DEPTH, ops))
        .with("event, virtual thread", UNIT, this::virtual)
        .with("bind under a text", UNIT, this::bind)
        .with("no ledger installed", UNIT, LedgerBench::nothing)
        .run(rounds);
  }

  private static long nanoTime(long ops) {
    long sum = 0;
    for (long i = 0; i < ops; i++) {
      sum += System.nanoTime();
    }
    return sum;
  }

  private long allocate(Ledger ledger, long ops) {
    long next = block;
    for (long i = 0; i < ops; i++) {
      ledger.allocate(next, 0x7000_0000_0000L + (next << 6), 64, TAG);
      next++;
    }
    block = next;
    return next;
  }

  private long deep(int frames, long ops) {
    return frames == 0 ? allocate(sampled, ops) : deep(frames - 1, ops) + 1;
  }

  private long virtual(long ops) {
    long[] result = {0};
    Thread thread = Thread.ofVirtual().start(() -> result[0] = allocate(plain, ops));
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return result[0];
  }

  private long bind(long ops) {
    for (long i = 0; i < ops; i++) {
      plain.bind(FIRST_BLOCK + i, i, TAG, "customer-17");
    }
    return ops;
  }

  private static long nothing(long ops) {
    for (long i = 0; i < ops; i++) {
      LedgerSink.allocate(i, i, i, TAG);
    }
    return ops;
  }

  /** Time for one event of one thread, two threads against one; alternating rounds. */
  private double twoThreads(int rounds) throws Exception {
    double[] one = new double[rounds];
    double[] two = new double[rounds];
    CyclicBarrier start = new CyclicBarrier(2);
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      Callable<Double> alone = () -> work();
      Callable<Double> together =
          () -> {
            start.await();
            return work();
          };
      for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
        double single = pool.submit(alone).get();
        Future<Double> first = pool.submit(together);
        Future<Double> second = pool.submit(together);
        double both = Math.max(first.get(), second.get());
        if (round >= 0) {
          one[round] = single;
          two[round] = both;
        }
      }
    }
    Arrays.sort(one);
    Arrays.sort(two);
    System.out.printf(
        Locale.ROOT,
        "%ntwo threads, stripes of their own: one %.2f ns, two %.2f ns each (p10; medians %.2f,"
            + " %.2f)%n",
        Contest.at(one, 0.1),
        Contest.at(two, 0.1),
        Contest.at(one, 0.5),
        Contest.at(two, 0.5));
    return Contest.at(two, 0.1) / Contest.at(one, 0.1);
  }

  private double work() {
    long begin = System.nanoTime();
    for (long i = 0; i < TWO_THREADS_OPS; i++) {
      plain.allocate(FIRST_BLOCK + i, i << 6, 64, TAG);
    }
    return (double) (System.nanoTime() - begin) / TWO_THREADS_OPS;
  }
}
