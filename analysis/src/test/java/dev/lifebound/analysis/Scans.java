package dev.lifebound.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Notice;
import dev.lifebound.finding.Report;
import dev.lifebound.finding.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Scans for tests. */
final class Scans {
  /** The module's test sources in other languages; Maven runs tests in the module's folder. */
  static final Path TESTDATA = Path.of("src/test/testdata");

  private Scans() {}

  static Scanner.Options options(Path root, int threads) {
    return new Scanner.Options(root, threads, Scope.ofProject("test"), "test");
  }

  static Scanner.Outcome.Scanned scan(Path root, Path... paths) {
    Scanner.Outcome outcome = Scanner.scan(List.of(paths), options(root, 1));
    assertThat(outcome).isInstanceOf(Scanner.Outcome.Scanned.class);
    return (Scanner.Outcome.Scanned) outcome;
  }

  static Report report(Path path) {
    return scan(path, path).report();
  }

  static List<String> codes(Report report) {
    return report.notices().stream().map(Notice::code).toList();
  }

  /** A finding as {@code want} comments announce it. */
  static String text(Finding finding) {
    return finding.rule() + " " + finding.colour().text() + ": " + finding.message();
  }

  static List<Path> files(Path folder, String suffix) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("a test folder must be readable: folder=" + folder, e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("a test file must be readable: file=" + file, e);
    }
  }
}
