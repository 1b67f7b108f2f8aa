package dev.lifebound.analysis.lifetime;

import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Evidence;
import java.util.List;

/**
 * What a rule says, before it becomes a finding.
 *
 * @param rule the rule's identifier
 * @param colour how much it matters here
 * @param colourReason why
 * @param message one line
 * @param remedy one line
 * @param at the place to look at first; its function and file are the finding's
 * @param map the map
 * @param symbol the freed or inserted expression
 * @param cause the freeing function, or another word that tells hazards on one map apart
 * @param path the steps in order
 * @param evidence why it is believed; not empty
 */
public record Hazard(
    String rule,
    Colour colour,
    String colourReason,
    String message,
    String remedy,
    Facts.Point at,
    Place map,
    String symbol,
    String cause,
    List<Mark> path,
    List<Evidence> evidence) {
  public Hazard {
    path = List.copyOf(path);
    evidence = List.copyOf(evidence);
  }

  /** One step of the path. */
  public record Mark(String role, Facts.Point point, String message) {}
}
