package dev.lifebound.crash.lab;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One run of one case in one mode.
 *
 * @param scenario what was played
 * @param play which of its cases
 * @param mode with or without protection
 * @param result how it ended
 * @param after how long after the mistake its consequence came, where that was measured
 * @param discarded how earlier victims of this run ended, which was not as expected: some cases are
 *     tried several times, as the hole that a block leaves is filled now and then
 */
public record Outcome(
    Scenario scenario,
    Case play,
    Mode mode,
    Result result,
    Optional<Duration> after,
    List<Result> discarded) {
  public Outcome {
    discarded = List.copyOf(discarded);
  }

  /** A run of one victim. */
  public Outcome(Scenario scenario, Case play, Mode mode, Result result, Optional<Duration> after) {
    this(scenario, play, mode, result, after, List.of());
  }

  /** Whether the case could run here at all. */
  public boolean ran() {
    return !(result instanceof Result.NotRun);
  }

  /** Whether the run ended as the case predicts; a case that did not run did not. */
  public boolean expected() {
    return play.expects(mode, result);
  }

  /** Whether the run contradicts the case: it ran and did not end as predicted. */
  public boolean unexpected() {
    return ran() && !expected();
  }
}
