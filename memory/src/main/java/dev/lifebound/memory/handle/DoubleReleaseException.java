package dev.lifebound.memory.handle;

/** A reference was given back that nobody holds: the double free that did not happen. */
public final class DoubleReleaseException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  DoubleReleaseException(String message) {
    super(message);
  }
}
