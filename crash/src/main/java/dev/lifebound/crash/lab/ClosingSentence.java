package dev.lifebound.crash.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Says in one sentence what the reader of a table has just seen. */
final class ClosingSentence {
  private ClosingSentence() {}

  static String of(List<Outcome> outcomes) {
    long unexpected = outcomes.stream().filter(Outcome::unexpected).count();
    if (unexpected > 0) {
      return count(unexpected, "run") + " did not end as expected: read the lines marked NO above.";
    }
    if (outcomes.stream().noneMatch(Outcome::ran)) {
      return "Nothing could run on this machine: the reasons stand above.";
    }
    long notRun = outcomes.stream().filter(outcome -> !outcome.ran()).count();
    return "C freed a block that a Java map still held: "
        + "unprotected, "
        + harm(outcomes)
        + "; protected, "
        + refusals(outcomes)
        + (notRun == 0 ? "." : "; " + count(notRun, "run") + " could not start here.");
  }

  private static String harm(List<Outcome> outcomes) {
    List<String> parts = new ArrayList<>();
    long silent =
        runs(outcomes, Mode.UNPROTECTED, result -> result instanceof Result.SilentWrongData);
    if (silent > 0) {
      parts.add(count(silent, "run") + " went on with wrong data and said nothing");
    }
    long dead = runs(outcomes, Mode.UNPROTECTED, result -> result instanceof Result.Crash);
    if (dead > 0) {
      parts.add(count(dead, "run") + " lost the whole JVM");
    }
    return parts.isEmpty() ? "nothing ran" : String.join(" and ", parts);
  }

  private static String refusals(List<Outcome> outcomes) {
    long refused = runs(outcomes, Mode.PROTECTED, result -> result instanceof Result.Thrown);
    return refused == 0
        ? "nothing ran"
        : count(refused, "run") + " stopped the same read with a Java exception";
  }

  private static long runs(List<Outcome> outcomes, Mode mode, Predicate<Result> how) {
    return outcomes.stream()
        .filter(outcome -> outcome.mode() == mode && how.test(outcome.result()))
        .count();
  }

  private static String count(long number, String what) {
    return number == 1 ? "1 " + what : number + " " + what + "s";
  }
}
