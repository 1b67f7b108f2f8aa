package dev.lifebound.crash.lab;

import dev.lifebound.crash.autopsy.HsErr;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a victim's process ended, before anybody judges it.
 *
 * @param limit the time it had
 * @param exitCode empty when it had to be killed
 * @param output the lines of its standard output
 * @param errors the lines of its error stream
 * @param hsErr the fatal error report, if it left one
 * @param diedAt when it ended, or began to write that report, in nanoseconds since 1970
 */
record Ending(
    Duration limit,
    OptionalInt exitCode,
    List<String> output,
    List<String> errors,
    Optional<HsErr> hsErr,
    long diedAt) {
  /** The JDK reports a death by signal N as exit code 128 + N. */
  private static final int SIGNAL_BASE = 128;

  private static final int SIGILL = 4;
  private static final int SIGABRT = 6;
  private static final int SIGBUS = 7;
  private static final int SIGFPE = 8;
  private static final int SIGSEGV = 11;

  /** Interpreted: {@code j a.B.c(I)V+5}; compiled: {@code J 498 c1 a.B.c(I)V (9 bytes) @ 0x...}. */
  private static final Pattern JAVA_FRAME =
      Pattern.compile("[jJ] +(?:\\d+%? +(?:[!bsn]+ +)?(?:c[12] +)?)?([\\w.$]+\\.[\\w$<>]+)\\(.*");

  /** What a JVM's run shows: a death outweighs whatever the victim said before. */
  Testimony.Told judge() {
    if (hsErr.isPresent()) {
      HsErr report = hsErr.get();
      return died(
          new Result.Crash(
              report.error(),
              report.signal(),
              report.problematicFrame(),
              report.applicationFrame().or(() -> applicationFrame(report)).orElse(null)));
    }
    if (exitCode.isEmpty()) {
      return untimed(new Result.Timeout(limit));
    }
    int code = exitCode.getAsInt();
    return switch (code - SIGNAL_BASE) {
      case SIGABRT -> died(new Result.Abort(lastError(), null));
      case SIGSEGV -> died(crashWithoutReport("SIGSEGV"));
      case SIGBUS -> died(crashWithoutReport("SIGBUS"));
      case SIGILL -> died(crashWithoutReport("SIGILL"));
      case SIGFPE -> died(crashWithoutReport("SIGFPE"));
      default -> code == 0 ? testified() : untimed(failed("exit code " + code));
    };
  }

  /** What an orderly end shows: the victim's own words. */
  Testimony.Told testified() {
    return Testimony.result(output).orElseGet(() -> untimed(failed("it ended without a word")));
  }

  /** A death, with the time from the mistake to it where that was marked. */
  Testimony.Told died(Result result) {
    OptionalLong bug = Testimony.bugTime(output);
    return new Testimony.Told(
        result,
        bug.isEmpty()
            ? Optional.empty()
            // Files have the coarse time of the kernel's clock: never before the mistake.
            : Optional.of(Duration.ofNanos(Math.max(0, diedAt - bug.getAsLong()))));
  }

  /**
   * The innermost frame outside the JDK among all frames: a report of a death in compiled code has
   * no list of Java frames.
   */
  private static Optional<String> applicationFrame(HsErr report) {
    return report.nativeFrames().stream()
        .map(JAVA_FRAME::matcher)
        .filter(Matcher::matches)
        .map(frame -> frame.group(1))
        .filter(name -> !name.startsWith("java.") && !name.startsWith("jdk."))
        .findFirst();
  }

  static Testimony.Told untimed(Result result) {
    return new Testimony.Told(result, Optional.empty());
  }

  Result failed(String how) {
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
