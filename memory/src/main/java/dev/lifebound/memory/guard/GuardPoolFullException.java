package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.LifeboundException;

/** Every run of pages that would hold the block is in use. */
public final class GuardPoolFullException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  GuardPoolFullException(String message) {
    super(message);
  }
}
