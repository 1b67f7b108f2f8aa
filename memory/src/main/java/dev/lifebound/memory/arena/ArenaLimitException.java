package dev.lifebound.memory.arena;

import dev.lifebound.memory.handle.LifeboundException;

/** A block would have taken an arena past its byte limit. */
public final class ArenaLimitException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  ArenaLimitException(String message) {
    super(message);
  }
}
