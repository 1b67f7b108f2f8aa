package dev.lifebound.memory.handle;

/** The name belongs to another live block. */
public final class NameTakenException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  NameTakenException(String message) {
    super(message);
  }
}
