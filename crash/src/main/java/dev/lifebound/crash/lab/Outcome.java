package dev.lifebound.crash.lab;

import java.time.Duration;
import java.util.Optional;

/**
 * One run of one case in one mode.
 *
 * @param scenario what was played
 * @param play which of its cases
 * @param mode with or without protection
 * @param result how it ended
 * @param after how long after the mistake its consequence came, where that was measured
 */
public record Outcome(
    Scenario scenario, Case play, Mode mode, Result result, Optional<Duration> after) {

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
