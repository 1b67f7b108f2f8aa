package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.LifeboundException;

/** A codec of the program's own does not keep the law of {@link Codec}. */
public final class CodecContractException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  CodecContractException(String message) {
    super(message);
  }

  CodecContractException(String message, Throwable cause) {
    super(message, cause);
  }
}
