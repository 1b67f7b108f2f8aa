package dev.lifebound.cli.command;

import dev.lifebound.analysis.Scanner;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Report;
import java.nio.file.Path;
import java.util.List;

/**
 * The analyser, as {@code lifebound scan} runs it: paths are shown relative to the working folder.
 */
final class SourceAnalysis implements Analysis {
  @Override
  public Report scan(List<Path> paths, Progress progress) {
    progress.step("scanning " + paths.size() + (paths.size() == 1 ? " path" : " paths"));
    return scan(paths, Path.of(""));
  }

  /** All findings in a folder, with paths relative to it. */
  static List<Finding> findings(Path folder) {
    return scan(List.of(folder), folder).findings();
  }

  private static Report scan(List<Path> paths, Path root) {
    Scanner.Options options = Scanner.Options.of(root, Version.number());
    return switch (Scanner.scan(paths, options)) {
      case Scanner.Outcome.Scanned scanned -> scanned.report();
      case Scanner.Outcome.Refused refused ->
          throw new Failure(Problem.ofCode(refused.code()), refused.message());
    };
  }
}
