package dev.lifebound.crash.lab;

import java.util.List;

/**
 * How a case should end in one mode.
 *
 * @param outcomes the outcomes that count as expected, in the words of {@link Result#outcome()};
 *     the first is the usual one
 * @param sign what the result must be about, as {@link Result#sign()}; empty when that is open
 */
record Expectation(List<String> outcomes, String sign) {
  Expectation {
    outcomes = List.copyOf(outcomes);
  }

  static Expectation of(String... outcomes) {
    return new Expectation(List.of(outcomes), "");
  }

  /** A Java exception of exactly this class. */
  static Expectation refusal(Class<? extends RuntimeException> exception) {
    return new Expectation(List.of(Result.EXCEPTION), exception.getName());
  }

  /** A report of the guard of this kind. */
  static Expectation report(String kind) {
    return new Expectation(List.of(Result.REPORTED), kind);
  }

  /** A finding of the analyser by this rule. */
  static Expectation finding(String rule) {
    return new Expectation(List.of(Result.FOUND), rule);
  }

  boolean holdsFor(Result result) {
    return outcomes.contains(result.outcome()) && (sign.isEmpty() || sign.equals(result.sign()));
  }
}
