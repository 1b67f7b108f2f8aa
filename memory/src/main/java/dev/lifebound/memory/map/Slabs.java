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
final class Slabs {
  /*
   * Arena.allocate zeroes, which takes 7 microseconds for 64 KiB and 105 to 470 for 1 MiB. So large
   * slabs are made by a thread of their own, one ahead, from when half of the present one is used. When the spare is late, a small slab tides the writer over.
   */
  static final long FIRST_BYTES = 16 << 10;

  /** The largest slab that the writer makes itself. */
  static final long LATE_BYTES = 64 << 10;

  static final long MAX_BYTES = Entry.MAX_SLAB_BYTES;
  private static final int ALIGNMENT = 64;

  /** The next slab is this part of what the map has; the second from {@link #MAX_BYTES} on. */
  private static final int SMALL_PART = 4;

  private static final int PART = 32;

  /** Where the memory comes from; tests let it run out. */
  @FunctionalInterface
  interface Source {
    MemorySegment allocate(Arena arena, long bytes);

    Source SYSTEM = (arena, bytes) -> arena.allocate(bytes, ALIGNMENT);
  }

  private final Arena arena;
  private final Source source;
  private final long limitBytes;

  /** By slab number; a copy replaces it when it is full. */
  MemorySegment[] segments = new MemorySegment[4];

  private int slabs;

  /** The slab that is being cut, and the bytes that were cut from it. */
  private int current = -1;

  private long cursor;
  private long end;

  /** Up to here, slab and bytes, memory was in use before the last rewind and may not be zero. */
  private int dirtySlab;

  private long dirtyCursor;

  /** The writer makes slabs of any size itself, while the map is being built. */
  private boolean patient;

  /** Of the present slabs and one-off segments, without the spare. */
  private long reservedBytes;

  /** A spare was asked for since the present slab was begun. */
  private boolean asked;

  /** What was zeroed by the writer since it last asked. */
  private long zeroedBytes;

  /** Ready to be taken. Written by the spare thread, taken by the writer. */
  private volatile @Nullable MemorySegment spare;

  /** The spare that is being made or ready, in bytes; 0 is none. */
  private volatile long spareBytes;

  @SuppressWarnings("MustBeClosedChecker") // closed by close()
  Slabs(Source source, long limitBytes) {
    this.source = source;
    this.limitBytes = limitBytes;
    this.arena = Arena.ofShared();
    Arrays.fill(segments, MemorySegment.NULL);
  }

  /**
   * So many bytes, aligned to 8, and zero unless {@link #isRecycled}.
   *
   * @param bytes a multiple of 8, at most {@link #LATE_BYTES}
   * @return their location, see {@link Entry}
   * @throws OutOfNativeMemory when there is none; nothing has changed
   */
  long allocate(long bytes) {
    while (cursor + bytes > end) {
      if (current + 1 == slabs) {
        addSlab(bytes);
      }
      current++;
      cursor = 0;
      end = segments[current].byteSize();
      asked = current + 1 < slabs;
    }
    long location = Entry.location(current, cursor);
    cursor += bytes;
    if (!asked && cursor > end >>> 1) {
      askForSpare();
    }
    return location;
  }

  /** Whether memory may have been used before a rewind, and so not be zero. */
  boolean isRecycled(long location) {
    long entry = location << Entry.LOCATION_SHIFT;
    int slab = Entry.slab(entry);
    return slab < dirtySlab || (slab == dirtySlab && Entry.offset(entry) < dirtyCursor);
  }

  /** Gives up all that was handed out, and begins with the first slab again. */
  void rewind() {
    if (current > dirtySlab || (current == dirtySlab && cursor > dirtyCursor)) {
      dirtySlab = current;
      dirtyCursor = cursor;
    }
    current = slabs > 0 ? 0 : -1;
    cursor = 0;
    end = slabs > 0 ? segments[0].byteSize() : 0;
    asked = slabs > 1;
  }

  void setPatient(boolean patient) {
    this.patient = patient;
  }

  /**
   * A segment of its own, zeroed by the caller's thread, for what no slab has room for. It lives as
   * long as the map.
   *
   * @throws OutOfNativeMemory when there is none; nothing has changed
   */
  MemorySegment allocateSegment(long bytes) {
    return create(bytes, bytes);
  }

  private void addSlab(long bytes) {
    if (slabs > Entry.MAX_SLAB) {
      throw new OutOfNativeMemory(bytes, null);
    }
    MemorySegment slab = takeSpare();
    if (slab == null) {
      slab =
          create(Math.max(bytes, patient ? nextBytes() : Math.min(nextBytes(), LATE_BYTES)), bytes);
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

  private MemorySegment create(long wanted, long needed) {
    long size = Math.min(wanted, limitBytes - reservedBytes() & -Long.BYTES);
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

  /** The size of the next slab: a power of two, small beside what is there. */
  private long nextBytes() {
    long part = reservedBytes / (reservedBytes < MAX_BYTES ? SMALL_PART : PART);
    return Math.clamp(Long.highestOneBit(part), FIRST_BYTES, MAX_BYTES);
  }

  private void askForSpare() {
    long bytes = nextBytes();
    if (!patient && bytes > LATE_BYTES && spareBytes == 0 && bytes <= limitBytes - reservedBytes) {
      spareBytes = bytes;
      asked = true;
      SpareThread.ask(this);
    }
  }

  /** Makes the spare that is wanted. */
  void prepareSpare() {
    try {
      spare = source.allocate(arena, spareBytes);
    } catch (OutOfMemoryError | IllegalStateException e) {
      // No memory, or closed meanwhile. The writer will find no spare, try a smaller slab itself,
      // and report what that meets.
      spareBytes = 0;
    }
  }

  /** All that was taken from the system, with the spare. */
  long reservedBytes() {
    return reservedBytes + spareBytes;
  }

  /** The spare that is ready or being made. */
  long spareBytes() {
    return spareBytes;
  }

  /** What is left of the present slab and those after it. */
  long unusedBytes() {
    long bytes = end - cursor;
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

  boolean isAlive() {
    return arena.scope().isAlive();
  }

  void close() {
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
