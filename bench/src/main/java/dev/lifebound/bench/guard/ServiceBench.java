package dev.lifebound.bench.guard;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the agent at its defaults costs a service on RocksDB: processes with and without it take
 * turns. Alone: {@code java -cp 'bench/target/lib/*:bench/target/*'
 * dev.lifebound.bench.guard.ServiceBench [--quick]}.
 */
public final class ServiceBench {
  private static final int ROUNDS = 9;
  private static final int QUICK_ROUNDS = 3;

  private ServiceBench() {}

  /**
   * Times with the agent by times without: the larger of throughput's and of the 99th percentile.
   */
  public record Slowdown(double throughput, double p99) {
    /** The figure {@code service_slowdown}. */
    public double worst() {
      return Math.max(throughput, p99);
    }
  }

  private record Run(double operations, double p99) {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Slowdown slowdown = slowdown(List.of(args).contains("--quick"));
    System.out.printf(
        "service: throughput without by with=%.4f, p99 with by without=%.4f%n",
        slowdown.throughput(), slowdown.p99());
  }

  /** Medians of the rounds' ratios. */
  public static Slowdown slowdown(boolean quick) throws IOException, InterruptedException {
    int rounds = quick ? QUICK_ROUNDS : ROUNDS;
    double[] throughput = new double[rounds];
    double[] p99 = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      // Each goes first in turn.
      Run first = run(i % 2 == 0, quick);
      Run second = run(i % 2 != 0, quick);
      Run with = i % 2 == 0 ? first : second;
      Run without = i % 2 == 0 ? second : first;
      throughput[i] = without.operations() / with.operations();
      p99[i] = with.p99() / without.p99();
    }
    return new Slowdown(median(throughput), median(p99));
  }

  private static Run run(boolean agent, boolean quick) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "--enable-native-access=ALL-UNNAMED"));
    if (agent) {
      command.add("-javaagent:" + jar() + "=watch=librocksdbjni*");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ServiceChild.class.getName());
    command.addAll(quick ? List.of("2", "4") : List.of("4", "10"));
    Process child = new ProcessBuilder(command).start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(child.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    if (child.waitFor() != 0 || (agent && !err.contains("lifebound: armed: guard"))) {
      throw new IOException("the service must run, guarded when it should be: " + out + err);
    }
    String[] words =
        out.lines()
            .filter(line -> line.startsWith("service "))
            .findFirst()
            .orElse("")
            .split(" ", -1);
    return new Run(Double.parseDouble(words[1]), Double.parseDouble(words[2]));
  }

  /** The library's jar on this class path, which is the agent. */
  private static String jar() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> entry.contains("lifebound-memory-") && entry.endsWith(".jar"))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("the library must be on the class path as a jar"));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
