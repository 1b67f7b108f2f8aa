package dev.lifebound.cli.command;

import org.jspecify.annotations.Nullable;

/** Ends a command with one line on standard error and an exit code. */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Problem problem;

  /**
   * A failure without a cause worth a stack trace.
   *
   * @param message {@code what is wrong: name=value; what to do}
   */
  Failure(Problem problem, String message) {
    this(problem, message, null);
  }

  Failure(Problem problem, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.problem = problem;
  }

  Problem problem() {
    return problem;
  }
}
