package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.LifeboundException;

/**
 * A map was to be written to or closed while one of its values was lent, by {@code read} or a
 * lease. Nothing has changed.
 */
public final class MapInUseException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  MapInUseException(String message) {
    super(message);
  }
}
