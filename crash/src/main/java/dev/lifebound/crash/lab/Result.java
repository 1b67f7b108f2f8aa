package dev.lifebound.crash.lab;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How one run of a scenario ended. */
public sealed interface Result {

  /**
   * The program went on with data that is wrong.
   *
   * @param observation what was expected and what was read
   */
  record SilentWrongData(String observation) implements Result {}

  /**
   * The JVM died of a fatal error.
   *
   * @param error the signal's name, or what HotSpot calls the error otherwise
   * @param signal the signal's name, or null when the JVM stopped itself
   * @param frame the problematic frame out of {@code hs_err}, or null when none was written
   * @param applicationFrame the innermost Java frame outside the JDK, or null when none was written
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
   */
  record Abort(String message) implements Result {}

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
   * The access went through and the data was still right.
   *
   * @param observation what was read
   */
  record NoHarm(String observation) implements Result {}

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
   * The scenario cannot run on this machine.
   *
   * @param reason what is missing
   */
  record NotRun(String reason) implements Result {}

  /** The outcome in the words that every output uses. */
  default String outcome() {
    return switch (this) {
      case SilentWrongData _ -> "silent wrong data";
      case Crash crash -> "crash (" + crash.error() + ")";
      case Abort _ -> "abort (SIGABRT)";
      case Thrown _ -> "exception";
      case NoHarm _ -> "no harm";
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
          abort.message().isEmpty() ? "the C library gave no reason" : abort.message();
      case Thrown thrown -> thrown.text();
      case NoHarm harmless -> harmless.observation();
      case Timeout timeout -> "killed after " + timeout.limit().toMillis() + " ms";
      case Failed failed -> failed.reason();
      case NotRun notRun -> notRun.reason();
    };
  }
}
