package dev.lifebound.cli.command;

import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code lifebound scan PATH...} */
@Command(
    name = "scan",
    header = "Find native pointers that outlive their memory in a map.",
    description =
        "Analyses Go (cgo) and Java sources: each finding shows how a pointer gets into a map,"
            + " where its block is freed, and where the map still uses it.",
    exitCodeListHeading = "%nExit code:%n",
    exitCodeList = {
      "0:no red finding",
      "1:at least one red finding",
      "2:could not run",
      "64:wrong command line"
    },
    footerHeading = "%nExamples:%n",
    footer = {"  lifebound scan .", "  lifebound scan src --format sarif -o findings.sarif"})
final class ScanCommand implements Callable<Integer> {
  private final Analysis analysis;
  private final Terminal terminal;

  @Parameters(
      paramLabel = "PATH",
      arity = "1..*",
      description = "Files and folders to analyse; folders are searched.")
  private List<Path> paths = List.of();

  @Mixin private OutputOptions output = new OutputOptions();

  ScanCommand(Analysis analysis, Terminal terminal) {
    this.analysis = analysis;
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    output.check(terminal);
    for (Path path : paths) {
      if (path.toString().isEmpty()) {
        throw new Failure(
            Problem.USAGE,
            "a path to scan must not be empty: path=''; write . for the current folder");
      }
      // A dangling link is there; the analyser says what is wrong with it.
      if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        throw new Failure(
            Problem.PATH_NOT_FOUND,
            "a path to scan must exist: path=" + path + "; check the spelling");
      }
    }
    Report report;
    try (Progress progress = new Progress(terminal)) {
      report = analysis.scan(paths, progress);
    }
    output.write(report, terminal);
    if (report.counts().getOrDefault(Report.FILES, 0L) == 0) {
      throw new Failure(
          Problem.NOTHING_TO_SCAN,
          "the paths must hold Go or Java sources: paths="
              + paths
              + ", files=0, notices="
              + report.notices().size()
              + "; name the folder of the sources");
    }
    if (report.count(Colour.RED) > 0) {
      return ExitCode.ANSWER_IS_NO;
    }
    if (report.counts().getOrDefault(Report.ANALYSED, 1L) == 0
        && report.counts().getOrDefault(Report.IRRELEVANT, 0L) == 0) {
      throw new Failure(
          Problem.NOTHING_TO_SCAN,
          "a scan must be able to read a source: files="
              + report.counts().get(Report.FILES)
              + ", analysed=0, notices="
              + report.notices().size()
              + "; the notices say what is wrong with each");
    }
    return ExitCode.OK;
  }
}
