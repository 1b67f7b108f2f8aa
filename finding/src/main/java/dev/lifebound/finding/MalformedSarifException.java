package dev.lifebound.finding;

import java.io.IOException;

/** The input is not SARIF 2.1.0; the message says where and what to do. */
public final class MalformedSarifException extends IOException {
  private static final long serialVersionUID = 1;

  MalformedSarifException(String message) {
    super(message);
  }

  MalformedSarifException(String message, Throwable cause) {
    super(message, cause);
  }
}
