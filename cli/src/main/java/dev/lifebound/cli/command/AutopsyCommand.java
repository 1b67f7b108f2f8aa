package dev.lifebound.cli.command;

import dev.lifebound.crash.autopsy.Autopsy;
import dev.lifebound.crash.autopsy.AutopsyException;
import dev.lifebound.crash.autopsy.AutopsyFindings;
import dev.lifebound.crash.autopsy.AutopsyRequest;
import dev.lifebound.crash.autopsy.AutopsyWriter;
import dev.lifebound.finding.ReportWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lifebound autopsy [HS_ERR]} */
@Command(
    name = "autopsy",
    header = "Explain a crash from what the process left behind.",
    description = {
      "Joins HotSpot's log of the crash (JDK 17 to 25) with the ledger of the process: what kind of"
          + " failure it was, of which block, allocated and freed where and by whom, which map and"
          + " key hold it, and what to change.",
      "When the C library aborts there is no log: then give the ledger alone, or the console with"
          + " the library's last words in place of the log."
    },
    exitCodeListHeading = "%nExit code:%n",
    exitCodeList = {
      "0:explained",
      "1:no verdict",
      "2:a file cannot be read, or the result not be written",
      "64:wrong command line"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lifebound autopsy hs_err_pid4242.log --ledger app.ledger",
      "  lifebound autopsy --ledger app.ledger",
      "  lifebound autopsy hs_err_pid4242.log --ledger app.ledger --heap app.hprof --html -o"
          + " crash.html"
    })
final class AutopsyCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "HS_ERR",
      arity = "0..1",
      description = "The crash log (hs_err_pid*.log, also gzip'd), or a console.")
  private @Nullable Path crashLog;

  @Option(names = "--ledger", paramLabel = "FILE", description = "The ledger of the same process.")
  private @Nullable Path ledger;

  @Option(
      names = "--heap",
      paramLabel = "DUMP",
      description =
          "A heap dump of the same process (HPROF, also gzip'd): names class, field and map key"
              + " that hold the address. Read as a stream.")
  private @Nullable Path heap;

  @Option(names = "--json", description = "Write JSON.")
  private boolean json;

  @Option(names = "--html", description = "Write one self-contained HTML page.")
  private boolean html;

  @Option(names = "--sarif", description = "Write the verdict as a finding in SARIF 2.1.0.")
  private boolean sarif;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description =
          "Write the result to FILE, as a whole or not at all; never to one of the inputs.")
  private @Nullable Path file;

  AutopsyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (crashLog == null && ledger == null) {
      throw usage("a crash log or --ledger must be given");
    }
    if (Stream.of(json, html, sarif).filter(chosen -> chosen).count() > 1) {
      throw usage("only one of --json, --html and --sarif must be given");
    }
    if (file != null) {
      keepEvidence(file);
    }
    Output output = new Output(terminal.out(), file);
    output.check();
    Autopsy autopsy = perform(new AutopsyRequest(crashLog, ledger, heap));
    output.write(out -> {
      if (sarif) {
        ReportWriter.sarif().write(AutopsyFindings.report(autopsy, Version.number()), out);
      } else {
        writer().write(autopsy, out);
      }
    });
    return autopsy.verdict().kind().isExplained() ? ExitCode.OK : ExitCode.ANSWER_IS_NO;
  }

  /** What a crash left behind is there once; no result replaces it, by whatever name. */
  private void keepEvidence(Path result) {
    for (@Nullable Path input : Arrays.asList(crashLog, ledger, heap)) {
      try {
        if (input != null
            && Files.exists(result)
            && Files.exists(input)
            && Files.isSameFile(result, input)) {
          throw usage(
              "the result must not replace what it is made from: output="
                  + result
                  + ", input="
                  + input
                  + "; name another file");
        }
      } catch (IOException e) {
        throw new Failure(
            Problem.OUTPUT_NOT_WRITABLE,
            "the result must go to another file than the inputs, which cannot be told: output="
                + result
                + ", input="
                + input
                + ", reason="
                + e.getMessage()
                + "; name another file",
            e);
      }
    }
  }

  private AutopsyWriter writer() {
    if (json) {
      return AutopsyWriter.json();
    }
    if (html) {
      return AutopsyWriter.html();
    }
    // A terminal has colours, or says how wide it is.
    boolean toTerminal =
        file == null && (terminal.colours() || terminal.width() != Terminal.DEFAULT_WIDTH);
    return toTerminal
        ? AutopsyWriter.text(terminal.width(), terminal.colours())
        : AutopsyWriter.plainText(Terminal.DEFAULT_WIDTH);
  }

  private Autopsy perform(AutopsyRequest request) {
    try (Progress progress = new Progress(terminal)) {
      progress.step(heap == null ? "reading" : "reading, then searching the heap dump");
      return Autopsy.perform(request);
    } catch (AutopsyException e) {
      throw new Failure(
          switch (e.input()) {
            case CRASH_LOG -> Problem.CRASH_LOG_UNREADABLE;
            case LEDGER -> Problem.LEDGER_UNREADABLE;
            case HEAP_DUMP -> Problem.HEAP_DUMP_UNREADABLE;
          },
          String.valueOf(e.getMessage()),
          e);
    }
  }

  private ParameterException usage(String reason) {
    return new ParameterException(spec.commandLine(), reason);
  }
}
