package dev.lifebound.crash.lab;

/**
 * One run of one scenario in one mode.
 *
 * @param scenario what was played
 * @param mode with or without protection
 * @param result how it ended
 */
public record Outcome(Scenario scenario, Mode mode, Result result) {

  /** Whether the scenario could run here at all. */
  public boolean ran() {
    return !(result instanceof Result.NotRun);
  }

  /** Whether the run ended as the scenario predicts; a scenario that did not run did not. */
  public boolean expected() {
    return scenario.expects(mode, result);
  }

  /** Whether the run contradicts the scenario: it ran and did not end as predicted. */
  public boolean unexpected() {
    return ran() && !expected();
  }
}
