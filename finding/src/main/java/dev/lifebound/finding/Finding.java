package dev.lifebound.finding;

import java.util.List;
import java.util.Map;

/**
 * One reported hazard.
 *
 * @param rule the rule's identifier
 * @param colour how much it matters here
 * @param colourReason why it has that colour, one line
 * @param message what is wrong, one line, with the names of the map and the pointer
 * @param remedy what to do, one line
 * @param source who says so
 * @param scope where it was seen
 * @param subject what it is about
 * @param related further subjects: the map, the freeing function, the artifact, ...
 * @param location the place to look at first
 * @param path the code flow, in the order in which it happens; may be empty for run-time findings
 * @param fingerprints strategy to value, see {@link Fingerprint}; never empty
 * @param evidence why it is believed; never empty
 */
public record Finding(
    String rule,
    Colour colour,
    String colourReason,
    String message,
    String remedy,
    Source source,
    Scope scope,
    Subject subject,
    List<Subject> related,
    Location location,
    List<Step> path,
    Map<String, String> fingerprints,
    List<Evidence> evidence) {
  public Finding {
    Checks.text("rule", rule);
    Checks.text("colourReason", colourReason);
    Checks.text("message", message);
    Checks.text("remedy", remedy);
    related = List.copyOf(related);
    path = List.copyOf(path);
    fingerprints = Checks.sortedCopy(fingerprints);
    evidence = List.copyOf(evidence);
    if (fingerprints.isEmpty() || evidence.isEmpty()) {
      throw new IllegalArgumentException(
          "a finding must carry a fingerprint and evidence: rule="
              + rule
              + ", fingerprints="
              + fingerprints.size()
              + ", evidence="
              + evidence.size());
    }
  }
}
