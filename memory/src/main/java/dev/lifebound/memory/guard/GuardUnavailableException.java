package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.LifeboundException;

/** This process cannot have a guard. The message says why and what would change that. */
public final class GuardUnavailableException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  GuardUnavailableException(String message) {
    super(message);
  }
}
