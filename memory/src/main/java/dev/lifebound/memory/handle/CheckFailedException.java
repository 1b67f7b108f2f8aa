package dev.lifebound.memory.handle;

/**
 * In checked mode: size, alignment or place of a block or a pointer is not what it must be. The
 * message names the block, and the other block where a pointer strayed into one.
 */
public final class CheckFailedException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  CheckFailedException(String message) {
    super(message);
  }
}
