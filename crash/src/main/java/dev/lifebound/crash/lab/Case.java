package dev.lifebound.crash.lab;

/** One victim of a scenario: the same mistake with another size, place or language. */
public final class Case {
  private final String text;
  private final Language language;
  private final String program;
  private final GoBuild build;
  private final Expectation unprotected;
  private final Expectation protectedRun;
  private final int tries;

  private Case(
      String text,
      Language language,
      String program,
      GoBuild build,
      Expectation unprotected,
      Expectation protectedRun,
      int tries) {
    this.text = text;
    this.language = language;
    this.program = program;
    this.build = build;
    this.unprotected = unprotected;
    this.protectedRun = protectedRun;
    this.tries = tries;
  }

  static Case java(String text, Expectation unprotected, Expectation protectedRun) {
    return new Case(text, Language.JAVA, "", GoBuild.PLAIN, unprotected, protectedRun, 1);
  }

  /** A function of {@code victim.c} that is given 64 bytes. */
  static Case c(String function, Expectation unprotected, Expectation protectedRun) {
    return new Case("in C", Language.C, function, GoBuild.PLAIN, unprotected, protectedRun, 1);
  }

  /**
   * A victim of the Go module.
   *
   * @param program its folder and name there, such as {@code recipe/small}
   */
  static Case go(String text, String program, Expectation unprotected, Expectation protectedRun) {
    return new Case(text, Language.GO, program, GoBuild.PLAIN, unprotected, protectedRun, 1);
  }

  /** The same, of a program that was built in another way. */
  Case built(GoBuild how) {
    return new Case(text, language, program, how, unprotected, protectedRun, tries);
  }

  /** The same, allowing so many victims for one run until one ends as expected. */
  Case tried(int times) {
    return new Case(text, language, program, build, unprotected, protectedRun, times);
  }

  /** The name within the scenario, such as {@code 48 B}. */
  public String text() {
    return text;
  }

  /** What the mistake is written in. */
  public Language language() {
    return language;
  }

  String program() {
    return program;
  }

  GoBuild build() {
    return build;
  }

  Expectation expectation(Mode mode) {
    return mode == Mode.UNPROTECTED ? unprotected : protectedRun;
  }

  /** Whether a run in this mode should end like this. */
  boolean expects(Mode mode, Result result) {
    return expectation(mode).holdsFor(result);
  }

  /** How many victims may be spent on one run until one ends as expected. */
  int tries(Mode mode) {
    return mode == Mode.UNPROTECTED ? tries : 1;
  }

  @Override
  public String toString() {
    return text;
  }
}
