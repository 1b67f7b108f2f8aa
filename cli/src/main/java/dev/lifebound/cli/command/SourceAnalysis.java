package dev.lifebound.cli.command;

import dev.lifebound.analysis.Scanner;
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
    Scanner.Options options = Scanner.Options.of(Path.of(""), Version.number());
    return switch (Scanner.scan(paths, options)) {
      case Scanner.Outcome.Scanned scanned -> scanned.report();
      case Scanner.Outcome.Refused refused ->
          throw new Failure(Problem.ofCode(refused.code()), refused.message());
    };
  }
}
