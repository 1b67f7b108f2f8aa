package dev.lifebound.bench.autopsy;

import dev.lifebound.crash.autopsy.Autopsy;
import dev.lifebound.crash.autopsy.AutopsyException;
import dev.lifebound.crash.autopsy.AutopsyRequest;
import dev.lifebound.crash.autopsy.CrashGenerator;
import dev.lifebound.crash.autopsy.CrashGenerator.Remains;
import dev.lifebound.crash.autopsy.CrashKind;
import dev.lifebound.crash.autopsy.FailureKind;
import dev.lifebound.crash.autopsy.PlainVictim;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Are autopsies right, and how long do they take?
 *
 * <p>Workload: 200 real JVMs with Lifebound that die in 12 ways, with sizes, names, keys and
 * neighbours by a seed, and 100 without Lifebound that die in 8 ways; half of these are given the
 * ledger of another process. Then the command on a ledger of 64 MB with a log of 3 MB, as a whole
 * process; a heap dump of more than 2 GB searched in a heap of 512 MB; and the laboratory.
 *
 * <p>Command: {@code bench/run autopsy [--quick]}; with {@code --quick} 48 and 24 crashes, no large
 * dump, and one run of the laboratory.
 */
final class AutopsyBench {
  private static final long SEED = 20_261_125;
  private static final int TIMED_RUNS = 7;
  private static final String HEAP = "dev.lifebound.crash.autopsy.heap.";

  private final boolean quick;
  private final Path folder;
  private final CrashGenerator generator;

  private AutopsyBench(boolean quick, Path folder) {
    this.quick = quick;
    this.folder = folder;
    this.generator = new CrashGenerator(CrashGenerator.ownJava(), folder);
  }

  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory("lifebound-autopsy-bench");
    try {
      new AutopsyBench(List.of(args).contains("--quick"), folder).run();
    } finally {
      delete(folder);
    }
  }

  private void run() throws Exception {
    int crashes = quick ? 48 : 200;
    int plain = quick ? 24 : 100;
    int right = 0;
    int named = 0;
    CrashKind[] kinds = CrashKind.values();
    for (int i = 0; i < crashes; i++) {
      CrashKind kind = kinds[i % kinds.length];
      Remains remains = generator.crash(kind, SEED + i);
      Autopsy autopsy = Autopsy.perform(remains.request());
      boolean isRight = CrashGenerator.isRight(kind, remains, autopsy);
      boolean isNamed = isRight && CrashGenerator.namesHolder(remains, autopsy);
      right += isRight ? 1 : 0;
      named += isNamed ? 1 : 0;
      if (!isNamed) {
        System.out.println("wrong: " + kind + ", seed " + (SEED + i) + ": " + autopsy.verdict());
      }
      delete(remains.folder());
    }
    int invented = invented(plain);
    double seconds = seconds();
    String heap = quick ? "" : heap();
    int labRuns = quick ? 1 : 20;
    double lab = lab(labRuns);
    System.out.printf(
        Locale.ROOT,
        "figures: verdict_share=%.3f mapkey_share=%.3f invented=%d autopsy_s=%.2f lab_share=%.3f"
            + "%s n_verdict_share=%d n_mapkey_share=%d n_invented=%d n_lab_share=%d%n",
        (double) right / crashes,
        (double) named / crashes,
        invented,
        seconds,
        lab,
        heap,
        crashes,
        crashes,
        plain,
        labRuns);
  }

  /** Crashes of others that got a verdict of ours, or a block. */
  private int invented(int count) throws IOException, InterruptedException, AutopsyException {
    Remains other = generator.crash(CrashKind.READ_AFTER_FREE, SEED);
    PlainVictim.Cause[] causes = PlainVictim.Cause.values();
    int invented = 0;
    int died = 0;
    for (int i = 0; died < count; i++) {
      Optional<Remains> remains = generator.plain(causes[i % causes.length], SEED + i);
      if (remains.isEmpty()) {
        System.out.println("survived: " + causes[i % causes.length]);
        continue;
      }
      died++;
      Path ledger = i % 2 == 0 ? null : other.request().ledger();
      Autopsy autopsy =
          Autopsy.perform(new AutopsyRequest(remains.get().request().crashLog(), ledger, null));
      FailureKind kind = autopsy.verdict().kind();
      boolean modest = kind == FailureKind.NOT_OURS || kind == FailureKind.UNKNOWN;
      if (!modest || autopsy.block() != null || !autopsy.holders().isEmpty()) {
        invented++;
        System.out.println("invented: " + causes[i % causes.length] + ": " + autopsy.verdict());
      }
      delete(remains.get().folder());
    }
    return invented;
  }

  /** The command as a whole process, the middle of several. */
  private double seconds() throws IOException, InterruptedException {
    Path ledger = LargeInputs.ledger(folder);
    Path log = LargeInputs.log(folder);
    double[] seconds = new double[TIMED_RUNS];
    for (int i = 0; i < TIMED_RUNS; i++) {
      long start = System.nanoTime();
      String output = lifebound("autopsy", log.toString(), "--ledger", ledger.toString());
      seconds[i] = (System.nanoTime() - start) / 1e9;
      if (!output.startsWith("use after free")) {
        throw new IllegalStateException("the large crash must be explained: " + output);
      }
    }
    System.out.printf(
        Locale.ROOT,
        "ledger %,d bytes, log %,d bytes, seconds %s%n",
        Files.size(ledger),
        Files.size(log),
        Arrays.toString(seconds));
    Arrays.sort(seconds);
    return seconds[TIMED_RUNS / 2];
  }

  private String heap() throws IOException, InterruptedException {
    Path dump = folder.resolve("large.hprof");
    String classes = System.getProperty("java.class.path");
    String _ = java("-Xmx5g", "-cp", classes, HEAP + "HolderVictim", dump.toString(), "8000000");
    long start = System.nanoTime();
    String found =
        java(
            "-Xmx512m",
            "-cp",
            classes,
            HEAP + "SearchMain",
            dump.toString(),
            Long.toString(0x7e00_0000_0000L + 5 * 0x10_0000L));
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.println("heap dump: " + found.strip());
    return String.format(
        Locale.ROOT,
        " heap_gb=%.2f heap_s=%.1f heap_found=%d",
        Files.size(dump) / 1e9,
        seconds,
        found.contains("BY_RECORD Seat[") ? 1 : 0);
  }

  /** By what the command says of each run, of those that could run here. */
  private static double lab(int runs) throws IOException, InterruptedException {
    JsonNode outcomes =
        JsonMapper.shared()
            .readTree(lifebound("lab", "--json", "--repeat", Integer.toString(runs)));
    int ran = 0;
    int expected = 0;
    for (JsonNode outcome : outcomes) {
      boolean java = "Java".equals(outcome.get("language").asString());
      if (java && outcome.path("not_run").isNull()) {
        ran++;
        expected += outcome.get("expected").asBoolean() ? 1 : 0;
      }
    }
    return ran == 0 ? 0 : (double) expected / ran;
  }

  private static String lifebound(String... arguments) throws IOException, InterruptedException {
    String home = System.getProperty("lifebound.home");
    if (home == null) {
      throw new IllegalStateException(
          "the repository must be known: lifebound.home=null; start with bench/run");
    }
    return output(
        Stream.concat(Stream.of(Path.of(home, "lifebound").toString()), Arrays.stream(arguments))
            .toList());
  }

  private static String java(String... arguments) throws IOException, InterruptedException {
    return output(
        Stream.concat(
                Stream.of(
                    CrashGenerator.ownJava().toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+UseSerialGC"),
                Arrays.stream(arguments))
            .toList());
  }

  private static String output(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int _ = process.waitFor();
    return output;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
