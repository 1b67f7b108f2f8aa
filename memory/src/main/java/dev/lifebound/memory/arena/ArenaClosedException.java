package dev.lifebound.memory.arena;

import dev.lifebound.memory.handle.LifeboundException;

/** An arena was used after its close. */
public final class ArenaClosedException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  ArenaClosedException(String message) {
    super(message);
  }
}
