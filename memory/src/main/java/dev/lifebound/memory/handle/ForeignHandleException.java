package dev.lifebound.memory.handle;

/** The handle was not issued by this registry. */
public final class ForeignHandleException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  ForeignHandleException(String message) {
    super(message);
  }
}
