package dev.lifebound.memory.arena;

import dev.lifebound.memory.handle.LifeboundException;

/** In checked mode: an access or pointer arithmetic left its block. */
public final class OutsideBlockException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  OutsideBlockException(String message) {
    super(message);
  }
}
