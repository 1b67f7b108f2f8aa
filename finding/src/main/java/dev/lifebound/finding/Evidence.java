package dev.lifebound.finding;

import java.util.Map;

/**
 * Why a finding is believed.
 *
 * @param kind an open word: {@code static-path}, {@code summary}, {@code guard-report}, ...
 * @param text one line for a reader
 * @param attributes machine-readable facts
 */
public record Evidence(String kind, String text, Map<String, String> attributes) {
  public Evidence {
    Checks.word("kind", kind);
    Checks.text("text", text);
    attributes = Checks.sortedCopy(attributes);
  }
}
