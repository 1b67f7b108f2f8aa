package dev.lifebound.memory.guard;

/**
 * At which end of its pages a guarded block lies: what lies beyond that end is dead, so that the
 * first byte accessed there is met at once.
 */
public enum Align {
  /**
   * Blocks begin a page. What lies before them is met at once, a write shortly behind them at their
   * free. With glibc a {@code free} that passes none of our stubs (a function pointer that was
   * fetched before arming) is noticed and harmless.
   */
  START,
  /**
   * Blocks end a page, save for up to 15 bytes that keep them aligned. What lies behind them is met
   * at once, at its first byte. A {@code free} that passes none of our stubs ends the process, as
   * the C library does for any address that is not its own: for tests, or where every free is
   * watched.
   */
  END
}
