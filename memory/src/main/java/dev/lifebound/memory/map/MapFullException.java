package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.LifeboundException;

/**
 * A map could not grow: it is at its limit, or the system has no memory. The map is as it was
 * before the refused call, and stays usable.
 */
public final class MapFullException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  MapFullException(String message) {
    super(message);
  }

  MapFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
