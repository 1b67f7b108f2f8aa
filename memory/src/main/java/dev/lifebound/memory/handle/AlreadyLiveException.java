package dev.lifebound.memory.handle;

/** The address handed in belongs to a block that is still live. */
public final class AlreadyLiveException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  AlreadyLiveException(String message) {
    super(message);
  }
}
