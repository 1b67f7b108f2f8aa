package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.LifeboundException;

/** A nil map was written to. Reading one is allowed: it is empty. */
public final class NilMapException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  NilMapException(String message) {
    super(message);
  }
}
