package dev.lifebound.memory.map;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The state of a map with one writer: open, closed, nil, or being written to, and by whom. Overlaps
 * of two threads are found on a best effort, as Go finds them.
 */
abstract class SingleWriter implements AutoCloseable {
  /*
   * A writer stores its thread's id before and clears it after, both opaque, so that the compiler
   * cannot drop them. Readers read it plainly: an opaque read costs 11 percent of a get that hits.
   * The compiler may then move the read out of a loop that does nothing but get; what it cannot move
   * is the directory entry, which depends on the key and carries a BUSY bit.
   */
  static final long IDLE = 0;
  static final long CLOSED = -1;
  static final long NIL = -2;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(SingleWriter.class, "state", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** {@link #IDLE}, {@link #CLOSED}, {@link #NIL}, or the id of the thread that is writing. */
  long state;

  long size;

  /** Grows with every change, of values too. Iterations ask the map again when it has moved. */
  long version;

  /** Grows with every {@code clear}. */
  int clears;

  final String name;

  /** The last thread that wrote, for messages. */
  private @Nullable Thread writer;

  SingleWriter(String name) {
    this.name = name;
  }

  @Override
  public abstract void close();

  /** Whether the memory is still there. */
  abstract boolean isAlive();

  /** Begins a change of the map. */
  final void enter() {
    if (state != IDLE) {
      throw refusal("write");
    }
    Thread current = Thread.currentThread();
    if (writer != current) {
      writer = current;
    }
    STATE.setOpaque(this, current.threadId());
  }

  /** Ends a change, in a finally clause. */
  final void leave() {
    long id = Thread.currentThread().threadId();
    if (state != id) {
      throw refusal("write");
    }
    STATE.setOpaque(this, IDLE);
  }

  /** Refuses a read while another thread writes, and of a closed map; passes that of a nil map. */
  final void checkRead(String operation) {
    // Opaque, for who comes here because of what it has read plainly, perhaps long ago.
    long now = (long) STATE.getOpaque(this);
    if (now != IDLE && now != NIL) {
      throw refusal(operation);
    }
  }

  /** Why an operation cannot be. */
  final RuntimeException refusal(String operation) {
    long now = state;
    if (now == CLOSED) {
      return closed(operation);
    }
    if (now == NIL) {
      return new NilMapException(
          "a nil map must not be written to: map="
              + name
              + "; make one with create() or builder()");
    }
    return new ConcurrentUseException(misuse(operation, now));
  }

  final MapClosedException closed(String operation) {
    return new MapClosedException(
        "a map must be open: map="
            + name
            + ", operation="
            + operation
            + "; finish with it before its close()");
  }

  private String misuse(String operation, long now) {
    Thread other = writer;
    Thread current = Thread.currentThread();
    String otherName =
        other != null && other != current && (now <= 0 || other.threadId() == now)
            ? other.getName()
            : "#" + now;
    return "a map with one writer must not be used by another thread while it writes: map="
        + name
        + ", operation="
        + operation
        + ", thread="
        + current.getName()
        + ", writer="
        + otherName
        + "; let one thread use it at a time, or use ConcurrentNativeMap";
  }

  /** What an access that failed in the storage means: closed, or two threads at once. */
  final RuntimeException explain(RuntimeException cause, String operation) {
    if (state == CLOSED || !isAlive()) {
      state = CLOSED;
      RuntimeException closed = refusal(operation);
      closed.initCause(cause);
      return closed;
    }
    // One thread alone finds every word where it belongs.
    return new ConcurrentUseException(misuse(operation, state), cause);
  }

  /** Whether the map was not closed. A nil map is open. */
  public final boolean isOpen() {
    return state != CLOSED;
  }
}
