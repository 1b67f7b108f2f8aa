package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.LifeboundException;
import org.jspecify.annotations.Nullable;

/**
 * A map found no memory for an entry: its limit was reached, or the system had no more. The map is
 * as it was before the call.
 */
public final class MapFullException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  MapFullException(String message) {
    super(message);
  }

  MapFullException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
