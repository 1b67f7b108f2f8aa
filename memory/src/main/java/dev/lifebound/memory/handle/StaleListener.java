package dev.lifebound.memory.handle;

/** Hears that a block has become stale, before its memory is freed. */
@FunctionalInterface
interface StaleListener {
  /**
   * The handle is refused everywhere from now on. Called once, by the thread that made it so; must
   * not wait for other threads that use the registry.
   */
  void stale(long handle);
}
