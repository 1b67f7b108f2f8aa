package dev.lifebound.memory.guard;

/** Hears of every free of the watched libraries, some milliseconds later. */
@FunctionalInterface
public interface FreeListener {
  /**
   * A free.
   *
   * @param address what was freed
   * @param caller return address of the call
   * @param thread the thread's pointer: another number for every thread that lives
   */
  void freed(long address, long caller, long thread);
}
