package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.LifeboundException;

/** A map was used after its close. */
public final class MapClosedException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  MapClosedException(String message) {
    super(message);
  }
}
