package dev.lifebound.crash.autopsy;

import org.jspecify.annotations.Nullable;

/** Something that an autopsy should look at cannot be read, or is something else. */
public final class AutopsyException extends Exception {
  private static final long serialVersionUID = 1;

  /** What it should have been. */
  public enum Input {
    CRASH_LOG,
    LEDGER,
    HEAP_DUMP
  }

  private final Input input;

  /**
   * @param message what must hold, the file, and what to do
   */
  AutopsyException(Input input, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.input = input;
  }

  public Input input() {
    return input;
  }
}
