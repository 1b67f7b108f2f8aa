package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.LifeboundException;

/**
 * A type cannot be a map's key or value. The message has the path to the component that is the
 * reason, the reason, and what to do instead.
 */
public final class UnsuitableTypeException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  UnsuitableTypeException(String message) {
    super(message);
  }

  UnsuitableTypeException(String message, Throwable cause) {
    super(message, cause);
  }
}
