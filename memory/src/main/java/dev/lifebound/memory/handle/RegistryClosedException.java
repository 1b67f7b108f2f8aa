package dev.lifebound.memory.handle;

/** The registry is closed and takes no new blocks. */
public final class RegistryClosedException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  RegistryClosedException(String message) {
    super(message);
  }
}
