package dev.lifebound.crash.lab;

import java.time.Duration;
import java.util.List;

/**
 * What to run.
 *
 * @param scenarios the scenarios, in this order; at least one
 * @param repeat how often each scenario runs in each mode; at least once
 * @param victimLimit the time one victim has until it is killed
 * @param library the C library of {@link Scenario#DEAD_PAGE}
 */
public record Request(
    List<Scenario> scenarios, int repeat, Duration victimLimit, LibraryChoice library) {
  private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

  /** Copies the list and checks the bounds. */
  public Request {
    scenarios = List.copyOf(scenarios);
    if (scenarios.isEmpty()) {
      throw new IllegalArgumentException(
          "a request must name a scenario: scenarios=[]; use Laboratory.scenarios() for all");
    }
    if (repeat < 1) {
      throw new IllegalArgumentException("repeat must be at least 1: repeat=" + repeat);
    }
    if (!victimLimit.isPositive()) {
      throw new IllegalArgumentException(
          "victimLimit must be positive: victimLimit=" + victimLimit);
    }
  }

  /** Each of these scenarios once in each mode. */
  public static Request of(List<Scenario> scenarios) {
    return new Request(scenarios, 1, DEFAULT_LIMIT, LibraryChoice.ANY);
  }

  /** The same with another number of runs. */
  public Request withRepeat(int times) {
    return new Request(scenarios, times, victimLimit, library);
  }

  /** The same with another limit for one victim. */
  public Request withVictimLimit(Duration limit) {
    return new Request(scenarios, repeat, limit, library);
  }

  /** The same with another choice of C library. */
  public Request withLibrary(LibraryChoice choice) {
    return new Request(scenarios, repeat, victimLimit, choice);
  }
}
