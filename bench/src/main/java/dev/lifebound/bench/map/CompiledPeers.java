package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Go's map and Rust's, where their compilers are: the same work in a program of their own, in
 * processes that alternate with our fills. They read no keys but draw their own.
 */
final class CompiledPeers implements Part {
  private static final int ENTRIES = 1_000_000;

  /** A language, and how its program is compiled to {@code peer}. */
  @SuppressWarnings("ImmutableEnumChecker") // the list is List.of
  private enum Language {
    GO("Go", "peer.go", List.of("go", "build", "-o", "peer", "peer.go")),
    RUST("Rust", "peer.rs", List.of("rustc", "-O", "-o", "peer", "peer.rs"));

    final String label;
    final String source;
    final List<String> compile;

    Language(String label, String source, List<String> compile) {
      this.label = label;
      this.source = source;
      this.compile = compile;
    }
  }

  @Override
  public void run(Plan plan, Figures figures, Plots plots) throws Exception {
    Table p9999 = new Table("p99.99 of single puts growing to 1e6", "us, over the fills");
    Table max = new Table("maximum of single puts growing to 1e6", "us, over the fills");
    Table hit = new Table("get hit, 1e6", "ns");
    Table miss = new Table("get miss, 1e6", "ns");
    Path folder = Files.createTempDirectory("lifebound-map-peers");
    try {
      for (Language language : Language.values()) {
        Path program = compile(language, folder);
        if (program == null) {
          System.out.printf(
              "%n%s is not measured: no %s here%n", language.label, language.compile.getFirst());
          continue;
        }
        int rounds = plan.rounds(3, 7);
        for (int round = 0; round < rounds; round++) {
          double[] peer = measure(program);
          hit.note(language.label, round, rounds, peer[0]);
          miss.note(language.label, round, rounds, peer[1]);
          p9999.note(language.label, round, rounds, peer[2]);
          max.note(language.label, round, rounds, peer[3]);
          double[] ours = Pauses.single(new Subjects.Ours(), ENTRIES);
          String against = Subjects.OURS + " beside " + language.label;
          p9999.note(against, round, rounds, ours[0]);
          max.note(against, round, rounds, ours[1]);
        }
        String name = language.label.toLowerCase(Locale.ROOT);
        String against = Subjects.OURS + " beside " + language.label;
        if (language == Language.GO) {
          figures.add("p9999_vs_go", p9999.ratio(against, language.label), 1.0 / 3);
        }
        figures.add("maxput_vs_" + name, max.ratio(against, language.label));
      }
      for (Table table : List.of(hit, miss, p9999, max)) {
        table.print();
      }
    } finally {
      delete(folder);
    }
  }

  /** The program, or null when there is no compiler. */
  private static @Nullable Path compile(Language language, Path parent)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectory(parent.resolve(language.source + ".d"));
    try (InputStream source = CompiledPeers.class.getResourceAsStream(language.source)) {
      if (source == null) {
        throw new IllegalStateException("a peer must have its source: file=" + language.source);
      }
      Files.copy(source, folder.resolve(language.source));
    }
    ProcessBuilder builder = new ProcessBuilder(language.compile).directory(folder.toFile());
    builder.environment().put("GOFLAGS", "-mod=mod");
    builder.environment().put("GO111MODULE", "off");
    builder.environment().put("GOCACHE", folder.resolve("cache").toString());
    Process process;
    try {
      process = builder.redirectErrorStream(true).start();
    } catch (IOException e) {
      // There is no such command: the row says so.
      return null;
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(
          "a peer must compile: file=" + language.source + "\n" + output);
    }
    return folder.resolve("peer");
  }

  /** Nanoseconds of a hit and a miss, microseconds of the p99.99 and the maximum of a put. */
  private static double[] measure(Path program) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(program.toString(), String.valueOf(ENTRIES))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException("a peer must end well: program=" + program + "\n" + output);
    }
    return Stream.of(output.strip().split("\\s+")).mapToDouble(Double::parseDouble).toArray();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
