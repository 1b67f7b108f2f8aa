package dev.lifebound.bench.watch;

import dev.lifebound.bench.Contest;
import dev.lifebound.memory.guard.Armed;
import dev.lifebound.memory.guard.Guard;
import dev.lifebound.memory.guard.GuardOptions;
import dev.lifebound.memory.guard.Mode;
import dev.lifebound.memory.guard.Watch;
import dev.lifebound.memory.handle.Registry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Question: what does a watched library pay for {@code malloc} and {@code free}, and how surely is
 * a bug found that repeats 5,000 times?
 *
 * <p>Workload: loops in C, the same instructions once through the patched slots and once through
 * pointers that nobody patches, in alternating batches of a millisecond; figures are tenth
 * percentiles.
 *
 * <p>Command: {@code bench/run guard [--quick]}, which prints these figures among its own, or this
 * class alone.
 */
public final class WatchBench {
  private static final long PAIR_BYTES = 64;
  private static final long NEVER = 1L << 40;
  private static final long USUAL = 1024;
  private static final int BUG_REPEATS = 5_000;
  private static final double FAST = 0.1;

  private final Loops loops;
  private final int rounds;
  private final Map<String, Double> figures = new LinkedHashMap<>();

  private WatchBench(boolean quick) throws IOException, InterruptedException {
    loops = new Loops(Files.createTempDirectory("lifebound-watch"));
    rounds = quick ? 500 : 5_000;
  }

  /** Alone: all figures on one line at the end. */
  public static void main(String[] args) throws IOException, InterruptedException {
    boolean quick = args.length > 0 && args[0].equals("--quick");
    StringBuilder line = new StringBuilder("figures:");
    run(quick)
        .forEach((name, value) -> line.append(String.format(Locale.ROOT, " %s=%.4g", name, value)));
    System.out.println(line);
  }

  /**
   * Figures by name: {@code watch_overhead_ns}, {@code sampled_slowdown}, {@code detection_share}
   * and what stands behind them. No guard must be armed.
   */
  public static Map<String, Double> run(boolean quick) throws IOException, InterruptedException {
    WatchBench bench = new WatchBench(quick);
    bench.overheadOfFreesOnly();
    try (Armed guard = Guard.arm(GuardOptions.of(Mode.RECOVER))) {
      bench.overhead(guard);
      bench.slowdown(guard);
      bench.detection(guard, quick ? 200 : 1_000);
    }
    return bench.figures;
  }

  private static Watch.Builder watch() {
    return Watch.builder().library(Loops.LIBRARY).onReport(_ -> {});
  }

  private Contest contest(String title, String watched, String plain, long argument) {
    MethodHandle slow = loops.function(watched);
    MethodHandle fast = loops.function(plain);
    return new Contest(title)
        .with("plain", 1_000, n -> Loops.call(fast, n, argument))
        .with("watched", 1_000, n -> Loops.call(slow, n, argument))
        .run(rounds);
  }

  private static double difference(Contest contest) {
    return contest.nanos("watched", FAST) - contest.nanos("plain", FAST);
  }

  /**
   * Frees only, without a guard: nothing adopted, then something, then every free into the ring.
   */
  private void overheadOfFreesOnly() {
    try (Watch _ = watch().start()) {
      figures.put(
          "watch_frees_ns",
          difference(contest("free watched", "loop_pairs", "loop_plain_pairs", PAIR_BYTES)));
      try (Registry registry = Registry.create();
          Arena arena = Arena.ofConfined()) {
        for (int i = 0; i < 1_000; i++) {
          MemorySegment block = arena.allocate(PAIR_BYTES);
          long _ = registry.adopt(block, _ -> {}, "bench");
        }
        figures.put(
            "watch_adopted_ns",
            difference(
                contest(
                    "free watched, 1,000 blocks adopted",
                    "loop_pairs",
                    "loop_plain_pairs",
                    PAIR_BYTES)));
      }
    }
    try (Watch _ = watch().everyFree((_, _, _) -> {}).start()) {
      figures.put(
          "watch_ring_ns",
          difference(contest("every free told", "loop_pairs", "loop_plain_pairs", PAIR_BYTES)));
    }
  }

  private void overhead(Armed guard) {
    try (Watch _ = watch().sample(guard, NEVER).start()) {
      figures.put(
          "watch_overhead_ns",
          difference(
              contest(
                  "malloc and free watched, none sampled",
                  "loop_pairs",
                  "loop_plain_pairs",
                  PAIR_BYTES)));
    }
  }

  private void slowdown(Armed guard) {
    try (Watch _ = watch().sample(guard, USUAL).start()) {
      Contest heavy =
          contest("malloc-heavy loop, 1/1024 sampled", "loop_heavy", "loop_plain_heavy", 7);
      figures.put("sampled_slowdown", heavy.nanos("watched", 0.5) / heavy.nanos("plain", 0.5));
      Contest pairs =
          contest("pairs, 1/1024 sampled", "loop_pairs", "loop_plain_pairs", PAIR_BYTES);
      figures.put("sampled_pair_ns", pairs.nanos("watched", 0.5) - pairs.nanos("plain", 0.5));
    }
  }

  /** Runs of the bug, each from a fresh choice of what is sampled; how many of them are found. */
  private void detection(Armed guard, int runs) {
    MethodHandle bug = loops.function("loop_bug");
    AtomicLong reports = new AtomicLong();
    guard.onReport(_ -> reports.incrementAndGet());
    int found = 0;
    for (int i = 0; i < runs; i++) {
      try (Watch _ = watch().sample(guard, USUAL).start()) {
        long before = guard.counters().faults();
        long _ = Loops.call(bug, BUG_REPEATS, PAIR_BYTES);
        found += guard.counters().faults() > before ? 1 : 0;
      }
    }
    guard.flush();
    figures.put("detection_share", (double) found / runs);
    figures.put("n_detection", (double) runs);
  }
}
