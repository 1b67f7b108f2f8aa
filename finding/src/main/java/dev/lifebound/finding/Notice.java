package dev.lifebound.finding;

import org.jspecify.annotations.Nullable;

/**
 * Something a run could not do, said instead of skipped silently.
 *
 * @param code stable identifier, for instance {@code file-does-not-parse}
 * @param message one line: what, and what to do
 * @param location the file concerned, or null
 */
public record Notice(String code, String message, @Nullable Location location) {
  public Notice {
    Checks.word("code", code);
    Checks.text("message", message);
  }
}
