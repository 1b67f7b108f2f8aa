package dev.lifebound.memory.handle;

/** A lease was used after it was closed. */
public final class LeaseClosedException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  LeaseClosedException(String message) {
    super(message);
  }
}
