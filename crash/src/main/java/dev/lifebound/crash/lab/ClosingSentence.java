package dev.lifebound.crash.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Says in a few words what the reader of a table has just seen. */
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
    return "Unprotected, "
        + harm(outcomes)
        + ". With Lifebound, "
        + answers(outcomes)
        + "."
        + (notRun == 0 ? "" : " " + count(notRun, "run") + " could not start here.");
  }

  private static String harm(List<Outcome> outcomes) {
    List<String> parts = new ArrayList<>();
    add(
        parts,
        runs(outcomes, Mode.UNPROTECTED, result -> result instanceof Result.SilentWrongData),
        "went on with wrong data and said nothing");
    add(
        parts,
        runs(
            outcomes,
            Mode.UNPROTECTED,
            result ->
                result instanceof Result.Crash
                    || result instanceof Result.Abort
                    || result instanceof Result.FatalError),
        "lost the whole process");
    add(
        parts,
        runs(outcomes, Mode.UNPROTECTED, result -> result instanceof Result.Leak),
        "kept memory that nobody could reach");
    add(
        parts,
        runs(outcomes, Mode.UNPROTECTED, result -> result instanceof Result.Panic),
        "ended in a panic that could be caught");
    add(
        parts,
        runs(
            outcomes,
            Mode.UNPROTECTED,
            result -> result instanceof Result.NoHarm || result instanceof Result.Refuted),
        "did no harm, whatever is said of them");
    return parts.isEmpty() ? "nothing ran" : joined(parts);
  }

  private static String answers(List<Outcome> outcomes) {
    List<String> parts = new ArrayList<>();
    add(
        parts,
        runs(outcomes, Mode.PROTECTED, result -> result instanceof Result.Thrown),
        "stopped at the mistake with a Java exception");
    add(
        parts,
        runs(outcomes, Mode.PROTECTED, result -> result instanceof Result.Reported),
        "were reported by the guard and went on unharmed");
    add(
        parts,
        runs(outcomes, Mode.PROTECTED, result -> result instanceof Result.NoHarm),
        "went right");
    add(
        parts,
        runs(outcomes, Mode.PROTECTED, result -> result instanceof Result.Found),
        "were found in the source by lifebound scan");
    add(
        parts,
        runs(outcomes, Mode.PROTECTED, result -> result instanceof Result.NotCovered),
        "are not covered");
    return parts.isEmpty() ? "nothing ran" : joined(parts);
  }

  private static void add(List<String> parts, long runs, String what) {
    if (runs > 0) {
      parts.add(count(runs, "run") + " " + what);
    }
  }

  private static String joined(List<String> parts) {
    return parts.size() < 2
        ? parts.getFirst()
        : String.join(", ", parts.subList(0, parts.size() - 1)) + " and " + parts.getLast();
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
