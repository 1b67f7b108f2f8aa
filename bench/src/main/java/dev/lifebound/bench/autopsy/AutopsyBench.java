package dev.lifebound.bench.autopsy;

import dev.lifebound.crash.autopsy.Autopsy;
import dev.lifebound.crash.autopsy.AutopsyException;
import dev.lifebound.crash.autopsy.AutopsyRequest;
import dev.lifebound.crash.autopsy.CrashGenerator;
import dev.lifebound.crash.autopsy.CrashGenerator.Remains;
import dev.lifebound.crash.autopsy.CrashKind;
import dev.lifebound.crash.autopsy.FailureKind;
import dev.lifebound.crash.autopsy.InnocentVictim;
import dev.lifebound.crash.autopsy.PlainVictim;
import dev.lifebound.crash.autopsy.RealCrash;
import dev.lifebound.crash.lab.Language;
import dev.lifebound.crash.lab.Scenario;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Are autopsies right, and how long do they take?
 *
 * <p>Workload: 200 real JVMs with Lifebound that die in 12 ways, with sizes, names, keys and
 * neighbours by a seed, and 100 of which no block is to blame: 75 without Lifebound that die in 8
 * ways, half of them given the ledger of another process, and 25 with a ledger that die in 4 ways
 * of what C did to memory of its own, beside healthy or rightly freed blocks of the ledger. Then
 * the command on a ledger of 64 MB with a log of 3 MB, as a whole process; a heap dump of more than
 * 2 GB searched in a heap of 512 MB; and the laboratory.
 *
 * <p>Command: {@code bench/run autopsy [--quick] [--part PART]...}; with {@code --quick} 48 and 24
 * crashes, no large dump, and one run of the laboratory. Parts run alone and print their own
 * figures, so that each ends within minutes: {@code verdicts}, {@code others}, {@code time}, {@code
 * logs} (real logs of each JDK that is here, whole and cut at every kilobyte), {@code dump}, {@code
 * lab}.
 */
final class AutopsyBench {
  private static final long SEED = 20_261_125;
  private static final int TIMED_RUNS = 7;
  private static final String HEAP = "dev.lifebound.crash.autopsy.heap.";

  private enum Part {
    VERDICTS,
    OTHERS,
    TIME,
    LOGS,
    DUMP,
    LAB;

    static Part of(String name) {
      return Arrays.stream(values())
          .filter(part -> part.name().toLowerCase(Locale.ROOT).equals(name))
          .findFirst()
          .orElseThrow(() ->
              new IllegalArgumentException(
                  "a part must be one of verdicts, others, time, logs, dump, lab: part=" + name));
    }
  }

  private final boolean quick;
  private final Path folder;
  private final CrashGenerator generator;
  private final List<String> figures = new ArrayList<>();
  private final List<String> counts = new ArrayList<>();

  private AutopsyBench(boolean quick, Path folder) {
    this.quick = quick;
    this.folder = folder;
    this.generator = new CrashGenerator(CrashGenerator.ownJava(), folder);
  }

  public static void main(String[] args) throws Exception {
    boolean quick = false;
    EnumSet<Part> parts = EnumSet.noneOf(Part.class);
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals("--quick")) {
        quick = true;
      } else if (args[i].equals("--part") && i + 1 < args.length) {
        parts.add(Part.of(args[++i]));
      } else {
        throw new IllegalArgumentException(
            "an option must be --quick or --part PART: option=" + args[i]);
      }
    }
    if (parts.isEmpty()) {
      parts = EnumSet.allOf(Part.class);
      if (quick) {
        parts.remove(Part.DUMP);
      }
    }
    Path folder = Files.createTempDirectory("lifebound-autopsy-bench");
    try {
      new AutopsyBench(quick, folder).run(parts);
    } finally {
      delete(folder);
    }
  }

  private void run(Set<Part> parts) throws Exception {
    for (Part part : parts) {
      long start = System.nanoTime();
      switch (part) {
        case VERDICTS -> verdicts(quick ? 48 : 200);
        case OTHERS -> others(quick ? 24 : 100);
        case TIME -> figure("autopsy_s", "%.2f", seconds());
        case LOGS -> logs();
        case DUMP -> heap();
        case LAB -> lab(quick ? 1 : 20);
      }
      System.out.printf(
          Locale.ROOT,
          "part %s: %.0f s%n",
          part.name().toLowerCase(Locale.ROOT),
          (System.nanoTime() - start) / 1e9);
    }
    figures.addAll(counts);
    System.out.println("figures: " + String.join(" ", figures));
  }

  private void figure(String name, String format, double value) {
    figures.add(name + "=" + String.format(Locale.ROOT, format, value));
  }

  private void count(String name, int count) {
    counts.add("n_" + name + "=" + count);
  }

  private void verdicts(int crashes) throws Exception {
    int right = 0;
    int named = 0;
    CrashKind[] kinds = CrashKind.values();
    Map<CrashKind, Integer> rightOf = new EnumMap<>(CrashKind.class);
    for (int i = 0; i < crashes; i++) {
      CrashKind kind = kinds[i % kinds.length];
      Remains remains = generator.crash(kind, SEED + i);
      Autopsy autopsy = Autopsy.perform(remains.request());
      boolean isRight = CrashGenerator.isRight(kind, remains, autopsy);
      boolean isNamed = isRight && CrashGenerator.namesHolder(remains, autopsy);
      right += isRight ? 1 : 0;
      named += isNamed ? 1 : 0;
      rightOf.merge(kind, isNamed ? 1 : 0, Integer::sum);
      if (!isNamed) {
        System.out.println("wrong: " + kind + ", seed " + (SEED + i) + ": " + autopsy.verdict());
      }
      delete(remains.folder());
    }
    System.out.println("verdict, block, map and key right: " + rightOf);
    figure("verdict_share", "%.3f", (double) right / crashes);
    figure("mapkey_share", "%.3f", (double) named / crashes);
    count("verdict_share", crashes);
    count("mapkey_share", crashes);
  }

  /** Crashes of others that got a verdict of ours, or a block. */
  private void others(int count) throws IOException, InterruptedException, AutopsyException {
    Remains other = generator.crash(CrashKind.READ_AFTER_FREE, SEED);
    PlainVictim.Cause[] causes = PlainVictim.Cause.values();
    int invented = innocents(count / 4);
    int died = count / 4;
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
    figure("invented", "%.0f", invented);
    count("invented", count);
  }

  /**
   * Crashes with a ledger for which a block of it was blamed, or that got another wrong verdict.
   */
  private int innocents(int count) throws IOException, InterruptedException, AutopsyException {
    InnocentVictim.Cause[] causes = InnocentVictim.Cause.values();
    int invented = 0;
    int died = 0;
    for (int i = 0; died < count; i++) {
      InnocentVictim.Cause cause = causes[i % causes.length];
      Optional<Remains> remains = generator.innocent(cause, SEED + i);
      if (remains.isEmpty()) {
        System.out.println("survived: " + cause);
        continue;
      }
      died++;
      Autopsy autopsy = Autopsy.perform(remains.get().request());
      if (!cause.isRight(autopsy)) {
        invented++;
        System.out.println("invented: " + cause + ": " + autopsy.verdict());
      }
      delete(remains.get().folder());
    }
    return invented;
  }

  /** Of each JDK that is here, a real log and each of its prefixes of whole kilobytes. */
  private void logs() throws Exception {
    int whole = 0;
    int versions = 0;
    int cuts = 0;
    int read = 0;
    for (RealCrash crash : RealCrash.present(folder)) {
      versions++;
      String text = crash.log();
      boolean parsed = crash.isRead(text);
      whole += parsed ? 1 : 0;
      for (int length = 1024; length < text.length(); length += 1024) {
        cuts++;
        read += crash.isReadAsFarAs(text.substring(0, length)) ? 1 : 0;
      }
      System.out.println(
          "log of JDK " + crash.version() + ": " + text.length() + " bytes, parsed " + parsed);
    }
    figure("logs_share", "%.3f", (double) whole / versions);
    figure("cuts_share", "%.3f", (double) read / cuts);
    count("logs_share", versions);
    count("cuts_share", cuts);
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

  private void heap() throws IOException, InterruptedException {
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
    figure("heap_gb", "%.2f", Files.size(dump) / 1e9);
    figure("heap_s", "%.1f", seconds);
    figure("heap_found", "%.0f", found.contains("BY_RECORD Seat[") ? 1 : 0);
    Files.delete(dump);
  }

  /**
   * Scenarios with a case in Java, by what the command says of each run, of those that could run
   * here.
   */
  private void lab(int runs) throws IOException, InterruptedException {
    int ran = 0;
    int expected = 0;
    int discarded = 0;
    String[] command =
        Stream.concat(
                Stream.of("lab", "--json"),
                Arrays.stream(Scenario.values())
                    .filter(scenario ->
                        scenario.cases().stream().anyMatch(c -> c.language() == Language.JAVA))
                    .map(Scenario::text))
            .toArray(String[]::new);
    for (int i = 0; i < runs; i++) {
      for (JsonNode outcome : JsonMapper.shared().readTree(lifebound(command))) {
        boolean java = Language.JAVA.text().equals(outcome.get("language").asString());
        if (java && outcome.path("not_run").isNull()) {
          boolean asExpected = outcome.get("expected").asBoolean();
          ran++;
          discarded += outcome.get("discarded").asInt();
          expected += asExpected ? 1 : 0;
          if (!asExpected) {
            System.out.println("unexpected, run " + (i + 1) + ": " + outcome);
          }
        }
      }
    }
    figure("lab_share", "%.3f", ran == 0 ? 0 : (double) expected / ran);
    count("lab_share", runs);
    count("lab_outcomes", ran);
    count("lab_discarded", discarded);
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
