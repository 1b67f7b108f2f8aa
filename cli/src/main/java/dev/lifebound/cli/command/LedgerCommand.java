package dev.lifebound.cli.command;

import dev.lifebound.crash.autopsy.LedgerFindings;
import dev.lifebound.finding.Report;
import dev.lifebound.finding.ReportWriter;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerException;
import dev.lifebound.memory.ledger.LedgerFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lifebound ledger FILE} */
@Command(
    name = "ledger",
    header = "Read the black box of a process, living or dead.",
    description =
        "Shows what happened to native blocks: allocated, freed, bound to a map, used after their"
            + " end. The file is what the process wrote itself, up to its last moment.",
    exitCodeListHeading = "%nExit code:%n",
    exitCodeList = {
      "0:read",
      "2:the file cannot be read, or is no ledger",
      "64:wrong command line"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lifebound ledger app.ledger",
      "  lifebound ledger app.ledger --block '#5.1'",
      "  lifebound ledger app.ledger --block 0x7f0012345680 --since 10s",
      "  lifebound ledger app.ledger -f"
    })
final class LedgerCommand implements Callable<Integer> {
  static final long POLL_MILLIS = 250;

  /** Ten seconds: a file that is followed and cannot be read for longer will not come again. */
  static final int PATIENCE_POLLS = 40;

  /** What passes the time between two readings of a file that is followed. */
  @FunctionalInterface
  interface Pause {
    void pass() throws InterruptedException;
  }

  private final Pause pause;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "The ledger.")
  private Path file = Path.of("");

  @Option(
      names = "--block",
      paramLabel = "N",
      description =
          "Only events of the block that messages call so (#5.1, or #41 of the guard), or with this"
              + " handle or guard number, or around this address; decimal or 0x and hexadecimal.")
  private @Nullable String block;

  @Option(
      names = "--thread",
      paramLabel = "T",
      description = "Only events of the thread with this name or number.")
  private @Nullable String thread;

  @Option(
      names = "--map",
      paramLabel = "M",
      description = "Only events of the map with this name, and of the blocks it held.")
  private @Nullable String map;

  @Option(
      names = "--since",
      paramLabel = "D",
      description =
          "Only events of this long before the newest one (500ms, 10s, 5m, 2h, 1d), or from this"
              + " moment on (2026-01-31T12:00:00Z).")
  private @Nullable String since;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with what the process writes until it ends.")
  private boolean follow;

  @Option(names = "--json", description = "Write JSON; with -f one line for each event.")
  private boolean json;

  @Option(names = "--sarif", description = "Write the incidents as findings in SARIF 2.1.0.")
  private boolean sarif;

  LedgerCommand(Pause pause, Terminal terminal) {
    this.pause = pause;
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (json && sarif) {
      throw usage("--json and --sarif must not be given together");
    }
    if (follow && sarif) {
      throw usage("--sarif must not be given with -f, since a report has an end");
    }
    LedgerFilter filter = filter();
    LedgerFile ledger = read();
    List<LedgerEvent> events = filter.of(ledger, ledger.events());
    if (follow) {
      follow(ledger, events, filter);
    } else {
      output()
          .write(out -> {
            if (sarif) {
              Report report = LedgerFindings.report(file, ledger, events, Version.number());
              ReportWriter.sarif().write(report, out);
            } else if (json) {
              LedgerJson.write(file, ledger, events, out);
            } else {
              new LedgerText(terminal, out).write(file, ledger, events);
            }
          });
    }
    return ExitCode.OK;
  }

  private LedgerFilter filter() {
    try {
      return LedgerFilter.of(block, thread, map, since);
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private LedgerFile read() {
    try {
      return LedgerFile.read(file);
    } catch (LedgerException e) {
      throw new Failure(Problem.LEDGER_UNREADABLE, String.valueOf(e.getMessage()), e);
    }
  }

  /** Ends with the process, or when nobody takes the output any more. */
  private void follow(LedgerFile first, List<LedgerEvent> events, LedgerFilter filter)
      throws InterruptedException {
    LedgerFile ledger = first;
    List<LedgerEvent> fresh = events;
    boolean begun = false;
    LedgerText text = new LedgerText(terminal);
    while (true) {
      if (!put(text, ledger, fresh, begun)) {
        return;
      }
      begun = true;
      if (!ledger.isLive()) {
        return;
      }
      LedgerFile next = next();
      boolean same = next.header().opened().equals(ledger.header().opened());
      fresh = filter.of(next, same ? next.eventsAfter(ledger) : next.events());
      ledger = next;
    }
  }

  /** The next reading; where another process is just creating the file anew, that takes a while. */
  private LedgerFile next() throws InterruptedException {
    for (int tries = 1; ; tries++) {
      pause.pass();
      try {
        return LedgerFile.read(file);
      } catch (LedgerException e) {
        if (tries == PATIENCE_POLLS) {
          throw new Failure(Problem.LEDGER_UNREADABLE, String.valueOf(e.getMessage()), e);
        }
      }
    }
  }

  private boolean put(LedgerText text, LedgerFile ledger, List<LedgerEvent> events, boolean begun) {
    try {
      if (json) {
        LedgerJson.writeLines(events, terminal.out());
      } else {
        if (begun) {
          text.more(events);
        } else {
          text.write(file, ledger, events);
        }
        if (!ledger.isLive()) {
          text.end(ledger);
        }
      }
      terminal.out().flush();
      return true;
    } catch (IOException e) {
      // Whoever read has gone.
      return false;
    }
  }

  private Output output() {
    return new Output(terminal.out(), null);
  }

  private ParameterException usage(String reason) {
    return new ParameterException(spec.commandLine(), reason);
  }
}
