package dev.lifebound.cli.command;

/** Exit codes that have one meaning in every command. */
final class ExitCode {
  static final int OK = 0;

  /** The command ran and its answer is no: a red finding, an unexpected outcome. */
  static final int ANSWER_IS_NO = 1;

  /** The command could not run. */
  static final int COULD_NOT_RUN = 2;

  /** The command line is wrong. */
  static final int USAGE = 64;

  /** {@code run}: the program could not be started. */
  static final int COULD_NOT_START = 125;

  private ExitCode() {}
}
