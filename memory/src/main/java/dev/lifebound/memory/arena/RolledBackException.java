package dev.lifebound.memory.arena;

import dev.lifebound.memory.handle.LifeboundException;

/** In checked mode: a block was used after the rollback or reset that ended it. */
public final class RolledBackException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  RolledBackException(String message) {
    super(message);
  }
}
