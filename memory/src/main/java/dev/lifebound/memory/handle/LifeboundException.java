package dev.lifebound.memory.handle;

/** A use of native memory was refused. Nothing was read, written or freed by the refused call. */
public abstract class LifeboundException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The message says what must hold, the values, and what to do. */
  protected LifeboundException(String message) {
    super(message);
  }

  /** As above, with what led here. */
  protected LifeboundException(String message, Throwable cause) {
    super(message, cause);
  }
}
