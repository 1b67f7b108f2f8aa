package dev.lifebound.memory.handle;

/** A byte limit of the registry or of a tag would be passed. */
public final class LimitExceededException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  LimitExceededException(String message) {
    super(message);
  }
}
