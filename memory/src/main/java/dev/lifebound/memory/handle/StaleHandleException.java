package dev.lifebound.memory.handle;

/** The handle's block is no longer live: the use after free that did not happen. */
public final class StaleHandleException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  StaleHandleException(String message) {
    super(message);
  }
}
