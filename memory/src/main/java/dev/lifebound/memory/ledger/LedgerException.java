package dev.lifebound.memory.ledger;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A ledger cannot be created or read. The message says what must hold, and what to do. */
public final class LedgerException extends IOException {
  private static final long serialVersionUID = 1L;

  LedgerException(String message) {
    super(message);
  }

  LedgerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
