package dev.lifebound.bench.guard;

import dev.lifebound.memory.guard.Armed;
import dev.lifebound.memory.guard.Guard;
import dev.lifebound.memory.guard.GuardOptions;
import dev.lifebound.memory.guard.Mode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * How much of the misuse is caught, and what the guard costs.
 *
 * <p>Workload: dead accesses of every kind of {@link AccessKinds} and good ones, each run in a JVM
 * of its own, over interpreter, C1, C2, the collectors, and both kinds of threads. Arming is timed
 * in JVMs of their own too: once as the first native call of the process, once when the JVM's own
 * linker has been used before. Command: {@code bench/run guard [--quick]}; {@code bench/run guard
 * accesses [LINE]} counts accesses only, in full.
 */
public final class GuardBench {
  private static final long DEAD = 1_000_000;
  private static final long GOOD = 100_000_000;
  private static final int ARMINGS = 5;
  private static final int MAX_MINUTES = 20;

  /** flags of the JVM | threads, kind and number | warm-up of each kind | share of the accesses. */
  private static final List<String> RUNS =
      List.of(
          "-Xint|platform 1|10|0.01",
          "-Xint|virtual 2|10|0.01",
          "-XX:TieredStopAtLevel=1|platform 2|3000|0.16",
          "-XX:-TieredCompilation|platform 2|20000|0.14",
          "-XX:+UseG1GC|virtual 2|20000|0.14",
          "-XX:+UseParallelGC|platform 2|20000|0.14",
          "-XX:+UseSerialGC|virtual 2|20000|0.13",
          "-XX:+UseZGC|platform 2|20000|0.14",
          "-XX:+UseShenandoahGC|virtual 2|20000|0.13");

  private final Map<String, Long> sums = new TreeMap<>();
  private final boolean quick;
  private int deaths;

  private GuardBench(boolean quick) {
    this.quick = quick;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length == 1 && args[0].equals("stress")) {
      System.exit(new GuardBench(false).stress() ? 0 : 1);
    }
    if (args.length == 2 && args[0].equals("arm")) {
      arm(args[1].equals("warm"));
      return;
    }
    GuardBench bench = new GuardBench(Arrays.asList(args).contains("--quick"));
    if (args.length >= 1 && args[0].equals("accesses")) {
      // All of it, or one line of the table, since all takes some quarters of an hour.
      int from = args.length > 1 ? Integer.parseInt(args[1]) : 0;
      bench.accesses(RUNS.subList(from, args.length > 1 ? from + 1 : RUNS.size()));
      bench.printAccesses();
      return;
    }
    bench.run();
  }

  private void accesses(List<String> runs) throws IOException, InterruptedException {
    double share = quick ? 0.02 : 1;
    for (String run : runs) {
      String[] part = run.split("\\|", -1);
      double accesses = share * Double.parseDouble(part[3]);
      child(
          "strict " + part[1],
          part[0],
          Integer.parseInt(part[2]),
          (long) (DEAD * accesses),
          (long) (GOOD * (part[0].equals("-Xint") ? accesses / 10 : accesses)));
    }
  }

  private long met() {
    return sum("thrown") + sum("recovered") + sum("kernel");
  }

  private void printAccesses() {
    System.out.printf(
        Locale.ROOT,
        "of %d dead accesses: %d threw, %d ran on the old bytes, %d were refused by the kernel, %d"
            + " were missed; %d more met a slot that was reused meanwhile; %d deaths, %d false alarms"
            + " in %d good accesses%n",
        sum("dead"),
        sum("thrown"),
        sum("recovered"),
        sum("kernel"),
        sum("dead") - met(),
        sum("reused"),
        deaths,
        sum("falseAlarms"),
        sum("good"));
  }

  private void run() throws IOException, InterruptedException {
    accesses(RUNS);
    printAccesses();
    double warm = arming("warm");
    double cold = arming("cold");
    System.out.printf(
        Locale.ROOT,
        "arming, self-test cached: %.1f ms; as the process's first native call %.1f ms (the JVM's"
            + " linker is the difference)%n",
        warm,
        cold);
    System.out.printf(
        Locale.ROOT,
        "figures: caught_share=%.6f deaths=%d false_alarms=%d %sarming_ms=%.1f arming_cold_ms=%.1f"
            + " mappings=%d bytes=%d n_caught=%d n_good=%d%n",
        sum("dead") == 0 ? 0 : (double) met() / sum("dead"),
        deaths,
        sum("falseAlarms"),
        Others.figures(quick),
        warm,
        cold,
        sums.getOrDefault("mappings", 0L),
        sums.getOrDefault("bytes", 0L),
        sum("dead"),
        sum("good"));
  }

  /** Recover mode, 8 threads, 10 minutes in turns: no death, and every access recorded. */
  private boolean stress() throws IOException, InterruptedException {
    long minutes = Long.getLong("lifebound.stress.minutes", 10);
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
    List<String> flags = List.of("-XX:+UseG1GC", "-XX:-TieredCompilation", "-XX:+UseZGC", "-Xint");
    for (int i = 0; System.nanoTime() < end; i++) {
      String flag = flags.get(i % flags.size());
      boolean slow = flag.equals("-Xint");
      String threads = i % 2 == 0 ? "recover platform 8" : "recover virtual 8";
      child(threads, flag, slow ? 10 : 20_000, slow ? 30_000 : 1_000_000, 1_000_000);
    }
    long dead = sum("dead");
    long met = sum("recovered") + sum("kernel");
    System.out.println(
        "dead="
            + dead
            + " recorded="
            + met
            + " deaths="
            + deaths
            + " false alarms="
            + sum("falseAlarms"));
    return deaths == 0 && dead > 0 && dead == met && sum("falseAlarms") == 0;
  }

  private long sum(String name) {
    return sums.getOrDefault(name, 0L);
  }

  private void child(String how, String flag, int warmUp, long dead, long good)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("-Xmx512m", "--add-modules=jdk.incubator.vector"));
    words.add(flag);
    List<String> args = new ArrayList<>(List.of(how.split(" ", -1)));
    args.addAll(List.of("" + warmUp, "" + dead, "" + good));
    String out = java(words, GuardChild.class, args);
    String result = out.lines().filter(line -> line.startsWith("result ")).findFirst().orElse("");
    System.out.println(how + " " + flag + ": " + result);
    if (result.isEmpty()) {
      deaths++;
      System.out.println(out);
      return;
    }
    for (String word : result.substring("result ".length()).split(" ", -1)) {
      int equals = word.indexOf('=');
      String name = word.substring(0, Math.max(0, equals));
      if (equals > 0 && Character.isDigit(word.charAt(equals + 1))) {
        long value = Long.parseLong(word.substring(equals + 1));
        boolean most = name.equals("bytes") || name.equals("mappings");
        sums.merge(name, value, most ? Math::max : Long::sum);
      }
    }
  }

  private static double arming(String how) throws IOException, InterruptedException {
    double best = Double.MAX_VALUE;
    for (int i = 0; i < ARMINGS; i++) {
      String out = java(List.of("-Xmx128m"), GuardBench.class, List.of("arm", how));
      best = Math.min(best, Double.parseDouble(out.strip().lines().toList().getLast()));
    }
    return best;
  }

  private static void arm(boolean warm) {
    if (warm) {
      AccessKinds.touchLinker();
    }
    long start = System.nanoTime();
    try (Armed _ = Guard.arm(GuardOptions.of(Mode.RECOVER))) {
      System.out.println((System.nanoTime() - start) / 1e6);
    }
  }

  /** Everything that the process wrote; without a line {@code result} it died. */
  private static String java(List<String> flags, Class<?> main, List<String> args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:-CreateCoredumpOnCrash"));
    command.add("-XX:ErrorFile=/dev/null");
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(args);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(MAX_MINUTES, TimeUnit.MINUTES)) {
      process.destroyForcibly();
    }
    return out;
  }
}
