package dev.lifebound.memory.handle;

/** A block's deallocator threw. The block counts as freed; its slot is free again. */
public final class DeallocationFailedException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  DeallocationFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
