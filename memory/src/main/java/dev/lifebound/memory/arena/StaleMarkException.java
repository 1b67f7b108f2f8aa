package dev.lifebound.memory.arena;

import dev.lifebound.memory.handle.LifeboundException;

/** A mark was used that its arena no longer holds, or that is another arena's. */
public final class StaleMarkException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  StaleMarkException(String message) {
    super(message);
  }
}
