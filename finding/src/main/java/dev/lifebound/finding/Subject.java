package dev.lifebound.finding;

import java.util.Map;

/**
 * What a finding is about.
 *
 * @param kind an open word in lower case; the constants here are the ones in use today
 * @param name the subject's name within its kind: a relative path, a binary class name, a URL, ...
 * @param attributes further facts, for instance {@code version} of an artifact
 */
public record Subject(String kind, String name, Map<String, String> attributes) {
  public static final String FILE = "file";
  public static final String CLASS = "class";
  public static final String FUNCTION = "function";
  public static final String MAP = "map";
  public static final String BLOCK = "block";
  public static final String ARTIFACT = "artifact";
  public static final String PROCESS = "process";
  public static final String ENDPOINT = "endpoint";
  public static final String SERVICE = "service";

  public Subject {
    Checks.word("kind", kind);
    Checks.text("name", name);
    attributes = Checks.sortedCopy(attributes);
  }

  /** A subject without attributes. */
  public static Subject of(String kind, String name) {
    return new Subject(kind, name, Map.of());
  }
}
