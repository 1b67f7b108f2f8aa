package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.LifeboundException;
import org.jspecify.annotations.Nullable;

/**
 * A map could not grow: it is at its limit, or the system has no memory. The map is as it was
 * before the refused call, and stays usable.
 */
public final class MapFullException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  MapFullException(String message) {
    super(message);
  }

  MapFullException(String message, @Nullable Throwable cause) {
    super(message);
    if (cause != null) {
      initCause(cause);
    }
  }
}
