package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.LifeboundException;

/**
 * A single-writer map was written to while another thread wrote, read or iterated.
 *
 * <p>The program has a race; the map's content may be damaged. The detection is a best effort, as
 * Go's is: an overlap that is short enough goes unseen. After it the map must be closed: what two
 * writers have done to it may show later, also as another exception of any operation.
 */
public final class ConcurrentUseException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  ConcurrentUseException(String message) {
    super(message);
  }

  ConcurrentUseException(String message, Throwable cause) {
    super(message, cause);
  }
}
