package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.lifebound.memory.os.Platform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A pin on one live block: while it is open the block is not freed, whoever releases it.
 *
 * <p>Offsets are bytes from the block's start; every access is bounded by the block and refused
 * after {@link #close}. Values are in the platform's byte order and need no alignment.
 *
 * <p>While a guard is armed in strict mode, a lease of a guarded block that was freed past the
 * registry throws {@code UseAfterFreeException} before the access. A segment that {@link #segment}
 * has given is read as any other: there the guard's own error comes, see {@code Armed.explain}.
 *
 * <p>A lease belongs to the thread that opened it and is closed there, once, best by
 * try-with-resources.
 */
public final class Lease implements AutoCloseable {
  private static final String OTHER_THREAD = "used by another thread";

  private static final int CLOSED = 0;
  private static final int OPEN = 1;

  /** As open, but the block may be dead: asked before each access. */
  private static final int GUARDED = 2;

  /** Set in the mark of every thread, so that it is neither of the above. */
  private static final int MARK = 1 << 31;

  private final BlockTable table;
  private final long handle;

  /** Where the slot lies, and what its state word was made by this lease: for the close. */
  private final MemorySegment chunk;

  private final long word;
  private final MemorySegment base;
  private final long offset;
  private final long byteSize;
  private @Nullable Arena arena;

  /**
   * {@link #CLOSED}, {@link #OPEN}, {@link #GUARDED}, or in a watched registry the owner's {@link
   * #mark}.
   */
  private int state = OPEN;

  /** A lease of a part of {@code base}; {@code word} is the state word that has its pin. */
  Lease(
      BlockTable table,
      long handle,
      MemorySegment chunk,
      long word,
      MemorySegment base,
      long offset,
      long byteSize) {
    this.table = table;
    this.handle = handle;
    this.chunk = chunk;
    this.word = word;
    this.base = base;
    this.offset = offset;
    this.byteSize = byteSize;
  }

  /** A lease of all of {@code block}. */
  Lease(BlockTable table, long handle, MemorySegment chunk, long word, MemorySegment block) {
    this(table, handle, chunk, word, block, 0, block.byteSize());
  }

  /** The handle that was leased. */
  public long handle() {
    return handle;
  }

  /** Bytes of the block. */
  public long byteSize() {
    return byteSize;
  }

  public byte getByte(long at) {
    return base.get(JAVA_BYTE, check(at, Byte.BYTES));
  }

  public void setByte(long at, byte value) {
    base.set(JAVA_BYTE, check(at, Byte.BYTES), value);
  }

  public int getInt(long at) {
    return base.get(JAVA_INT_UNALIGNED, check(at, Integer.BYTES));
  }

  public void setInt(long at, int value) {
    base.set(JAVA_INT_UNALIGNED, check(at, Integer.BYTES), value);
  }

  public long getLong(long at) {
    return base.get(JAVA_LONG_UNALIGNED, check(at, Long.BYTES));
  }

  public void setLong(long at, long value) {
    base.set(JAVA_LONG_UNALIGNED, check(at, Long.BYTES), value);
  }

  public double getDouble(long at) {
    return base.get(JAVA_DOUBLE_UNALIGNED, check(at, Double.BYTES));
  }

  public void setDouble(long at, double value) {
    base.set(JAVA_DOUBLE_UNALIGNED, check(at, Double.BYTES), value);
  }

  /** Copies {@code length} bytes from the block at {@code at} into {@code target}. */
  public void read(long at, byte[] target, int from, int length) {
    MemorySegment.copy(base, JAVA_BYTE, check(at, length), target, from, length);
  }

  /** Copies {@code length} bytes of {@code source} into the block at {@code at}. */
  public void write(long at, byte[] source, int from, int length) {
    MemorySegment.copy(source, from, base, JAVA_BYTE, check(at, length), length);
  }

  /** Sets every byte of the block. */
  public void fill(byte value) {
    check(0, byteSize);
    base.asSlice(offset, byteSize).fill(value);
  }

  /**
   * The block as a segment bounded to it.
   *
   * <p>With native access enabled for this module ({@code
   * --enable-native-access=dev.lifebound.memory} on the module path, {@code
   * --enable-native-access=ALL-UNNAMED} on the class path) the segment dies with the lease: an
   * access after {@link #close} throws {@link IllegalStateException}, and only the lease's thread
   * may use it. Without, it is a plain slice that the program itself must not use after the close.
   */
  // Restricted only where the program has enabled it; the arena is closed by close().
  @SuppressWarnings({"restricted", "MustBeClosedChecker"})
  public MemorySegment segment() {
    check(0, byteSize);
    MemorySegment slice = base.asSlice(offset, byteSize);
    if (!Platform.isNativeAccessEnabled()) {
      return slice;
    }
    Arena mine = arena;
    if (mine == null) {
      mine = Arena.ofConfined();
      arena = mine;
    }
    // SAFETY: address and size are those of the slice just bounded; the block outlives this lease,
    // and the new segment ends with it.
    return MemorySegment.ofAddress(slice.address()).reinterpret(byteSize, mine, null);
  }

  /** The block as a plain slice, for calls that end before the lease. */
  MemorySegment whole() {
    return base.asSlice(check(0, byteSize), byteSize);
  }

  /**
   * Gives the pin back; frees the block if it was released meanwhile and this was the last lease.
   */
  @Override
  public void close() {
    if (state != OPEN && wasClosed()) {
      return;
    }
    Arena mine = arena;
    if (mine != null) {
      // First, since it refuses while a native call uses the segment: the lease is open then still.
      close(mine);
      arena = null;
    }
    state = CLOSED;
    table.unpin(handle, chunk, word);
  }

  private void close(Arena mine) {
    try {
      mine.close();
    } catch (WrongThreadException e) {
      Chronicle.leaseAnomaly(table, handle, OTHER_THREAD);
      throw e;
    }
  }

  /** From now on each access asks whether the block was freed past the registry. */
  void askBeforeAccess() {
    state = GUARDED;
  }

  /** In a watched registry, from now on another thread's use is noticed. */
  void belongTo(Thread thread) {
    state = mark(thread);
  }

  private static int mark(Thread thread) {
    return (int) thread.threadId() | MARK;
  }

  /** Notes a second close, which does nothing, and the close by a thread that is not the owner. */
  private boolean wasClosed() {
    if (state == CLOSED) {
      Chronicle.closedTwice(table, handle);
      return true;
    }
    noteOtherThread();
    return false;
  }

  private void noteOtherThread() {
    if (state < 0 && state != mark(Thread.currentThread())) {
      // Once is enough.
      state = GUARDED;
      Chronicle.leaseAnomaly(table, handle, OTHER_THREAD);
    }
  }

  /** The offset in the base, after refusing what is closed or out of bounds. */
  private long check(long at, long bytes) {
    if (state != OPEN) {
      checkState();
    }
    if (at < 0 || bytes < 0 || at > byteSize - bytes) {
      throw table.outside(handle, at, bytes);
    }
    return offset + at;
  }

  private void checkState() {
    if (state == CLOSED) {
      Chronicle.leaseAnomaly(table, handle, "used after close");
      throw new LeaseClosedException(
          "a lease must be open: block=" + Handles.block(handle) + "; read before its close()");
    }
    noteOtherThread();
    DeadBlocks dead = CFrees.dead;
    RuntimeException refusal = dead == null ? null : dead.refusal(base.address() + offset);
    if (refusal != null) {
      throw refusal;
    }
  }

  @Override
  public String toString() {
    return "Lease[block="
        + Handles.block(handle)
        + ", size="
        + byteSize
        + ", open="
        + (state != CLOSED)
        + "]";
  }
}
