package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A value where it is in a {@link NativeMap}. While it is open the map refuses to be written to and
 * to be closed. Any thread may use and close it.
 */
public final class ValueLease implements AutoCloseable {
  private final NativeMap<?, ?> map;
  private final MemorySegment segment;
  private final AtomicBoolean closed = new AtomicBoolean();

  ValueLease(NativeMap<?, ?> map, MemorySegment segment) {
    this.map = map;
    this.segment = segment;
    map.backstop().lend();
  }

  /**
   * The value's bytes, read-only. Not to be used when the lease is closed: its memory may be
   * another value's then.
   *
   * @throws IllegalStateException when the lease is closed
   */
  public MemorySegment segment() {
    if (closed.get()) {
      throw new IllegalStateException(
          "a value must be read while its lease is open: map=" + map.name + "; lease it again");
    }
    return segment;
  }

  /** Lets the map be written to again. A second close does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      map.backstop().giveBack();
      map.unpin();
    }
  }
}
