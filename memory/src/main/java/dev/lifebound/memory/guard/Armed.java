package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The guard of this process, once armed.
 *
 * <p>Blocks come from the watched allocation functions of native libraries, or from {@link
 * #tryAllocate}. What happens at an access to a dead one depends on the {@link Mode}; the typed
 * reads here and {@link #access} throw in {@link Mode#STRICT} whatever the kind of access, also
 * where elsewhere it would have been recovered.
 *
 * <p>Any thread may call any method.
 */
public final class Armed implements AutoCloseable {
  private static final long ALIGNMENT_BYTES = 16;

  private final @Nullable NativePool pool;
  private final @Nullable Reports reports;
  private final @Nullable GuardThread thread;
  private final Mode mode;
  private final String text;

  /** In {@link Mode#OBSERVE}, without a pool. */
  Armed(String text) {
    this.mode = Mode.OBSERVE;
    this.pool = null;
    this.reports = null;
    this.thread = null;
    this.text = text;
  }

  Armed(NativePool pool, Reports reports, GuardThread thread, Mode mode, String text) {
    this.pool = pool;
    this.reports = reports;
    this.thread = thread;
    this.mode = mode;
    this.text = text;
  }

  /** What was asked for. */
  public Mode mode() {
    return mode;
  }

  /** One line: what was armed, what was not and why, and whether it has stood down since. */
  public String text() {
    String fallen = thread == null ? null : thread.stoodDown();
    return fallen == null ? text : text + "; stood down: " + fallen;
  }

  /** Whether accesses to dead blocks are still found. */
  public boolean isActive() {
    return thread != null && thread.stoodDown() == null;
  }

  /** Gets each report, on the guard's own thread. Exceptions of the listener are dropped. */
  public void onReport(Consumer<GuardReport> listener) {
    if (thread != null) {
      thread.onReport(listener);
    }
  }

  /**
   * Gets one line when the guard stands down by itself, or the ledger is lost, on the guard's own
   * thread.
   */
  public void onNotice(Consumer<String> listener) {
    if (thread != null) {
      thread.onNotice(listener);
    }
  }

  /** Waits until every misuse up to now has been reported. */
  public void flush() {
    if (thread != null) {
      thread.flush();
    }
  }

  /** The guard's thread, for who has events of his own in the ring; null without a pool. */
  @Nullable GuardThread thread() {
    return thread;
  }

  /** The machine code's pool, for who patches functions; null in {@link Mode#OBSERVE}. */
  @Nullable NativePool pool() {
    return pool;
  }

  /**
   * A guarded block of zeroes, or empty: at a limit, or when the guard has stood down. Then take
   * the block elsewhere.
   *
   * @param byteSize at least 1
   */
  @SuppressWarnings("restricted") // Guard.arm has seen to it that native access is enabled
  public Optional<MemorySegment> tryAllocate(long byteSize) {
    if (byteSize < 1) {
      throw new IllegalArgumentException(
          "a block must have at least one byte: byteSize=" + byteSize);
    }
    long address = pool == null ? 0 : pool.allocate(byteSize, ALIGNMENT_BYTES);
    // SAFETY: the pool gave this block so many bytes, which stay mapped until the process ends.
    return address == 0
        ? Optional.empty()
        : Optional.of(MemorySegment.ofAddress(address).reinterpret(byteSize));
  }

  /**
   * Frees a guarded block. A second free, and one of an address that is not a block's first, is
   * refused and reported.
   *
   * @return whether the address is one of the guard's; if not, free it where it was allocated
   */
  public boolean free(long address) {
    return pool != null && pool.owns(address) && pool.free(address) != 0;
  }

  /** Whether the address lies in the guard's range, whatever is or was there. */
  public boolean owns(long address) {
    return pool != null && pool.owns(address);
  }

  /** Whether the address lies in a guarded block that was freed. */
  public boolean isDead(long address) {
    return NativePool.isDead(word(address));
  }

  /** Accesses that met the dead pages of the block that has the address or had it last. */
  public int faults(long address) {
    int slot = pool == null ? -1 : pool.slot(address);
    return slot < 0 || pool == null ? 0 : pool.slotRecord(slot).getInt("faults");
  }

  /** The number of the block that has the address or had it last; 0 when there is none. */
  public long blockNumber(long address) {
    int slot = pool == null ? -1 : pool.slot(address);
    return slot < 0 || pool == null ? 0 : pool.slotRecord(slot).get("serial");
  }

  private long word(long address) {
    int slot = pool == null ? -1 : pool.slot(address);
    return slot < 0 || pool == null ? 0 : pool.word(slot);
  }

  /**
   * Reads a byte.
   *
   * @throws UseAfterFreeException in {@link Mode#STRICT}, when it lies in a dead block
   */
  public byte getByte(MemorySegment segment, long offset) {
    long before = wordOf(segment, offset);
    try {
      byte value = segment.get(JAVA_BYTE, offset);
      GuardPool.deliverPendingError();
      check(before, segment, offset);
      return value;
    } catch (InternalError e) {
      throw translate(e, segment, offset);
    }
  }

  /** Reads a {@code short}, which need not be aligned; otherwise as {@link #getByte}. */
  public short getShort(MemorySegment segment, long offset) {
    long before = wordOf(segment, offset);
    try {
      short value = segment.get(JAVA_SHORT_UNALIGNED, offset);
      GuardPool.deliverPendingError();
      check(before, segment, offset);
      return value;
    } catch (InternalError e) {
      throw translate(e, segment, offset);
    }
  }

  /** Reads an {@code int}, which need not be aligned; otherwise as {@link #getByte}. */
  public int getInt(MemorySegment segment, long offset) {
    long before = wordOf(segment, offset);
    try {
      int value = segment.get(JAVA_INT_UNALIGNED, offset);
      GuardPool.deliverPendingError();
      check(before, segment, offset);
      return value;
    } catch (InternalError e) {
      throw translate(e, segment, offset);
    }
  }

  /** Reads a {@code long}, which need not be aligned; otherwise as {@link #getByte}. */
  public long getLong(MemorySegment segment, long offset) {
    long before = wordOf(segment, offset);
    try {
      long value = segment.get(JAVA_LONG_UNALIGNED, offset);
      GuardPool.deliverPendingError();
      check(before, segment, offset);
      return value;
    } catch (InternalError e) {
      throw translate(e, segment, offset);
    }
  }

  /** Reads a {@code float}, which need not be aligned; otherwise as {@link #getByte}. */
  public float getFloat(MemorySegment segment, long offset) {
    long before = wordOf(segment, offset);
    try {
      float value = segment.get(JAVA_FLOAT_UNALIGNED, offset);
      GuardPool.deliverPendingError();
      check(before, segment, offset);
      return value;
    } catch (InternalError e) {
      throw translate(e, segment, offset);
    }
  }

  /** Reads a {@code double}, which need not be aligned; otherwise as {@link #getByte}. */
  public double getDouble(MemorySegment segment, long offset) {
    long before = wordOf(segment, offset);
    try {
      double value = segment.get(JAVA_DOUBLE_UNALIGNED, offset);
      GuardPool.deliverPendingError();
      check(before, segment, offset);
      return value;
    } catch (InternalError e) {
      throw translate(e, segment, offset);
    }
  }

  /**
   * Runs any access to a segment that may be stale, and throws in {@link Mode#STRICT} when the
   * segment begins in a dead block.
   *
   * <p>A value that was read of a dead block is zero, or the old one; return it and do nothing else
   * with it.
   *
   * @throws UseAfterFreeException when the access met a dead block
   */
  public <T extends @Nullable Object> T access(
      MemorySegment segment, Function<MemorySegment, T> access) {
    long before = wordOf(segment, 0);
    try {
      T result = access.apply(segment);
      GuardPool.deliverPendingError();
      check(before, segment, 0);
      return result;
    } catch (InternalError e) {
      throw translate(e, segment, 0);
    }
  }

  private long wordOf(MemorySegment segment, long offset) {
    return segment.isNative() ? word(segment.address() + offset) : 0;
  }

  /** Dead before the access: then the access was one to a dead block, however it was served. */
  private void check(long before, MemorySegment segment, long offset) {
    if (mode == Mode.STRICT && NativePool.isDead(before)) {
      throw useAfterFree(segment.address() + offset, null);
    }
  }

  private RuntimeException translate(InternalError error, MemorySegment segment, long offset) {
    if (segment.isNative() && isDead(segment.address() + offset)) {
      return useAfterFree(segment.address() + offset, error);
    }
    UseAfterFreeException explained = explain(error).orElse(null);
    if (explained == null) {
      throw error;
    }
    return explained;
  }

  private UseAfterFreeException useAfterFree(long address, @Nullable Throwable cause) {
    if (pool == null || reports == null) {
      throw new IllegalStateException("a dead block must belong to a pool: address=" + address);
    }
    return UseAfterFreeException.of(reports.block(pool.slot(address)), address, cause);
  }

  /**
   * Explains an error that came out of code that does not know the guard, on the thread on which it
   * came: the last access of this thread that the guard gave to the JVM.
   *
   * @return what happened; empty when the guard had no part in the error
   */
  public Optional<UseAfterFreeException> explain(Throwable error) {
    if (reports == null || !(error instanceof InternalError)) {
      return Optional.empty();
    }
    UseAfterFreeException explained = reports.lastDelivered(error);
    if (explained != null) {
      explained.setStackTrace(error.getStackTrace());
    }
    return Optional.ofNullable(explained);
  }

  /** What was counted since arming. */
  public GuardCounters counters() {
    return pool == null ? GuardCounters.NONE : GuardCounters.of(pool);
  }

  /**
   * Stops guarding: no further block is guarded, dead blocks come back with their old bytes, and
   * the signal handlers of before are put back, unless somebody else has gone in front meanwhile.
   * The pool's memory stays until the process ends. Later calls do nothing.
   */
  @Override
  public void close() {
    if (thread != null) {
      thread.close();
    }
    Guard.released(this);
  }

  @Override
  public String toString() {
    return text();
  }
}
