package dev.lifebound.bench;

import java.io.IOException;
import java.util.Locale;

/**
 * How long does the launcher take to its first word? {@code ./lifebound --version}, alternating
 * with {@code java --version} of the same JDK, as whole processes.
 *
 * <p>Command: {@code bench/run start [--quick]}.
 */
final class Start {
  private static final int RUNS = 40;
  private static final int QUICK_RUNS = 15;

  private Start() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    int runs = args.length > 0 && args[0].equals("--quick") ? QUICK_RUNS : RUNS;
    Command ours = Command.lifebound("lifebound --version", "--version");
    Command bare = Command.java("--version");
    double[] oursMillis = new double[runs];
    double[] bareMillis = new double[runs];
    ours.run(); // the first run builds where a source is newer
    for (int i = 0; i < runs; i++) {
      Command.Run run = ours.run();
      if (run.exit() != 0) {
        throw new IllegalStateException("--version must exit 0: exit=" + run.exit());
      }
      oursMillis[i] = run.millis();
      bareMillis[i] = bare.run().millis();
    }
    row("lifebound --version", oursMillis);
    row("java --version", bareMillis);
    System.out.printf(
        Locale.ROOT,
        "figures: version_ms=%.0f version_min_ms=%.0f java_ms=%.0f n_runs=%d%n",
        Command.median(oursMillis),
        Command.min(oursMillis),
        Command.median(bareMillis),
        runs);
  }

  private static void row(String name, double[] millis) {
    System.out.printf(
        Locale.ROOT,
        "%-22s median %6.0f ms   min %6.0f ms%n",
        name,
        Command.median(millis),
        Command.min(millis));
  }
}
