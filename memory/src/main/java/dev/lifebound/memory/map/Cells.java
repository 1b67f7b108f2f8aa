package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A map's variable arena: keys and values that do not fit into a word.
 *
 * <p>A cell is named by a position of {@value #POSITION_BITS} bits. Cells are cut from chunks,
 * front to back. One that is freed leaves a hole; a chunk of holes only is used again. When more
 * than half of what was cut is holes, the arena wants cleaning: the map asks for victims' cells one
 * after the other, moves the live ones, and so frees chunk after chunk, a few cells at each write.
 *
 * <p>For the map's writer; readers only read chunks. Memory goes back to the system when the map is
 * closed.
 */
final class Cells {
  // Longer than 400 lines: allocating, freeing and cleaning keep the same four counts of each
  // chunk, and checkInvariants recounts them.

  /*
   * A position is chunk number | offset / 8:
   *
   *    35            13 12           0
   *   +----------------+--------------+
   *   |     chunk      |  offset / 8  |
   *   +----------------+--------------+
   *
   * A cell:
   *
   *    0 ........... 7  8 ...
   *   +---------------+---------------+
   *   |    header     |    content    |   up to a multiple of 8
   *   +---------------+---------------+
   *
   *    63     62 .... 39   38 ... 32   31 ....... 0
   *   +------+-----------+-----------+-------------+
   *   | free | hash, top | hash, low |    bytes    |
   *   |      |  24 bits  |  7 bits   |             |
   *   +------+-----------+-----------+-------------+
   *
   * The hash is the map's hash of the entry's key: its top bits lead to the entry's table, and its low
   * bits are the tag there. So who moves a cell finds the slot that refers to it.
   *
   * A cell of more than a quarter of a chunk has a chunk of its own, which is never moved, and when it is
   * freed waits for a cell of about its size. Where there is no more memory it serves any that fits, or
   * small cells, until it is freed again.
   */
  static final int POSITION_BITS = 36;
  static final int HEADER_BYTES = Long.BYTES;

  /** The largest value: what a Java array can hold, with room for a header. */
  static final int MAX_BYTES = Integer.MAX_VALUE - 64;

  static final int HASH_TOP_BITS = 24;
  private static final int OFFSET_BITS = 13;
  private static final int OFFSET_MASK = (1 << OFFSET_BITS) - 1;
  private static final int MAX_CHUNKS = 1 << (POSITION_BITS - OFFSET_BITS);
  private static final int CHUNK_BYTES = Long.BYTES << OFFSET_BITS;
  private static final int FIRST_CHUNK_BYTES = 2 << 10;
  private static final int MAX_SHARED_BYTES = CHUNK_BYTES / 4;

  private static final long FREE = Long.MIN_VALUE;
  private static final long SIZE_MASK = 0x7FFF_FFFFL;
  private static final int LOW_HASH_SHIFT = 32;
  private static final long LOW_HASH_MASK = 0x7F;
  private static final int TOP_HASH_SHIFT = 39;
  private static final long TOP_HASH_MASK = (1L << HASH_TOP_BITS) - 1;

  /** Holes below this are not worth a step. */
  private static final long MIN_HOLES_BYTES = 4L << 10;

  /** How many chunks one write looks at for a victim. */
  private static final int VICTIMS_LOOKED_AT = 8;

  /** Sizes of large chunks: four to a doubling. */
  private static final int LARGE_STEPS = 4;

  private static final int NONE = -1;

  private final Slabs slabs;

  /** By number; a number that is not used has no bytes. */
  MemorySegment[] chunks = {MemorySegment.NULL};

  /** By number: bytes of live cells. */
  private int[] live = new int[1];

  /** By number: bytes cut, 0 when the chunk is not in use. */
  private int[] cut = new int[1];

  /** Numbers below this are taken. */
  private int count;

  /** The chunk that cells are cut from. */
  private int current = NONE;

  /** The chunks of one cell. */
  private final BitSet large = new BitSet();

  private final Deque<Integer> freeChunks = new ArrayDeque<>();

  /** By size; no queue is empty. */
  private final NavigableMap<Integer, Deque<Integer>> freeLarge = new TreeMap<>();

  private long liveBytes;
  private long cutBytes;
  private long chunkBytes;
  private long freeBytes;

  private int victim = NONE;
  private int victimOffset;
  private int hand;
  private long movedCells;

  Cells(Slabs slabs) {
    this.slabs = slabs;
  }

  static int checkedSize(long bytes) {
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "a key or value must not be larger than a map can hold: bytes="
              + bytes
              + ", most="
              + MAX_BYTES
              + "; keep it in a block and put the handle");
    }
    return (int) bytes;
  }

  static int chunk(long position) {
    return (int) (position >>> OFFSET_BITS);
  }

  /** Where the cell's header is in its chunk. */
  static long offset(long position) {
    return (position & OFFSET_MASK) << 3;
  }

  private static long position(int chunk, int offset) {
    return (long) chunk << OFFSET_BITS | offset >>> 3;
  }

  /**
   * The size in a header. Refused when the cell would not be in its chunk, which only a reader can
   * meet that races with the writer.
   */
  static int size(MemorySegment chunk, long offset) {
    long bytes = chunk.get(JAVA_LONG_UNALIGNED, offset) & SIZE_MASK;
    if (bytes > chunk.byteSize() - offset - HEADER_BYTES) {
      throw new IndexOutOfBoundsException("a cell must lie in its chunk: bytes=" + bytes);
    }
    return (int) bytes;
  }

  /** Whether the cell has this size. */
  static boolean hasSize(MemorySegment chunk, long offset, int bytes) {
    return (chunk.get(JAVA_LONG_UNALIGNED, offset) & SIZE_MASK) == bytes;
  }

  /** What a cell takes of a chunk. */
  private static int footprint(long bytes) {
    return (int) (HEADER_BYTES + bytes + Long.BYTES - 1) & -Long.BYTES;
  }

  /**
   * A cell for so many bytes of an entry with this hash. Its content is not set.
   *
   * @throws Slabs.OutOfNativeMemory when there is no memory; nothing has changed
   */
  long allocate(int bytes, long hash) {
    int footprint = footprint(bytes);
    int chunk;
    int offset = 0;
    if (footprint > MAX_SHARED_BYTES) {
      chunk = largeChunk(footprint);
      cut[chunk] = footprint;
    } else {
      if (current == NONE || cut[current] + footprint > room(chunks[current])) {
        nextChunk(footprint);
      }
      chunk = current;
      offset = cut[chunk];
      cut[chunk] += footprint;
    }
    live[chunk] += footprint;
    liveBytes += footprint;
    cutBytes += footprint;
    chunks[chunk].set(JAVA_LONG_UNALIGNED, offset, header(bytes, hash));
    return position(chunk, offset);
  }

  /** What cells can be cut from: a position does not reach further. */
  private static long room(MemorySegment chunk) {
    return Math.min(chunk.byteSize(), CHUNK_BYTES);
  }

  private static long header(int bytes, long hash) {
    return hash >>> (Long.SIZE - HASH_TOP_BITS) << TOP_HASH_SHIFT
        | (hash & LOW_HASH_MASK) << LOW_HASH_SHIFT
        | bytes;
  }

  private void nextChunk(int footprint) {
    leaveCurrent();
    Integer free = freeChunks.peekFirst();
    if (free != null && chunks[free].byteSize() >= footprint) {
      int _ = freeChunks.removeFirst();
      freeBytes -= chunks[free].byteSize();
      current = free;
      return;
    }
    long wanted = Math.clamp(Long.highestOneBit(chunkBytes), FIRST_CHUNK_BYTES, CHUNK_BYTES);
    while (wanted < footprint) {
      wanted *= 2;
    }
    int number;
    try {
      number = nextNumber();
      add(number, slabs.allocateSegment(wanted));
    } catch (Slabs.OutOfNativeMemory e) {
      number = freeLarge(footprint, Integer.MAX_VALUE);
      if (number == NONE) {
        throw e;
      }
    }
    current = number;
  }

  private void leaveCurrent() {
    int left = current;
    current = NONE;
    if (left != NONE && cut[left] == 0) {
      freed(left);
    }
  }

  private int largeChunk(int footprint) {
    int size = largeSize(footprint);
    int free = freeLarge(size, size);
    if (free != NONE) {
      return free;
    }
    try {
      int number = nextNumber();
      add(number, slabs.allocateSegment(size));
      large.set(number);
      return number;
    } catch (Slabs.OutOfNativeMemory e) {
      free = freeLarge(footprint, Integer.MAX_VALUE);
      if (free == NONE) {
        throw e;
      }
      return free;
    }
  }

  /** Takes the smallest free large chunk of such a size, or {@link #NONE}. */
  private int freeLarge(int least, int most) {
    Map.Entry<Integer, Deque<Integer>> free = freeLarge.ceilingEntry(least);
    if (free == null || free.getKey() > most) {
      return NONE;
    }
    int chunk = free.getValue().removeFirst();
    if (free.getValue().isEmpty()) {
      freeLarge.remove(free.getKey());
    }
    freeBytes -= free.getKey();
    return chunk;
  }

  /** The next of four sizes to a doubling. */
  private static int largeSize(int footprint) {
    int step = Integer.highestOneBit(footprint) / LARGE_STEPS;
    return (int) Math.min(((long) footprint + step - 1) / step * step, Integer.MAX_VALUE & -8L);
  }

  private int nextNumber() {
    if (count == MAX_CHUNKS) {
      throw new Slabs.OutOfNativeMemory(CHUNK_BYTES, null);
    }
    return count;
  }

  private void add(int number, MemorySegment chunk) {
    if (number == chunks.length) {
      // A copy: a reader may hold the old array.
      MemorySegment[] wide = Arrays.copyOf(chunks, 2 * number);
      Arrays.fill(wide, number, wide.length, MemorySegment.NULL);
      chunks = wide;
      live = Arrays.copyOf(live, wide.length);
      cut = Arrays.copyOf(cut, wide.length);
    }
    chunks[number] = chunk;
    chunkBytes += chunk.byteSize();
    count = number + 1;
  }

  /** Makes a cell a hole. */
  void free(long position) {
    int chunk = chunk(position);
    MemorySegment segment = chunks[chunk];
    long offset = offset(position);
    long header = segment.get(JAVA_LONG_UNALIGNED, offset);
    int footprint = footprint(header & SIZE_MASK);
    segment.set(JAVA_LONG_UNALIGNED, offset, header | FREE);
    live[chunk] -= footprint;
    liveBytes -= footprint;
    if (live[chunk] == 0) {
      emptied(chunk);
    }
  }

  private void emptied(int chunk) {
    cutBytes -= cut[chunk];
    cut[chunk] = 0;
    if (chunk == victim) {
      victim = NONE;
    }
    if (chunk == current) {
      return;
    }
    freed(chunk);
  }

  private void freed(int chunk) {
    int size = (int) chunks[chunk].byteSize();
    freeBytes += size;
    if (large.get(chunk)) {
      freeLarge.computeIfAbsent(size, _ -> new ArrayDeque<>()).addFirst(chunk);
    } else {
      freeChunks.addFirst(chunk);
    }
  }

  /** Whether the next bytes fit where the content of a cell is. */
  static boolean fits(int oldBytes, int newBytes) {
    return footprint(oldBytes) == footprint(newBytes);
  }

  /** Changes the size of a cell where that fits. */
  void resize(long position, int bytes) {
    MemorySegment segment = chunks[chunk(position)];
    long offset = offset(position);
    long header = segment.get(JAVA_LONG_UNALIGNED, offset);
    segment.set(JAVA_LONG_UNALIGNED, offset, (header & ~SIZE_MASK) | bytes);
  }

  // Cleaning.

  /** Whether more than half of what was cut is holes. */
  boolean wantsCleaning() {
    long holes = cutBytes - liveBytes;
    return (holes > liveBytes && holes > MIN_HOLES_BYTES) || victim != NONE;
  }

  /**
   * The position of the next live cell that should be moved; -1 when none was found this time.
   * Looks at a bounded number of cells and chunks.
   *
   * @param cells how many to look at
   */
  long nextToMove(int cells) {
    if (victim == NONE && !findVictim()) {
      return -1;
    }
    for (int i = 0; i < cells; i++) {
      if (victimOffset >= cut[victim]) {
        // All its live cells were moved, or it would have been emptied; some could not be.
        victim = NONE;
        return -1;
      }
      int offset = victimOffset;
      long header = chunks[victim].get(JAVA_LONG_UNALIGNED, offset);
      victimOffset += footprint(header & SIZE_MASK);
      if ((header & FREE) == 0) {
        return position(victim, offset);
      }
    }
    return -1;
  }

  private boolean findVictim() {
    for (int i = 0; i < VICTIMS_LOOKED_AT && count > 0; i++) {
      hand = hand + 1 < count ? hand + 1 : 0;
      if (hand != current && cut[hand] > 0 && live[hand] <= cut[hand] / 2) {
        victim = hand;
        victimOffset = 0;
        return true;
      }
    }
    return false;
  }

  /** Copies a cell to a new place; the old one is freed when the map refers to the new one. */
  long move(long position) {
    MemorySegment from = chunks[chunk(position)];
    long offset = offset(position);
    int bytes = size(from, offset);
    long hash = hash(position);
    long moved = allocate(bytes, hash);
    MemorySegment.copy(
        from, offset + HEADER_BYTES, chunks[chunk(moved)], offset(moved) + HEADER_BYTES, bytes);
    movedCells++;
    return moved;
  }

  /** The hash of a cell's entry, as far as the cell knows it: its top and its low bits. */
  long hash(long position) {
    long header = chunks[chunk(position)].get(JAVA_LONG_UNALIGNED, offset(position));
    return (header >>> TOP_HASH_SHIFT & TOP_HASH_MASK) << (Long.SIZE - HASH_TOP_BITS)
        | ((header >>> LOW_HASH_SHIFT) & LOW_HASH_MASK);
  }

  /** Forgets all cells, and keeps the chunks. Takes time for each chunk that is in use. */
  void reset() {
    leaveCurrent();
    victim = NONE;
    for (int i = 0; i < count; i++) {
      if (cut[i] != 0) {
        live[i] = 0;
        emptied(i);
      }
    }
    liveBytes = 0;
  }

  long liveBytes() {
    return liveBytes;
  }

  long holesBytes() {
    return cutBytes - liveBytes;
  }

  /** All chunks, with the free ones. */
  long chunkBytes() {
    return chunkBytes;
  }

  /** Chunks that wait to be used again. */
  long freeBytes() {
    return freeBytes;
  }

  /** Bytes by purpose. */
  MapInspection.Cells inspect() {
    return new MapInspection.Cells(
        liveBytes, holesBytes(), freeBytes, chunkBytes - freeBytes - cutBytes);
  }

  long movedCells() {
    return movedCells;
  }

  /** Whether there is a live cell here; for tests. */
  boolean isLive(long position) {
    int chunk = chunk(position);
    return chunk < count
        && offset(position) < cut[chunk]
        && (chunks[chunk].get(JAVA_LONG_UNALIGNED, offset(position)) & FREE) == 0;
  }

  /** For tests: recounts everything. */
  void checkInvariants(long liveCells) {
    long allLive = 0;
    long allCut = 0;
    long cells = 0;
    for (int i = 0; i < count; i++) {
      int sum = 0;
      int offset = 0;
      while (offset < cut[i]) {
        long header = chunks[i].get(JAVA_LONG_UNALIGNED, offset);
        int footprint = footprint(header & SIZE_MASK);
        if ((header & FREE) == 0) {
          sum += footprint;
          cells++;
        }
        offset += footprint;
      }
      require(offset == cut[i], "cut of chunk " + i, cut[i], offset);
      require(sum == live[i], "live of chunk " + i, live[i], sum);
      allLive += sum;
      allCut += cut[i];
    }
    require(allLive == liveBytes, "live", liveBytes, allLive);
    require(allCut == cutBytes, "cut", cutBytes, allCut);
    require(cells == liveCells, "cells", liveCells, cells);
  }

  private static void require(boolean holds, String what, long kept, long counted) {
    if (!holds) {
      throw new AssertionError(what + " must agree: kept=" + kept + ", counted=" + counted);
    }
  }
}
