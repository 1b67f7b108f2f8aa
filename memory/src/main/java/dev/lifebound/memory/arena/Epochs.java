package dev.lifebound.memory.arena;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The JDK arenas behind the slabs of one map arena. Thread-safe.
 *
 * <p>All of them are shared ones: a confined arena compares the accessing thread at every read,
 * which costs more than its cheaper close saves.
 */
final class Epochs {
  /*
   * Default mode: one arena, closed at close().
   *
   * Checked mode: one arena for the life of the whole, without memory, and above it a stack: one for
   * the blocks before the first mark, one for the blocks after each mark. What a rollback or reset
   * ends is closed there and then, and with it every segment cut from it, also slices that the
   * program made itself and this module never saw. The other way, a number in each block compared at
   * each access, would see positions only: a segment is the JDK's, and to give it a life of its own
   * takes a restricted call. The price is one close of a shared arena for each rollback, and slabs
   * that go back to the system instead of being reused.
   */
  private final String tag;
  private final Arena life;
  private final List<Arena> stack = new ArrayList<>();

  /** Checked mode: true from the first arena that close() closes, unless one is in use. */
  private volatile boolean closing;

  // Closed by close().
  @SuppressWarnings("MustBeClosedChecker")
  Epochs(String tag, boolean checked) {
    this.tag = tag;
    this.life = Arena.ofShared();
    if (checked) {
      stack.add(Arena.ofShared());
    }
  }

  boolean isAlive() {
    return !closing && life.scope().isAlive();
  }

  /** Zeroed memory of the present epoch. */
  synchronized MemorySegment allocate(long bytes, long alignment) {
    checkOpen();
    Arena arena = stack.isEmpty() ? life : stack.getLast();
    return arena.allocate(bytes, alignment);
  }

  /** Refuses what was closed. */
  void checkOpen() {
    if (!isAlive()) {
      throw closed();
    }
  }

  ArenaClosedException closed() {
    return new ArenaClosedException(
        "a map arena must be open: tag=" + tag + "; finish with it before its close()");
  }

  synchronized int depth() {
    return stack.size();
  }

  /** Checked mode: begins an epoch. */
  @SuppressWarnings("MustBeClosedChecker") // closed by endTo or close
  synchronized void begin() {
    checkOpen();
    stack.add(Arena.ofShared());
  }

  /**
   * Checked mode: ends epochs, youngest first, until {@code depth} are left.
   *
   * @throws ArenaInUseException when one cannot end now; it and the older ones are still there
   */
  synchronized void endTo(int depth) {
    while (stack.size() > depth) {
      close(stack.getLast(), "rolled back");
      stack.removeLast();
    }
  }

  /**
   * Ends everything; does nothing when that was done.
   *
   * @throws ArenaInUseException when a native call holds a segment; close again when it is done
   */
  synchronized void close() {
    if (!isAlive()) {
      return;
    }
    closing = !stack.isEmpty();
    try {
      endTo(0);
      close(life, "closed");
    } catch (ArenaInUseException e) {
      closing = false;
      throw e;
    }
  }

  private void close(Arena arena, String verb) {
    try {
      arena.close();
    } catch (IllegalStateException e) {
      ArenaInUseException exact =
          new ArenaInUseException(
              "a map arena must not be "
                  + verb
                  + " while a native call or a channel holds one of its segments: tag="
                  + tag
                  + "; let that call return and try again");
      exact.initCause(e);
      throw exact;
    }
  }
}
