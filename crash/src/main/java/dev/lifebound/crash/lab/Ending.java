package dev.lifebound.crash.lab;

import dev.lifebound.crash.autopsy.HsErr;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a victim's process ended, before anybody judges it.
 *
 * @param limit the time it had
 * @param exitCode empty when it had to be killed
 * @param output the lines of its standard output
 * @param errors the lines of its error stream
 * @param hsErr the fatal error report, if it left one
 */
record Ending(
    Duration limit,
    OptionalInt exitCode,
    List<String> output,
    List<String> errors,
    Optional<HsErr> hsErr) {
  /** The JDK reports a death by signal N as exit code 128 + N. */
  private static final int SIGNAL_BASE = 128;

  private static final int SIGILL = 4;
  private static final int SIGABRT = 6;
  private static final int SIGBUS = 7;
  private static final int SIGFPE = 8;
  private static final int SIGSEGV = 11;

  /** The result of the run: a death outweighs whatever the victim said before. */
  Result judge() {
    if (hsErr.isPresent()) {
      HsErr report = hsErr.get();
      return new Result.Crash(
          report.error(),
          report.signal(),
          report.problematicFrame(),
          report.applicationFrame().orElse(null));
    }
    if (exitCode.isEmpty()) {
      return new Result.Timeout(limit);
    }
    int code = exitCode.getAsInt();
    return switch (code - SIGNAL_BASE) {
      case SIGABRT -> new Result.Abort(lastError());
      case SIGSEGV -> crashWithoutReport("SIGSEGV");
      case SIGBUS -> crashWithoutReport("SIGBUS");
      case SIGILL -> crashWithoutReport("SIGILL");
      case SIGFPE -> crashWithoutReport("SIGFPE");
      default -> code == 0 ? testified() : failed("exit code " + code);
    };
  }

  private Result testified() {
    return Testimony.result(output).orElseGet(() -> failed("it ended without a word"));
  }

  private Result failed(String how) {
    String cause =
        errors.stream()
            .filter(line -> line.startsWith("Exception in thread"))
            .findFirst()
            .orElse(lastError());
    return new Result.Failed("the victim failed: " + how + (cause.isEmpty() ? "" : "; " + cause));
  }

  private String lastError() {
    return errors.reversed().stream()
        .filter(line -> !line.isBlank())
        .findFirst()
        .orElse("")
        .strip();
  }

  private static Result crashWithoutReport(String signal) {
    return new Result.Crash(signal, signal, null, null);
  }
}
