package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.DynamicLinker;

/**
 * A free by C that the watch has seen or refused.
 *
 * @param kind what happened
 * @param address of the block
 * @param block the block as the registry names it
 * @param caller return address of the freeing call
 * @param thread the system's number of the thread
 * @param nanos when, as {@link System#nanoTime}
 */
public record WatchReport(
    Kind kind, long address, String block, long caller, int thread, long nanos) {
  /** What happened. */
  public enum Kind {
    /** C freed an adopted block; handle and maps are told, and the memory is given back. */
    FREED_BY_C("C freed an adopted block"),
    /** C freed an adopted block while it was leased; the last lease gives the memory back. */
    FREED_WHILE_LEASED(
        "C freed an adopted block that is leased; its memory is kept until the last lease is closed"),
    /** C freed an adopted block again; refused. */
    SECOND_FREE("C freed an adopted block a second time; the free was refused"),
    /** C freed a block that Java has released and still leases; refused, Java frees it. */
    FREE_AFTER_RELEASE("C freed a block that Java has released already; the free was refused");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** Whether this is a defect of the program, and not just news. */
    public boolean isDefect() {
      return this != FREED_BY_C;
    }
  }

  /** One line. */
  public String text() {
    return kind.text
        + ": "
        + block
        + ", address=0x"
        + Long.toHexString(address)
        + ", by="
        + DynamicLinker.describe(caller)
        + ", thread="
        + thread;
  }
}
