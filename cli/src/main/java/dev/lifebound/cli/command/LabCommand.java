package dev.lifebound.cli.command;

import dev.lifebound.crash.lab.Analyser;
import dev.lifebound.crash.lab.Case;
import dev.lifebound.crash.lab.LabJson;
import dev.lifebound.crash.lab.LabTable;
import dev.lifebound.crash.lab.Laboratory;
import dev.lifebound.crash.lab.Mode;
import dev.lifebound.crash.lab.Outcome;
import dev.lifebound.crash.lab.Request;
import dev.lifebound.crash.lab.Scenario;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lifebound lab [NAME...]} */
@Command(
    name = "lab",
    header = "Show how native memory and maps fail, unprotected and protected.",
    description =
        "Plays each scenario in processes of its own, in Java, C and Go: use after free, double free,"
            + " overflow and their kin, and beliefs about Go's maps that are wrong. Nothing outside"
            + " those processes dies, and nothing is left behind. Cases in C need a C compiler (apt"
            + " package gcc), those in Go a go (apt package golang-go); without, they are listed as"
            + " not run.",
    exitCodeListHeading = "%nExit code:%n",
    exitCodeList = {
      "0:every run ended as its scenario predicts, or could not run here",
      "1:a run ended otherwise",
      "2:could not run at all",
      "64:wrong command line"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lifebound lab",
      "  lifebound lab large-block --repeat 5",
      "  lifebound lab --explain dead-page"
    })
final class LabCommand implements Callable<Integer> {
  /** What plays the scenarios. */
  @FunctionalInterface
  interface Lab {
    List<Outcome> run(Request request, Laboratory.Listener listener)
        throws IOException, InterruptedException;
  }

  /** The names of all scenarios. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Laboratory.scenarios().stream().map(Scenario::text).iterator();
    }
  }

  private static final int BEGINNING = 3;
  private static final int MOST_SIMILAR = 3;

  private final Lab lab;
  private final Analyser analyser;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      completionCandidates = Names.class,
      description = "Scenarios to play, all if none is named: ${COMPLETION-CANDIDATES}.")
  private List<String> names = List.of();

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Play each case N times in each mode.")
  private int repeat = 1;

  @Option(
      names = "--explain",
      paramLabel = "NAME",
      description = "Tell why a scenario happens and what to do; play nothing.")
  private @Nullable String explain;

  @Option(names = "--json", description = "Write the outcomes as JSON.")
  private boolean json;

  LabCommand(Lab lab, Analyser analyser, Terminal terminal) {
    this.lab = lab;
    this.analyser = analyser;
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (explain != null) {
      if (!names.isEmpty() || json || repeat != 1) {
        throw usage("--explain NAME stands alone");
      }
      write(scenario(explain).explanation(terminal.width()));
      return ExitCode.OK;
    }
    if (repeat < 1) {
      throw usage("--repeat must be at least 1 but is " + repeat);
    }
    List<Scenario> scenarios =
        names.isEmpty() ? Laboratory.scenarios() : names.stream().map(this::scenario).toList();
    List<Outcome> outcomes = run(Request.of(scenarios).withRepeat(repeat).withAnalyser(analyser));
    write(
        json
            ? LabJson.render(outcomes)
            : LabTable.render(outcomes, terminal.colours(), terminal.width()));
    return outcomes.stream().anyMatch(Outcome::unexpected) ? ExitCode.ANSWER_IS_NO : ExitCode.OK;
  }

  private List<Outcome> run(Request request) throws InterruptedException {
    try (Progress progress = new Progress(terminal)) {
      return lab.run(
          request,
          new Laboratory.Listener() {
            @Override
            public void starting(Scenario scenario, Case play, Mode mode, int number) {
              String count = request.repeat() == 1 ? "" : " " + number + "/" + request.repeat();
              progress.step(
                  "playing " + scenario.text() + " (" + play.text() + "), " + mode.text() + count);
            }
          });
    } catch (IOException e) {
      throw new Failure(
          Problem.LAB_CANNOT_START,
          "the laboratory must be able to start processes in a temporary folder: folder="
              + System.getProperty("java.io.tmpdir")
              + ", reason="
              + e.getMessage()
              + "; free some space there, or set LIFEBOUND_JAVA_OPTIONS=-Djava.io.tmpdir=FOLDER",
          e);
    }
  }

  private Scenario scenario(String name) {
    return Scenario.named(name)
        .orElseThrow(() -> {
          List<String> similar = similar(name);
          return usage(
              "no scenario has the name '"
                  + name
                  + "'"
                  + (similar.isEmpty() ? "" : ", similar=" + String.join(" ", similar))
                  + "; there are "
                  + String.join(", ", new Names()));
        });
  }

  /** Names that have a word with the same beginning; those with most such words first. */
  private static List<String> similar(String name) {
    Set<String> wanted = beginnings(name);
    return Laboratory.scenarios().stream()
        .map(Scenario::text)
        .filter(text -> shared(wanted, text) > 0)
        .sorted(Comparator.comparingLong((String text) -> -shared(wanted, text)))
        .limit(MOST_SIMILAR)
        .toList();
  }

  private static long shared(Set<String> wanted, String text) {
    return beginnings(text).stream().filter(wanted::contains).count();
  }

  private static Set<String> beginnings(String name) {
    return Arrays.stream(name.toLowerCase(Locale.ROOT).split("[^a-z]+"))
        .filter(word -> word.length() >= BEGINNING && !word.equals("the"))
        .map(word -> word.substring(0, BEGINNING))
        .collect(Collectors.toSet());
  }

  private ParameterException usage(String reason) {
    return new ParameterException(spec.commandLine(), reason);
  }

  private void write(String text) {
    new Output(terminal.out(), null).write(out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }
}
