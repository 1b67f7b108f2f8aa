package dev.lifebound.cli.command;

import dev.lifebound.finding.Report;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --format}, {@code --json} and {@code -o}, in every command that writes a report. */
final class OutputOptions {
  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "How to write the result: ${COMPLETION-CANDIDATES}. Default: text.")
  private @Nullable OutputFormat format;

  @Option(names = "--json", description = "Short for --format json.")
  private boolean json;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the result to FILE, as a whole or not at all.")
  private @Nullable Path file;

  /** Fails when the options contradict each other or the file cannot be written. */
  void check(Terminal terminal) {
    if (json && format != null && format != OutputFormat.JSON) {
      throw new Failure(
          Problem.USAGE,
          "--json and --format must agree: --format=" + format + "; leave one of them out");
    }
    output(terminal).check();
  }

  void write(Report report, Terminal terminal) {
    boolean toTerminal = file == null;
    OutputFormat chosen = json ? OutputFormat.JSON : format == null ? OutputFormat.TEXT : format;
    output(terminal)
        .write(out ->
            chosen
                .writer(
                    toTerminal ? terminal.width() : Terminal.DEFAULT_WIDTH,
                    toTerminal && terminal.colours())
                .write(report, out));
  }

  private Output output(Terminal terminal) {
    return new Output(terminal.out(), file);
  }
}
