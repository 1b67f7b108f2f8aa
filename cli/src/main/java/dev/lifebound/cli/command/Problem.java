package dev.lifebound.cli.command;

import java.util.Locale;

/** The errors of the program; the names are stable, and each has an entry in troubleshooting.md. */
enum Problem {
  /** The command line is wrong. */
  USAGE(ExitCode.USAGE),
  /** A named file or folder does not exist. */
  PATH_NOT_FOUND(ExitCode.COULD_NOT_RUN),
  /** The project's {@code .lifebound.yaml} cannot be used. */
  CONFIG_INVALID(ExitCode.COULD_NOT_RUN),
  /** The parser's native library does not load on this machine. */
  PARSER_UNAVAILABLE(ExitCode.COULD_NOT_RUN),
  /** The paths hold nothing the analyser reads. */
  NOTHING_TO_SCAN(ExitCode.COULD_NOT_RUN),
  /** The result cannot be written where it should go. */
  OUTPUT_NOT_WRITABLE(ExitCode.COULD_NOT_RUN),
  /** No process or temporary folder for the laboratory. */
  LAB_CANNOT_START(ExitCode.COULD_NOT_RUN),
  /** The program that should run with the guard cannot be started. */
  COULD_NOT_START(ExitCode.COULD_NOT_START),
  /** The guard cannot be put into a running program. */
  NOT_ARMED(ExitCode.ANSWER_IS_NO),
  /** The ledger does not exist, cannot be opened, or is something else. */
  LEDGER_UNREADABLE(ExitCode.COULD_NOT_RUN),
  /** The crash log does not exist, cannot be opened, or is something else. */
  CRASH_LOG_UNREADABLE(ExitCode.COULD_NOT_RUN),
  /** The heap dump does not exist, cannot be opened, or is something else. */
  HEAP_DUMP_UNREADABLE(ExitCode.COULD_NOT_RUN),
  /** The heap is too small for the input. */
  OUT_OF_MEMORY(ExitCode.COULD_NOT_RUN),
  /** A defect of Lifebound. */
  INTERNAL_ERROR(ExitCode.COULD_NOT_RUN);

  private final int exitCode;

  Problem(int exitCode) {
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }

  /** The problem of a stable code that another module gives. */
  static Problem ofCode(String code) {
    for (Problem problem : values()) {
      if (problem.code().equals(code)) {
        return problem;
      }
    }
    throw new IllegalArgumentException(
        "a code must be one of this program's: code=" + code + "; add it to Problem");
  }

  /** The stable code as printed: lower case with hyphens. */
  String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
