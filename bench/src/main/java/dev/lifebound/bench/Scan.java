package dev.lifebound.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * How long does a scan of real Go packages take, start of the JVM included, and is anything red?
 * The sources of three Debian packages, as whole processes.
 *
 * <p>Command: {@code bench/run scan [--quick]}, after {@code apt-get install
 * golang-github-libgit2-git2go-v34-dev golang-github-mattn-go-sqlite3-dev
 * golang-github-confluentinc-confluent-kafka-go-dev}.
 */
final class Scan {
  private static final int RUNS = 15;
  private static final int QUICK_RUNS = 5;
  private static final List<String> PACKAGES =
      List.of("libgit2/git2go", "mattn/go-sqlite3", "confluentinc/confluent-kafka-go");

  private Scan() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    int runs = args.length > 0 && args[0].equals("--quick") ? QUICK_RUNS : RUNS;
    List<String> arguments = new ArrayList<>(List.of("scan"));
    for (String name : PACKAGES) {
      Path folder = Path.of("/usr/share/gocode/src/github.com", name);
      if (!Files.isDirectory(folder)) {
        System.err.println(
            "scan: the corpus must be installed: folder=" + folder + "; see this class's comment");
        System.exit(2);
      }
      arguments.add(folder.toString());
    }
    Command scan = Command.lifebound("scan", arguments.toArray(String[]::new));
    double[] millis = new double[runs];
    Command.Run last = scan.run();
    for (int i = 0; i < runs; i++) {
      last = scan.run();
      millis[i] = last.millis();
    }
    try (Stream<String> lines = last.output().lines()) {
      lines.skip(Math.max(0, last.output().lines().count() - 2)).forEach(System.out::println);
    }
    System.out.printf(
        Locale.ROOT,
        "figures: scan_s=%.2f scan_min_s=%.2f red=%d n_runs=%d%n",
        Command.median(millis) / 1e3,
        Command.min(millis) / 1e3,
        last.exit(),
        runs);
  }
}
