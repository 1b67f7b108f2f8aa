package dev.lifebound.memory.handle;

/** A C function said by its status that it failed. */
public final class ForeignCallFailedException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  private final long status;

  ForeignCallFailedException(String message, long status) {
    super(message);
    this.status = status;
  }

  /** What the function returned. */
  public long status() {
    return status;
  }
}
