package dev.lifebound.crash.lab;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What to run.
 *
 * @param scenarios the scenarios, in this order; at least one
 * @param languages only cases in these languages; at least one
 * @param repeat how often each case runs in each mode; at least once
 * @param victimLimit the time one victim has until it is killed
 * @param library the C library of {@link Scenario#DEAD_PAGE}
 * @param analyser looks at the sources of Go victims
 */
public record Request(
    List<Scenario> scenarios,
    Set<Language> languages,
    int repeat,
    Duration victimLimit,
    LibraryChoice library,
    Analyser analyser) {
  private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

  /** Copies the collections and checks the bounds. */
  public Request {
    scenarios = List.copyOf(scenarios);
    languages = Set.copyOf(languages);
    if (scenarios.isEmpty()) {
      throw new IllegalArgumentException(
          "a request must name a scenario: scenarios=[]; use Laboratory.scenarios() for all");
    }
    if (languages.isEmpty()) {
      throw new IllegalArgumentException(
          "a request must name a language: languages=[]; all are allowed if none is set");
    }
    if (repeat < 1) {
      throw new IllegalArgumentException("repeat must be at least 1: repeat=" + repeat);
    }
    if (!victimLimit.isPositive()) {
      throw new IllegalArgumentException(
          "victimLimit must be positive: victimLimit=" + victimLimit);
    }
  }

  /** Each case of these scenarios once in each mode, without an analyser. */
  public static Request of(List<Scenario> scenarios) {
    return new Request(
        scenarios,
        EnumSet.allOf(Language.class),
        1,
        DEFAULT_LIMIT,
        LibraryChoice.ANY,
        Analyser.NONE);
  }

  /** The same, only cases in these languages. */
  public Request withLanguages(Set<Language> only) {
    return new Request(scenarios, only, repeat, victimLimit, library, analyser);
  }

  /** The same with another number of runs. */
  public Request withRepeat(int times) {
    return new Request(scenarios, languages, times, victimLimit, library, analyser);
  }

  /** The same with another limit for one victim. */
  public Request withVictimLimit(Duration limit) {
    return new Request(scenarios, languages, repeat, limit, library, analyser);
  }

  /** The same with another choice of C library. */
  public Request withLibrary(LibraryChoice choice) {
    return new Request(scenarios, languages, repeat, victimLimit, choice, analyser);
  }

  /** The same with an analyser. */
  public Request withAnalyser(Analyser other) {
    return new Request(scenarios, languages, repeat, victimLimit, library, other);
  }

  /** The cases of a scenario that are asked for. */
  List<Case> cases(Scenario scenario) {
    return scenario.cases().stream().filter(one -> languages.contains(one.language())).toList();
  }
}
