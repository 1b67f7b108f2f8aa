package dev.lifebound.memory.arena;

import dev.lifebound.memory.handle.LifeboundException;

/** A thread allocated from a single-owner arena that belongs to another thread. */
public final class NotOwnerException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  NotOwnerException(String message) {
    super(message);
  }
}
