package dev.lifebound.bench;

import java.io.IOException;
import java.util.Locale;

/**
 * Does the laboratory show what it promises, run after run?
 *
 * <p>Command: {@code bench/run lab [--quick]}; 20 runs in a row, 5 with {@code --quick}.
 */
final class Lab {
  private static final int RUNS = 20;
  private static final int QUICK_RUNS = 5;

  private Lab() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    int runs = args.length > 0 && args[0].equals("--quick") ? QUICK_RUNS : RUNS;
    Command lab = Command.lifebound("lab", "lab");
    double[] millis = new double[runs];
    int expected = 0;
    for (int i = 0; i < runs; i++) {
      Command.Run run = lab.run();
      millis[i] = run.millis();
      if (run.exit() == 0) {
        expected++;
      } else {
        System.out.println(run.output());
      }
    }
    System.out.printf(
        Locale.ROOT,
        "figures: lab_share=%.2f lab_s=%.1f n_lab_share=%d%n",
        (double) expected / runs,
        Command.median(millis) / 1e3,
        runs);
  }
}
