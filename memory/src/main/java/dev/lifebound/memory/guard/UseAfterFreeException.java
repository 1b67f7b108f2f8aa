package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.LifeboundException;

/**
 * A freed block was read or written.
 *
 * <p>The access did not happen, but delivery is imprecise: a value read is arbitrary, and
 * statements behind the access may have run. Abandon the unit of work.
 */
public final class UseAfterFreeException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  private final GuardedBlock block;

  UseAfterFreeException(String message, GuardedBlock block, Throwable cause) {
    super(message, cause);
    this.block = block;
  }

  /** The block that was used. */
  public GuardedBlock block() {
    return block;
  }
}
