package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.LifeboundException;

/** A guarded block was freed a second time. The second free did nothing. */
public final class DoubleFreeException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  DoubleFreeException(String message) {
    super(message);
  }
}
