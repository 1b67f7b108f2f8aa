package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.LifeboundException;
import org.jspecify.annotations.Nullable;

/** A map was used after its close. Nothing was read. */
public final class MapClosedException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  MapClosedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
