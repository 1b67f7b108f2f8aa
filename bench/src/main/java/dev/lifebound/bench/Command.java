package dev.lifebound.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A command line that is run and timed as a whole. */
record Command(String name, List<String> words) {
  /** One finished run; output is standard output only. */
  record Run(double millis, int exit, String output) {}

  /** The launcher of the repository that {@code bench/run} was started from. */
  static Command lifebound(String name, String... arguments) {
    String home = System.getProperty("lifebound.home");
    if (home == null) {
      throw new IllegalStateException(
          "the repository must be known: lifebound.home=null; start with bench/run");
    }
    return new Command(
        name,
        Stream.concat(Stream.of(Path.of(home, "lifebound").toString()), Arrays.stream(arguments))
            .toList());
  }

  /** The bare JVM that runs this program. */
  static Command java(String... arguments) {
    return new Command(
        "java",
        Stream.concat(
                Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                Arrays.stream(arguments))
            .toList());
  }

  Run run() throws IOException, InterruptedException {
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    return new Run((System.nanoTime() - start) / 1e6, exit, output);
  }

  /** Middle of a copy in order. */
  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  static double min(double[] values) {
    return Arrays.stream(values).min().orElseThrow();
  }
}
