package dev.lifebound.memory.map;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The native memory of one map: slabs of one shared arena, cut from front to back.
 *
 * <p>Used by the map's writer; {@link #prepareSpare} by the {@link SpareThread}, {@link #close} by
 * any thread. Memory is unmapped at close only, so a reader that holds a stale location reads old
 * bytes and never faults.
 */
final class Slabs implements MapBackstop.Memory {
  /*
   * Arena.allocate zeroes, which takes 7 microseconds for 64 KiB and 105 to 470 for 1 MiB. So large
   * slabs are made by a thread of their own, one ahead, from when half of the present one is used. When the spare is late, a small slab tides the writer over.
   */
  static final long FIRST_BYTES = 16 << 10;

  /** The largest slab that the writer makes itself. */
  static final long LATE_BYTES = 64 << 10;

  static final long MAX_BYTES = 1 << 20;

  /** A pair of cache lines: the slots of a group. */
  private static final int ALIGNMENT = 128;

  /** The next slab is this part of what the map has. */
  private static final int PART = 4;

  /** Where the memory comes from; tests let it run out. */
  @FunctionalInterface
  interface Source {
    MemorySegment allocate(Arena arena, long bytes);

    Source SYSTEM = (arena, bytes) -> arena.allocate(bytes, ALIGNMENT);
  }

  private final Arena arena;
  private final Source source;
  private final long limitBytes;

  /** What slabs are cut in: locations count units. A multiple of 8. */
  private final int unitBytes;

  /** By slab number; a copy replaces it when it is full. */
  MemorySegment[] segments = new MemorySegment[4];

  private int slabs;

  /** The slab that is being cut, and how many of its units were cut from it. */
  private int current = -1;

  private int cursor;
  private int end;

  /** Up to here, slab and unit, memory was in use before the last rewind and may not be zero. */
  private int dirtySlab;

  private int dirtyCursor;

  /** The writer makes slabs of any size itself, while the map is being built. */
  private boolean patient;

  /** Of the present slabs and one-off segments, without the spare. */
  private long reservedBytes;

  /** A spare was asked for since the present slab was begun. */
  private boolean asked;

  /** What was zeroed by the writer since it last asked. */
  private long zeroedBytes;

  /** Notified when a spare was made, or could not be. */
  private final Object spareMade = new Object();

  /** Ready to be taken. Written by the spare thread, taken by the writer. */
  private volatile @Nullable MemorySegment spare;

  /** The spare that is being made or ready, in bytes; 0 is none. */
  private volatile long spareBytes;

  @SuppressWarnings("MustBeClosedChecker") // closed by close()
  Slabs(Source source, long limitBytes, int unitBytes) {
    this.unitBytes = unitBytes;
    this.source = source;
    this.limitBytes = limitBytes;
    this.arena = Arena.ofShared();
    Arrays.fill(segments, MemorySegment.NULL);
  }

  /**
   * So many units side by side, zero unless {@link #isRecycled}.
   *
   * @param units of at most {@link #LATE_BYTES} together
   * @return their location, see {@link Entry}
   * @throws OutOfNativeMemory when there is no memory; nothing has changed
   */
  long allocate(int units) {
    while (cursor + units > end) {
      if (current + 1 == slabs) {
        addSlab(units);
      }
      current++;
      cursor = 0;
      end = (int) (segments[current].byteSize() / unitBytes);
      asked = current + 1 < slabs;
    }
    long location = Entry.location(current, cursor);
    cursor += units;
    if (!asked && cursor > end >>> 1) {
      askForSpare();
    }
    return location;
  }

  /**
   * A segment of its own, zeroed by the caller's thread, for what is not a table. It lives as long
   * as the map.
   *
   * @throws OutOfNativeMemory when there is none; nothing has changed
   */
  MemorySegment allocateSegment(long bytes) {
    return create(bytes, bytes);
  }

  /** Whether a table's memory may have been used before a rewind, and so not be zero. */
  boolean isRecycled(long location) {
    long entry = location << Entry.LOCATION_SHIFT;
    int slab = Entry.slab(entry);
    return slab < dirtySlab || (slab == dirtySlab && Entry.first(entry) < dirtyCursor);
  }

  /** Gives up all that was handed out, and begins with the first slab again. */
  void rewind() {
    if (current > dirtySlab || (current == dirtySlab && cursor > dirtyCursor)) {
      dirtySlab = current;
      dirtyCursor = cursor;
    }
    current = slabs > 0 ? 0 : -1;
    cursor = 0;
    end = slabs > 0 ? (int) (segments[0].byteSize() / unitBytes) : 0;
    asked = slabs > 1;
  }

  void setPatient(boolean patient) {
    this.patient = patient;
  }

  private void addSlab(int units) {
    long bytes = (long) units * unitBytes;
    if (slabs > Entry.MAX_SLAB) {
      throw new OutOfNativeMemory(bytes, null);
    }
    MemorySegment slab = takeSpare();
    if (slab == null) {
      long wanted = patient ? nextBytes() : Math.min(nextBytes(), LATE_BYTES);
      try {
        slab = create(wholeUnits(Math.max(bytes, wanted)), bytes);
      } catch (OutOfNativeMemory e) {
        slab = lateSpare();
        if (slab == null) {
          throw e;
        }
      }
    }
    if (slabs == segments.length) {
      // A copy: a reader may hold the old array.
      MemorySegment[] wide = Arrays.copyOf(segments, 2 * slabs);
      Arrays.fill(wide, slabs, wide.length, MemorySegment.NULL);
      segments = wide;
    }
    segments[slabs++] = slab;
  }

  private @Nullable MemorySegment takeSpare() {
    MemorySegment ready = spare;
    if (ready != null) {
      reservedBytes += ready.byteSize();
      spare = null;
      spareBytes = 0;
    }
    return ready;
  }

  /**
   * The spare that is being made, which may have the last of the limit: a refusal would be wrong a
   * moment later. Null when there is none. Takes no longer than the making of a few slabs.
   */
  private @Nullable MemorySegment lateSpare() {
    boolean interrupted = false;
    synchronized (spareMade) {
      while (spareBytes != 0 && spare == null) {
        try {
          spareMade.wait();
        } catch (InterruptedException e) {
          // The memory comes in any case, and soon.
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return takeSpare();
  }

  private MemorySegment create(long wanted, long needed) {
    long size = Math.min(wanted, (limitBytes - reservedBytes()) & -Long.BYTES);
    if (size < needed) {
      throw new OutOfNativeMemory(needed, null);
    }
    MemorySegment slab;
    try {
      slab = source.allocate(arena, size);
    } catch (OutOfMemoryError e) {
      throw new OutOfNativeMemory(needed, e);
    }
    reservedBytes += size;
    zeroedBytes += size;
    return slab;
  }

  /** The size of the next slab: small beside what is there. */
  private long nextBytes() {
    return Math.clamp(Long.highestOneBit(reservedBytes / PART), FIRST_BYTES, MAX_BYTES);
  }

  private long wholeUnits(long bytes) {
    return bytes - bytes % unitBytes;
  }

  private void askForSpare() {
    long bytes = nextBytes();
    if (!patient && bytes > LATE_BYTES && spareBytes == 0 && bytes <= limitBytes - reservedBytes) {
      spareBytes = wholeUnits(bytes);
      asked = true;
      try {
        SpareThread.ask(this);
      } catch (OutOfMemoryError | LinkageError e) {
        // The thread cannot be started, or its queue not be made longer: nobody may wait for it.
        spareBytes = 0;
      }
    }
  }

  /** Makes the spare that is wanted. */
  void prepareSpare() {
    MemorySegment made = null;
    try {
      made = source.allocate(arena, spareBytes);
    } catch (OutOfMemoryError | IllegalStateException e) {
      // No memory, or closed meanwhile. The writer will find no spare, try a smaller slab itself,
      // and report what that meets.
    } finally {
      synchronized (spareMade) {
        if (made == null) {
          spareBytes = 0;
        } else {
          spare = made;
        }
        spareMade.notifyAll();
      }
    }
  }

  /** All that was taken from the system, with the spare. */
  @Override
  public long reservedBytes() {
    return reservedBytes + spareBytes;
  }

  /** The spare that is ready or being made. */
  long spareBytes() {
    return spareBytes;
  }

  /** What is left of the present slab and those after it. */
  long unusedBytes() {
    long bytes = (long) (end - cursor) * unitBytes;
    for (int i = current + 1; i < slabs; i++) {
      bytes += segments[i].byteSize();
    }
    return bytes;
  }

  long limitBytes() {
    return limitBytes;
  }

  int slabs() {
    return slabs;
  }

  /** What the calling thread has zeroed since it last asked. */
  long takeZeroedBytes() {
    long bytes = zeroedBytes;
    zeroedBytes = 0;
    return bytes;
  }

  @Override
  public boolean isOpen() {
    return arena.scope().isAlive();
  }

  @Override
  public void close() {
    arena.close();
  }

  /** Thrown within this package only; the map says what it means for the map. */
  static final class OutOfNativeMemory extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final long bytes;

    OutOfNativeMemory(long bytes, @Nullable Throwable cause) {
      super("no native memory: size=" + bytes, cause);
      this.bytes = bytes;
    }
  }
}
