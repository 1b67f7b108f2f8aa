package dev.lifebound.memory.arena;

import dev.lifebound.memory.handle.LifeboundException;

/**
 * Memory was to be released while a native call or a channel holds one of its segments; it was not.
 */
public final class ArenaInUseException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  ArenaInUseException(String message) {
    super(message);
  }
}
