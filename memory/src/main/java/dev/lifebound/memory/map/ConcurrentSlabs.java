package dev.lifebound.memory.map;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The native memory of one concurrent map: slabs of one shared arena that blocks are cut from,
 * under a lock of its own. Thread-safe.
 *
 * <p>A block is named by its position: slab number and offset. Zero names no block. A slab larger
 * than what one number covers has several. Nothing is given back before {@link #close}: whoever
 * reads at a position that it has read from the map reads memory of this map, whatever lies there
 * now.
 */
final class ConcurrentSlabs implements MapBackstop.Memory {
  /*
   * As for the maps of one writer: a large slab is zeroed by the library's spare thread, one ahead,
   * from when half of the present one is used; a small one tides the writers over when it is late.
   */

  /** Bytes that one slab number covers. */
  static final long SLAB_BYTES = 1L << 20;

  static final int SLAB_SHIFT = 20;
  static final long OFFSET_MASK = SLAB_BYTES - 1;

  /** Every position is a multiple of it. */
  static final long UNIT = 8;

  private static final long FIRST_BYTES = 16 << 10;

  /** The largest slab that a writer makes itself, unless one block needs more. */
  private static final long LATE_BYTES = 64 << 10;

  /** The next slab is this part of what the map has. */
  private static final int PART = 4;

  private final String name;
  private final long limitBytes;
  private final Slabs.Source source;
  private final Arena arena;

  /** What cells are cut from. */
  final CellPages pages = new CellPages(this);

  /** By slab number. Grows by copy; a number never comes to mean another slab. */
  private volatile MemorySegment[] table = {};

  private int used;
  private long cursor;
  private long end;

  /** Where half of the present slab is used. */
  private long askAt = Long.MAX_VALUE;

  /** Without the spare. */
  private long reservedBytes;

  /** The spare that is being made or ready, in bytes; 0 is none. */
  private long spareBytes;

  private @Nullable MemorySegment spare;

  // Closed by close().
  @SuppressWarnings("MustBeClosedChecker")
  ConcurrentSlabs(String name, long limitBytes, Slabs.Source source) {
    this.name = name;
    this.limitBytes = limitBytes;
    this.source = source;
    this.arena = Arena.ofShared();
  }

  MemorySegment[] table() {
    return table;
  }

  MemorySegment segment(long position) {
    return table[(int) (position >>> SLAB_SHIFT)];
  }

  static long offset(long position) {
    return position & OFFSET_MASK;
  }

  /**
   * Zeroed bytes that no one had before.
   *
   * @param modest to leave the spare for when the map grows
   * @param tally is told what this call has zeroed
   * @throws MapFullException when the limit or the system has no more; nothing changes then
   */
  synchronized long take(long bytes, boolean modest, GrowthTally tally) {
    long size = (bytes + UNIT - 1) & -UNIT;
    if (size > LATE_BYTES) {
      // A slab of its own, so that the present one is used up.
      return add(create(size, size, tally));
    }
    awaitRoom(size);
    if (end - cursor < size) {
      MemorySegment slab = modest ? lateSlab(size, tally) : nextSlab(size, tally);
      cursor = add(slab);
      end = cursor + slab.byteSize();
      if (cursor == 0) {
        // So that position zero names nothing.
        cursor = UNIT;
      }
      askAt = cursor + slab.byteSize() / 2;
    }
    long position = cursor;
    cursor += size;
    if (cursor > askAt) {
      askAt = Long.MAX_VALUE;
      askForSpare();
    }
    return position;
  }

  /**
   * A whole slab.
   *
   * @param modest to leave the spare for when the map grows
   * @throws MapFullException when the limit or the system has no more; nothing changes then
   */
  synchronized long takeSlab(long bytes, boolean modest, GrowthTally tally) {
    if (bytes > LATE_BYTES) {
      return add(create(bytes, bytes, tally));
    }
    return add(modest ? lateSlab(bytes, tally) : nextSlab(bytes, tally));
  }

  /** Half of a slab that {@link #takeSlab} has given is used. */
  synchronized void prepareSpare() {
    askForSpare();
  }

  private MemorySegment nextSlab(long size, GrowthTally tally) {
    // The first one has room for the bytes that name nothing.
    long needed = used == 0 ? size + UNIT : size;
    MemorySegment ready = spareBytes >= needed ? takeSpare() : null;
    return ready != null ? ready : lateSlab(needed, tally);
  }

  private MemorySegment lateSlab(long needed, GrowthTally tally) {
    return create(needed, Math.max(needed, Math.min(nextBytes(), LATE_BYTES)), tally);
  }

  private MemorySegment create(long needed, long wanted, GrowthTally tally) {
    if (limitBytes - reservedBytes - spareBytes < needed) {
      MemorySegment last = lastSpare(needed);
      if (last != null) {
        return last;
      }
    }
    long left = limitBytes - reservedBytes - spareBytes;
    if (left < needed) {
      throw full(needed, null);
    }
    try {
      MemorySegment slab = source.allocate(arena, Math.min(wanted, left & -UNIT));
      reservedBytes += slab.byteSize();
      tally.zeroed += slab.byteSize();
      return slab;
    } catch (OutOfMemoryError e) {
      throw full(needed, e);
    } catch (IllegalStateException e) {
      throw closedOr(e);
    }
  }

  /**
   * The spare, which may have the last of the limit: a refusal would be wrong a moment later. One
   * that is being made is waited for, no longer than the making of a few slabs takes. Null when
   * there is none of the size.
   */
  private synchronized @Nullable MemorySegment lastSpare(long needed) {
    awaitSpareWhile(() -> spareBytes >= needed && spare == null);
    return spareBytes >= needed ? takeSpare() : null;
  }

  /**
   * Where only the spare has so many bytes left, waits until it is made. Another writer may take it
   * first: then it is the present slab, which has room. So nothing waits later in {@link #take},
   * between its look at the present slab and the change of it.
   */
  private synchronized void awaitRoom(long size) {
    awaitSpareWhile(() -> end - cursor < size && isSpareAwaited(size));
  }

  private synchronized void awaitSpareWhile(BooleanSupplier awaited) {
    boolean interrupted = false;
    while (awaited.getAsBoolean()) {
      try {
        wait();
      } catch (InterruptedException e) {
        // The memory comes in any case, and soon.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isSpareAwaited(long needed) {
    return spare == null
        && spareBytes >= needed
        && limitBytes - reservedBytes - spareBytes < needed;
  }

  private @Nullable MemorySegment takeSpare() {
    MemorySegment ready = spare;
    if (ready != null) {
      spare = null;
      spareBytes = 0;
      reservedBytes += ready.byteSize();
    }
    return ready;
  }

  private long nextBytes() {
    return Math.clamp(Long.highestOneBit(reservedBytes / PART), FIRST_BYTES, SLAB_BYTES);
  }

  private void askForSpare() {
    long bytes = nextBytes();
    if (spareBytes == 0 && bytes > LATE_BYTES && bytes <= limitBytes - reservedBytes) {
      spareBytes = bytes;
      try {
        SpareThread.ask(() -> prepareSpare(bytes));
      } catch (OutOfMemoryError | LinkageError e) {
        // The thread cannot be started, or its queue not be made longer: nobody may wait for it.
        spareBytes = 0;
      }
    }
  }

  /** For the spare thread: the zeroing is done under no lock. */
  private void prepareSpare(long bytes) {
    MemorySegment made = null;
    try {
      made = source.allocate(arena, bytes);
    } catch (OutOfMemoryError | IllegalStateException e) {
      // No memory, or closed meanwhile. A writer will find no spare, try a smaller slab itself, and
      // report what that meets.
      made = null;
    } finally {
      synchronized (this) {
        spare = made;
        spareBytes = made == null ? 0 : bytes;
        notifyAll();
      }
    }
  }

  /** The position of the slab's first byte. */
  private long add(MemorySegment slab) {
    int count = (int) Math.ceilDiv(slab.byteSize(), SLAB_BYTES);
    int first = used;
    MemorySegment[] wide = table;
    if (first + count > wide.length) {
      int known = wide.length;
      wide = Arrays.copyOf(wide, Math.max(first + count, 2 * known));
      Arrays.fill(wide, known, wide.length, MemorySegment.NULL);
    }
    for (int i = 0; i < count; i++) {
      // To the end of the slab, so that a block may lie across the border.
      wide[first + i] = slab.asSlice(i * SLAB_BYTES);
    }
    used += count;
    table = wide;
    return (long) first << SLAB_SHIFT;
  }

  private MapFullException full(long size, @Nullable Throwable cause) {
    MapFullException full =
        new MapFullException(
            "a map must find memory for its entries: used="
                + (reservedBytes + spareBytes)
                + ", limit="
                + (limitBytes == Long.MAX_VALUE ? "none" : limitBytes)
                + ", size="
                + size
                + ", map="
                + name
                + "; remove entries, raise limitBytes, or give the process more");
    if (cause != null) {
      full.initCause(cause);
    }
    return full;
  }

  /** What to throw when an access was refused: the map was closed, or it is some other trouble. */
  RuntimeException closedOr(IllegalStateException e) {
    return isOpen() ? e : closed(e);
  }

  /** What to throw of a map that is being closed. */
  MapClosedException closed() {
    return closed(null);
  }

  private MapClosedException closed(@Nullable IllegalStateException cause) {
    MapClosedException closed =
        new MapClosedException(
            "a map must be open: map=" + name + "; finish with it before its close()");
    if (cause != null) {
      closed.initCause(cause);
    }
    return closed;
  }

  void checkOpen() {
    if (!isOpen()) {
      throw closed();
    }
  }

  @Override
  public boolean isOpen() {
    return arena.scope().isAlive();
  }

  /** All that was taken from the system. */
  @Override
  public synchronized long reservedBytes() {
    return reservedBytes + spareBytes;
  }

  /** Bytes of the present slab that no block has yet. */
  synchronized long unusedBytes() {
    return end - cursor;
  }

  /** The spare that is ready or being made. */
  synchronized long spareBytes() {
    return spareBytes;
  }

  /** Frees everything; does nothing when that was done. */
  @Override
  public synchronized void close() {
    if (isOpen()) {
      arena.close();
    }
  }
}
