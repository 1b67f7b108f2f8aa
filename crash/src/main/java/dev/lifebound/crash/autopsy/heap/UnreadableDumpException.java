package dev.lifebound.crash.autopsy.heap;

/** A file cannot be read as a heap dump. The message says what must hold, and what to do. */
public final class UnreadableDumpException extends Exception {
  private static final long serialVersionUID = 1;

  UnreadableDumpException(String message, Throwable cause) {
    super(message, cause);
  }
}
