package dev.lifebound.analysis.lifetime;

/**
 * Finds a full heap behind other errors. Parsers wrap what they meet; a scan that ran out of memory
 * must say so, and not that a source is broken.
 */
public final class OutOfMemory {
  private OutOfMemory() {}

  /**
   * Throws the {@link OutOfMemoryError} that the error is or was caused by; returns if there is
   * none.
   */
  public static void rethrow(Throwable error) {
    int depth = 0;
    for (Throwable e = error; e != null && depth < MAX_DEPTH; e = e.getCause()) {
      if (e instanceof OutOfMemoryError memory) {
        throw memory;
      }
      depth++;
    }
  }

  /** Chains of causes may be rings. */
  private static final int MAX_DEPTH = 50;
}
