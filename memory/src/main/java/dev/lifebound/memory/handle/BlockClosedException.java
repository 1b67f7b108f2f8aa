package dev.lifebound.memory.handle;

/** A {@link Block} was used after its close. */
public final class BlockClosedException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  BlockClosedException(String message) {
    super(message);
  }
}
