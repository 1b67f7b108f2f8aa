package dev.lifebound.finding;

/**
 * Who reported a finding.
 *
 * @param kind an open word: {@code static}, {@code runtime}, {@code autopsy}, {@code imported}
 * @param name the tool
 * @param version its version
 */
public record Source(String kind, String name, String version) {
  public Source {
    Checks.word("kind", kind);
    Checks.text("name", name);
    Checks.text("version", version);
  }
}
