package dev.lifebound.memory.guard;

/**
 * A reserved range of pages, all dead at first, each of which can be brought to life and killed.
 *
 * <p>Callers see to it that a page is not brought to life and killed at once.
 */
sealed interface DeadPages extends AutoCloseable permits UserfaultfdPages, RemappedPages {
  /** The variant, for messages. */
  GuardPool.Variant variant();

  /** Address of the first page. */
  long address();

  /** Makes dead pages readable and writable, filled with zeroes. */
  void revive(long address, long bytes);

  /** Makes live pages raise SIGBUS on every access; their content is gone. */
  void kill(long address, long bytes);

  /** Kills every page for good. The range stays reserved until the process ends. */
  @Override
  void close();
}
