package dev.lifebound.crash.lab;

import dev.lifebound.memory.handle.Registry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs scenarios, each in its own JVM, and reports how they ended.
 *
 * <p>The victims run on the JDK that runs the laboratory. See the package text for what a run
 * guarantees.
 */
public final class Laboratory {
  private static final String SYSTEM = "Linux";

  private Laboratory() {}

  /** Hears of each run as it happens, on the thread that runs the laboratory. */
  public interface Listener {
    /** A listener that does nothing. */
    Listener SILENT = new Listener() {};

    /**
     * A run begins.
     *
     * @param number which repetition, counted from 1
     */
    default void starting(Scenario scenario, Mode mode, int number) {}

    /** A run has ended, or could not begin. */
    default void finished(Outcome outcome) {}
  }

  /** All scenarios, in the order in which they are best read. */
  public static List<Scenario> scenarios() {
    return List.of(Scenario.values());
  }

  /**
   * Runs each scenario of the request as often as it says, first unprotected, then protected.
   *
   * @return one outcome for each scenario, repetition and mode, in the order of running
   * @throws IOException when the temporary folder or a process cannot be made
   * @throws InterruptedException when the thread is interrupted; the victim is dead by then
   */
  public static List<Outcome> run(Request request, Listener listener)
      throws IOException, InterruptedException {
    return run(request, listener, Path.of(System.getProperty("java.io.tmpdir")));
  }

  /** The same with its temporary folder inside another one. */
  static List<Outcome> run(Request request, Listener listener, Path temporary)
      throws IOException, InterruptedException {
    VictimJvm jvm = VictimJvm.withClassesOf(VictimMain.class, Registry.class);
    List<Outcome> outcomes = new ArrayList<>();
    try (Scratch scratch = Scratch.create(temporary)) {
      for (Scenario scenario : request.scenarios()) {
        for (int number = 1; number <= request.repeat(); number++) {
          for (Mode mode : Mode.values()) {
            listener.starting(scenario, mode, number);
            Outcome outcome =
                new Outcome(scenario, mode, result(jvm, scratch, request, scenario, mode));
            outcomes.add(outcome);
            listener.finished(outcome);
          }
        }
      }
    }
    return List.copyOf(outcomes);
  }

  private static Result result(
      VictimJvm jvm, Scratch scratch, Request request, Scenario scenario, Mode mode)
      throws IOException, InterruptedException {
    Optional<Result> obstacle = obstacle(System.getProperty("os.name"));
    if (obstacle.isPresent()) {
      return obstacle.get();
    }
    List<String> arguments = List.of(scenario.name(), mode.name(), request.library().name());
    Result result = new Result.Failed("no victim was started");
    for (int tries = scenario.tries(mode); tries > 0; tries--) {
      result =
          jvm.run(scratch, request.victimLimit(), VictimMain.class.getName(), arguments).judge();
      if (scenario.expects(mode, result)) {
        break;
      }
    }
    return result;
  }

  /** Why no victim can play on this operating system; empty when victims can. */
  static Optional<Result> obstacle(String osName) {
    return osName.equals(SYSTEM)
        ? Optional.empty()
        : Optional.of(new Result.NotRun("the laboratory needs Linux: os.name=" + osName));
  }
}
