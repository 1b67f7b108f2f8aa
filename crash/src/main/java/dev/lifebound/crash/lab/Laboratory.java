package dev.lifebound.crash.lab;

import dev.lifebound.finding.Finding;
import dev.lifebound.memory.handle.Registry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs scenarios, each case in a process of its own, and reports how they ended.
 *
 * <p>Victims in Java and C run on the JDK that runs the laboratory. See the package text for what a
 * run guarantees.
 */
public final class Laboratory {
  private static final String SYSTEM = "Linux";

  private final Request request;
  private final Scratch scratch;
  private final VictimJvm jvm = VictimJvm.withClassesOf(VictimMain.class, Registry.class);
  private final Workshop workshop;
  private @Nullable List<Finding> findings;

  private Laboratory(Request request, Scratch scratch, Programs programs) {
    this.request = request;
    this.scratch = scratch;
    this.workshop = new Workshop(scratch, programs);
  }

  /** Hears of each run as it happens, on the thread that runs the laboratory. */
  public interface Listener {
    /** A listener that does nothing. */
    Listener SILENT = new Listener() {};

    /**
     * A run begins.
     *
     * @param number which repetition, counted from 1
     */
    default void starting(Scenario scenario, Case play, Mode mode, int number) {}

    /** A run has ended, or could not begin. */
    default void finished(Outcome outcome) {}
  }

  /** All scenarios, in the order in which they are best read. */
  public static List<Scenario> scenarios() {
    return List.of(Scenario.values());
  }

  /**
   * The share of runs that ended as their case predicts, of those that could run here; 0 when none
   * could.
   */
  public static double share(List<Outcome> outcomes) {
    long ran = outcomes.stream().filter(Outcome::ran).count();
    return ran == 0 ? 0 : (double) outcomes.stream().filter(Outcome::expected).count() / ran;
  }

  /**
   * Runs each case of the request as often as it says, first unprotected, then protected.
   *
   * @return one outcome for each case, repetition and mode, in the order of running
   * @throws IOException when the temporary folder or a process cannot be made
   * @throws InterruptedException when the thread is interrupted; the victim is dead by then
   */
  public static List<Outcome> run(Request request, Listener listener)
      throws IOException, InterruptedException {
    return run(
        request,
        listener,
        Path.of(System.getProperty("java.io.tmpdir")),
        Programs.ofMachine(System.getenv()));
  }

  /** The same with its temporary folder inside another one, and other compilers. */
  static List<Outcome> run(Request request, Listener listener, Path temporary, Programs programs)
      throws IOException, InterruptedException {
    try (Scratch scratch = Scratch.create(temporary)) {
      return new Laboratory(request, scratch, programs).run(listener);
    }
  }

  private List<Outcome> run(Listener listener) throws IOException, InterruptedException {
    List<Outcome> outcomes = new ArrayList<>();
    for (Scenario scenario : request.scenarios()) {
      for (Case play : request.cases(scenario)) {
        for (int number = 1; number <= request.repeat(); number++) {
          for (Mode mode : Mode.values()) {
            listener.starting(scenario, play, mode, number);
            List<Result> discarded = new ArrayList<>();
            Testimony.Told told = told(scenario, play, mode, discarded);
            Outcome outcome =
                new Outcome(scenario, play, mode, told.result(), told.after(), discarded);
            outcomes.add(outcome);
            listener.finished(outcome);
          }
        }
      }
    }
    return List.copyOf(outcomes);
  }

  private Testimony.Told told(Scenario scenario, Case play, Mode mode, List<Result> discarded)
      throws IOException, InterruptedException {
    Optional<Result> obstacle = obstacle(System.getProperty("os.name"));
    if (obstacle.isPresent()) {
      return Ending.untimed(obstacle.get());
    }
    Testimony.Told told = Ending.untimed(new Result.Failed("no victim was started"));
    for (int tries = play.tries(mode); tries > 0; tries--) {
      told =
          switch (play.language()) {
            case JAVA -> inJvm(scenario, play, mode, "");
            case C -> inC(scenario, play, mode);
            case GO -> mode == Mode.UNPROTECTED ? inGo(play) : Ending.untimed(scanned(play));
          };
      if (play.expects(mode, told.result())) {
        break;
      }
      if (tries > 1) {
        discarded.add(told.result());
      }
    }
    return told;
  }

  private Testimony.Told inJvm(Scenario scenario, Case play, Mode mode, String library)
      throws IOException, InterruptedException {
    List<String> arguments =
        List.of(scenario.name(), play.text(), mode.name(), request.library().name(), library);
    return jvm.run(scratch, request.victimLimit(), VictimMain.class.getName(), arguments).judge();
  }

  private Testimony.Told inC(Scenario scenario, Case play, Mode mode)
      throws IOException, InterruptedException {
    Workshop.Built library = workshop.cLibrary();
    return library.obstacle() != null
        ? Ending.untimed(library.obstacle())
        : inJvm(scenario, play, mode, library.file().toString());
  }

  private Testimony.Told inGo(Case play) throws IOException, InterruptedException {
    Workshop.Built program = workshop.goProgram(play.build());
    if (program.obstacle() != null) {
      return Ending.untimed(program.obstacle());
    }
    Testimony.Told told =
        GoEnding.judge(
            VictimProcess.run(
                scratch,
                scratch.newFolder(),
                request.victimLimit(),
                new ProcessBuilder(program.file().toString(), play.program())));
    return play.build() == GoBuild.ESCAPES
        ? new Testimony.Told(withEscapes(told.result(), play), told.after())
        : told;
  }

  /** The observation, and what the compiler says about the lifetimes in the same file. */
  private Result withEscapes(Result result, Case play) throws IOException, InterruptedException {
    String more =
        "\ngo build -gcflags=-m:\n"
            + workshop.escapes(play.program() + ".go").stream()
                .map(line -> "  " + line)
                .collect(Collectors.joining("\n"));
    return switch (result) {
      case Result.SilentWrongData silent -> new Result.SilentWrongData(silent.observation() + more);
      case Result.NoHarm harmless -> new Result.NoHarm(harmless.observation() + more);
      default -> result;
    };
  }

  /** What the analyser finds in the sources of a Go victim. */
  private Result scanned(Case play) throws IOException {
    if (findings == null) {
      try {
        findings = request.analyser().scan(workshop.goModule());
      } catch (UnsupportedOperationException e) {
        return new Result.NotRun("no analyser was given to the laboratory; lifebound lab has one");
      }
    }
    String program = play.program();
    String folder = program.substring(0, program.lastIndexOf('/') + 1);
    String file = program + ".go";
    boolean ownFile = Sources.GO.contains(file);
    return findings.stream()
        .filter(finding ->
            ownFile
                ? finding.location().path().equals(file)
                : finding.location().path().startsWith(folder))
        .findFirst()
        .<Result>map(Laboratory::found)
        .orElseGet(() ->
            new Result.NotCovered(
                "Lifebound does not protect Go at run time, and no rule of lifebound scan is about"
                    + " this: see what to do on the scenario's page"));
  }

  private static Result found(Finding finding) {
    return new Result.Found(
        finding.rule(),
        finding.rule()
            + " "
            + finding.location().text()
            + ": "
            + finding.message()
            + "\nfix: "
            + finding.remedy());
  }

  /** Why no victim can play on this operating system; empty when victims can. */
  static Optional<Result> obstacle(String osName) {
    return osName.equals(SYSTEM)
        ? Optional.empty()
        : Optional.of(new Result.NotRun("the laboratory needs Linux: os.name=" + osName));
  }
}
