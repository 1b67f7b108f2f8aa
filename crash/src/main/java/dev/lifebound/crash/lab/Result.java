package dev.lifebound.crash.lab;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How one run of a case ended. */
public sealed interface Result {
  /** The outcomes that a case can be expected to have, as {@link #outcome()} words them. */
  String SILENT = "silent wrong data";

  String SEGMENTATION_FAULT = "crash (SIGSEGV)";
  String ABORT = "abort (SIGABRT)";
  String EXCEPTION = "exception";
  String FATAL_ERROR = "fatal error";
  String PANIC = "panic";
  String LEAK = "leak";
  String NO_HARM = "no harm";
  String REFUTED = "belief refuted";
  String REPORTED = "reported";
  String FOUND = "found by scan";
  String NOT_COVERED = "not covered";

  /**
   * The program went on with data that is wrong.
   *
   * @param observation what was expected and what was read
   */
  record SilentWrongData(String observation) implements Result {}

  /**
   * The process died of a fatal error.
   *
   * @param error the signal's name, or what HotSpot calls the error otherwise
   * @param signal the signal's name, or null when the JVM stopped itself
   * @param frame the frame that the report blames, or null when none was written
   * @param applicationFrame the innermost frame outside JDK or Go runtime, or null when none was
   *     written
   */
  record Crash(
      String error,
      @Nullable String signal,
      @Nullable String frame,
      @Nullable String applicationFrame)
      implements Result {}

  /**
   * The C library stopped the process with {@code abort()}.
   *
   * @param message what the process wrote last on its error stream; may be empty
   * @param frame the innermost frame outside the runtime, or null when none was written
   */
  record Abort(String message, @Nullable String frame) implements Result {}

  /**
   * The access was refused with a Java exception.
   *
   * @param exception the class of the exception
   * @param message its message; may be empty
   */
  record Thrown(String exception, String message) implements Result {
    static Thrown of(RuntimeException exception) {
      String message = exception.getMessage();
      return new Thrown(exception.getClass().getName(), message == null ? "" : message);
    }

    /** The exception as a stack trace would head it. */
    public String text() {
      return message.isEmpty() ? exception : exception + ": " + message;
    }
  }

  /**
   * Go's runtime ended the program; {@code recover} is not asked.
   *
   * @param message the runtime's words
   * @param frame the innermost frame outside the runtime, or null when none was written
   */
  record FatalError(String message, @Nullable String frame) implements Result {}

  /**
   * A Go panic, which the victim recovered.
   *
   * @param message its value
   */
  record Panic(String message) implements Result {}

  /**
   * Native memory stayed that nobody can reach.
   *
   * @param observation how much
   */
  record Leak(String observation) implements Result {}

  /**
   * The access went through and the data was still right.
   *
   * @param observation what was read
   */
  record NoHarm(String observation) implements Result {}

  /**
   * A belief was put to the test and is wrong.
   *
   * @param observation what was seen instead
   */
  record Refuted(String observation) implements Result {}

  /**
   * The guard reported the mistake, and the program went on unharmed.
   *
   * @param kind what the guard calls it
   * @param text its report
   */
  record Reported(String kind, String text) implements Result {}

  /**
   * The analyser finds the mistake in the victim's source.
   *
   * @param rule the rule's identifier
   * @param text place, message and remedy
   */
  record Found(String rule, String text) implements Result {}

  /**
   * Neither prevented nor found by Lifebound.
   *
   * @param reason what that means
   */
  record NotCovered(String reason) implements Result {}

  /**
   * The victim did not end in time and was killed.
   *
   * @param limit the time it had
   */
  record Timeout(Duration limit) implements Result {}

  /**
   * The victim could not play its part to the end.
   *
   * @param reason what is known about it
   */
  record Failed(String reason) implements Result {}

  /**
   * The case cannot run on this machine.
   *
   * @param reason what is missing
   */
  record NotRun(String reason) implements Result {}

  /** The outcome in the words that every output uses. */
  default String outcome() {
    return switch (this) {
      case SilentWrongData _ -> SILENT;
      case Crash crash -> "crash (" + crash.error() + ")";
      case Abort _ -> ABORT;
      case Thrown _ -> EXCEPTION;
      case FatalError _ -> FATAL_ERROR;
      case Panic _ -> PANIC;
      case Leak _ -> LEAK;
      case NoHarm _ -> NO_HARM;
      case Refuted _ -> REFUTED;
      case Reported _ -> REPORTED;
      case Found _ -> FOUND;
      case NotCovered _ -> NOT_COVERED;
      case Timeout _ -> "timeout";
      case Failed _ -> "failed";
      case NotRun _ -> "not run";
    };
  }

  /** What is known beyond {@link #outcome()}; never blank. */
  default String detail() {
    return switch (this) {
      case SilentWrongData silent -> silent.observation();
      case Crash crash ->
          (crash.frame() == null ? "no frame was recorded" : "in " + crash.frame())
              + (crash.applicationFrame() == null
                  ? ""
                  : ", called from " + crash.applicationFrame());
      case Abort abort ->
          (abort.message().isEmpty() ? "the C library gave no reason" : abort.message())
              + (abort.frame() == null ? "" : "\nin " + abort.frame());
      case Thrown thrown -> thrown.text();
      case FatalError fatal ->
          fatal.message() + (fatal.frame() == null ? "" : "\nin " + fatal.frame());
      case Panic panic -> panic.message();
      case Leak leak -> leak.observation();
      case NoHarm harmless -> harmless.observation();
      case Refuted refuted -> refuted.observation();
      case Reported reported -> reported.text();
      case Found found -> found.text();
      case NotCovered not -> not.reason();
      case Timeout timeout -> "killed after " + timeout.limit().toMillis() + " ms";
      case Failed failed -> failed.reason();
      case NotRun notRun -> notRun.reason();
    };
  }

  /** What exactly was thrown, reported or found; empty for all others. */
  default String sign() {
    return switch (this) {
      case Thrown thrown -> thrown.exception();
      case Reported reported -> reported.kind();
      case Found found -> found.rule();
      default -> "";
    };
  }

  /** The signal that ended the process, or null. */
  default @Nullable String signal() {
    return switch (this) {
      case Crash crash -> crash.signal();
      case Abort _ -> "SIGABRT";
      default -> null;
    };
  }

  /** The frame in which the process ended, or null. */
  default @Nullable String topFrame() {
    return switch (this) {
      case Crash crash -> crash.frame();
      case Abort abort -> abort.frame();
      case FatalError fatal -> fatal.frame();
      default -> null;
    };
  }
}
