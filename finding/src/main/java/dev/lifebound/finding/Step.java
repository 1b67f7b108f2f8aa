package dev.lifebound.finding;

/**
 * One step of the path that makes a hazard happen.
 *
 * @param role an open word: {@code insert}, {@code free}, {@code use}, {@code exit}, ...
 * @param location where
 * @param message what happens there, one line
 */
public record Step(String role, Location location, String message) {
  public static final String INSERT = "insert";
  public static final String FREE = "free";
  public static final String USE = "use";
  public static final String EXIT = "exit";

  public Step {
    Checks.word("role", role);
    Checks.text("message", message);
  }
}
