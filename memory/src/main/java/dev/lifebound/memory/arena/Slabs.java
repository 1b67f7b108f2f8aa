package dev.lifebound.memory.arena;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The slabs of one arena: how large the next one is, which are spare, how far each is recycled.
 *
 * <p>Not thread-safe, but for {@link #table()} and {@link #dirtyTo}: an element of the table is
 * never null and never becomes another slab while a block of it lives.
 */
final class Slabs {
  /** Alignment of a slab's address: up to here an aligned offset is an aligned address. */
  static final long ALIGNMENT = 64;

  /** The most that one slab may have: 64 TiB. */
  static final long MAX_BYTES = 1L << 46;

  /** Stands in the table for a slab that was given back; every access to it throws. */
  private static final class Dead {
    static final MemorySegment SEGMENT = segment();

    private static MemorySegment segment() {
      try (Arena arena = Arena.ofShared()) {
        return arena.allocate(1);
      }
    }
  }

  private final ArenaSettings settings;
  private final Epochs epochs;

  /** By slab number; what was never a slab has no bytes. */
  private volatile MemorySegment[] table = {MemorySegment.NULL};

  /** By slab number: the bytes that were part of a block when the slab was left. */
  private long[] filledTo = new long[1];

  /** By slab number: the bytes below are recycled, those from here on were never in a block. */
  private volatile long[] dirtyTo = new long[1];

  /** Slab numbers below this are taken. */
  private int nextNumber = 1;

  private int[] spares = new int[4];
  private int spareCount;
  private long reservedBytes;

  Slabs(ArenaSettings settings, Epochs epochs) {
    this.settings = settings;
    this.epochs = epochs;
  }

  MemorySegment[] table() {
    return table;
  }

  long byteSize(int slab) {
    return table[slab].byteSize();
  }

  long address(int slab) {
    return table[slab].address();
  }

  long dirtyTo(int slab) {
    return dirtyTo[slab];
  }

  long reservedBytes() {
    return reservedBytes;
  }

  /** The size of the next slab that is not made for one block: everything doubles, up to a cap. */
  long nextBytes() {
    return Math.clamp(reservedBytes, settings.firstSlabBytes(), settings.maxSlabBytes());
  }

  /**
   * A slab of at least {@code bytes}: a spare one of at most {@code most}, else a new one of {@code
   * wanted}, or less where the limit leaves less.
   *
   * @throws ArenaLimitException when neither can be had within the limit
   */
  int take(long bytes, long wanted, long most) {
    int spare = takeSpare(bytes, most);
    if (spare != 0) {
      return spare;
    }
    long left = Math.max(0, settings.limitBytes() - reservedBytes) & -Long.BYTES;
    if (left < bytes) {
      int large = takeSpare(bytes, Long.MAX_VALUE);
      if (large == 0) {
        throw pastLimit(bytes);
      }
      return large;
    }
    return create(bytes, Math.min(wanted, left));
  }

  /** Refuses what no state of the arena would have room for. */
  void checkLimit(long bytes) {
    if (bytes > settings.limitBytes()) {
      throw pastLimit(bytes);
    }
  }

  private ArenaLimitException pastLimit(long bytes) {
    return new ArenaLimitException(
        "a map arena must stay within its limit: used="
            + reservedBytes
            + ", limit="
            + settings.limitBytes()
            + ", size="
            + bytes
            + ", tag="
            + settings.tag()
            + "; raise limitBytes, or reset or close the arena");
  }

  /** The youngest spare of fitting size, or 0. */
  private int takeSpare(long bytes, long most) {
    for (int i = spareCount - 1; i >= 0; i--) {
      int slab = spares[i];
      if (byteSize(slab) >= bytes && byteSize(slab) <= most) {
        spareCount--;
        System.arraycopy(spares, i + 1, spares, i, spareCount - i);
        return slab;
      }
    }
    return 0;
  }

  /** Changes nothing before the memory is there. */
  private int create(long bytes, long size) {
    int slab = nextNumber;
    int numbers = numbers(size);
    if (slab + numbers > table.length) {
      if (slab + numbers > Position.MAX_SLAB) {
        throw new IllegalStateException(
            "an arena must not need more slab numbers than there are: slabs="
                + slab
                + ", tag="
                + settings.tag()
                + "; allow larger slabs, or build a new arena");
      }
      widen(Math.min(2 * (slab + numbers), Position.MAX_SLAB));
    }
    MemorySegment memory = memory(bytes, size);
    table[slab] = memory;
    for (int i = 1; i < numbers; i++) {
      // To the end of the slab, so that an access may lie across the border.
      table[slab + i] = memory.asSlice(i * Position.NUMBER_BYTES);
    }
    nextNumber += numbers;
    reservedBytes += size;
    return slab;
  }

  private static int numbers(long size) {
    return (int) Math.ceilDiv(size, Position.NUMBER_BYTES);
  }

  private void widen(int numbers) {
    // Copies: a reader may hold the old table.
    MemorySegment[] wide = Arrays.copyOf(table, numbers);
    Arrays.fill(wide, table.length, numbers, MemorySegment.NULL);
    filledTo = Arrays.copyOf(filledTo, numbers);
    dirtyTo = Arrays.copyOf(dirtyTo, numbers);
    spares = Arrays.copyOf(spares, Math.max(spares.length, numbers));
    table = wide;
  }

  private MemorySegment memory(long bytes, long size) {
    try {
      return epochs.allocate(size, ALIGNMENT);
    } catch (OutOfMemoryError e) {
      OutOfMemoryError exact =
          new OutOfMemoryError(
              "the system must have memory for a slab: used="
                  + reservedBytes
                  + ", slab="
                  + size
                  + ", size="
                  + bytes
                  + ", tag="
                  + settings.tag()
                  + "; close other arenas, or give the process more");
      exact.initCause(e);
      throw exact;
    }
  }

  /** Notes how far blocks reach in a slab that is no longer allocated from. */
  void leave(int slab, long offset) {
    filledTo[slab] = offset;
  }

  /** What was filled until now is recycled from now on. */
  void recycle(int slab) {
    dirtyTo[slab] = Math.max(dirtyTo[slab], filledTo[slab]);
  }

  /** A slab whose blocks are all dead: spare from now on. */
  void makeSpare(int slab) {
    recycle(slab);
    filledTo[slab] = 0;
    spares[spareCount++] = slab;
  }

  boolean isAlive(int slab) {
    return table[slab].scope().isAlive();
  }

  /** A slab whose memory was given back: its number is never used again. */
  void bury(int slab) {
    reservedBytes -= byteSize(slab);
    filledTo[slab] = 0;
    dirtyTo[slab] = 0;
    Arrays.fill(table, slab, slab + numbers(byteSize(slab)), Dead.SEGMENT);
  }

  /** Recounts everything, given the slabs that hold blocks; for tests, while nobody else works. */
  void checkInvariants(int[] used, int usedCount) {
    boolean[] seen = new boolean[nextNumber];
    long bytes = count(used, usedCount, seen) + count(spares, spareCount, seen);
    require(bytes == reservedBytes, "reservedBytes", reservedBytes, bytes);
    require(bytes <= settings.limitBytes(), "limitBytes", settings.limitBytes(), bytes);
    for (int slab = 1; slab < nextNumber; slab += numbers(byteSize(slab))) {
      require(seen[slab] || !isAlive(slab), "lost slab", 0, slab);
      require(filledTo[slab] <= byteSize(slab), "filledTo", filledTo[slab], byteSize(slab));
      require(dirtyTo[slab] <= byteSize(slab), "dirtyTo", dirtyTo[slab], byteSize(slab));
    }
    for (int slab = nextNumber; slab < table.length; slab++) {
      require(table[slab].byteSize() == 0, "unused slab", 0, slab);
    }
    require(table[0].byteSize() == 0, "slab 0", 0, table[0].byteSize());
  }

  private long count(int[] slabs, int length, boolean[] seen) {
    long bytes = 0;
    for (int i = 0; i < length; i++) {
      require(!seen[slabs[i]], "slab listed twice", 0, slabs[i]);
      require(isAlive(slabs[i]), "dead slab listed", 0, slabs[i]);
      seen[slabs[i]] = true;
      bytes += byteSize(slabs[i]);
    }
    return bytes;
  }

  static void require(boolean holds, String what, long kept, long counted) {
    if (!holds) {
      throw new AssertionError(what + " must agree: kept=" + kept + ", counted=" + counted);
    }
  }
}
