package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The memory of blocks that Java allocates: size classes over slabs of one shared arena.
 *
 * <p>Lock-free except when a slab is added. A position names a place in the pool: slab number and
 * offset in units of 16 bytes. Memory goes back to the system only when the pool is closed.
 */
final class BlockPool implements AutoCloseable {
  /*
   * Size classes: 16 bytes to 64 KiB, four steps to each doubling from 64 bytes on, so that at most a
   * fifth of a block is waste. A free block holds the position of the next one in its first 8 bytes;
   * each class is a Treiber stack with a versioned head:
   *
   *   63        40 39                  16 15              0
   *  +------------+----------------------+-----------------+
   *  |  version   |         slab         |   offset / 16   |   position + 1; 0 is the empty stack
   *  +------------+----------------------+-----------------+
   */
  static final long MAX_BLOCK_BYTES = 64 << 10;
  private static final long SLAB_BYTES = 1 << 20;
  private static final int UNIT_SHIFT = 4;
  private static final int SLAB_UNITS = (int) (SLAB_BYTES >> UNIT_SHIFT);
  private static final int OFFSET_BITS = 16;
  private static final int POSITION_BITS = 40;
  private static final long POSITION_MASK = (1L << POSITION_BITS) - 1;
  private static final int FINE_CLASSES = 4;
  private static final int STEPS = 4;
  private static final int CLASSES = classOf(MAX_BLOCK_BYTES) + 1;

  private final Arena arena = Arena.ofShared();
  private final AtomicLongArray free = new AtomicLongArray(CLASSES);

  /** Newest slab (upper half) and its used units (lower half); full before the first slab. */
  private final AtomicLong bump = new AtomicLong(SLAB_UNITS);

  private final Object growth = new Object();
  private volatile MemorySegment[] slabs = new MemorySegment[0];

  /** The class of a size from 1 to {@link #MAX_BLOCK_BYTES}. */
  static int classOf(long bytes) {
    if (bytes <= FINE_CLASSES << UNIT_SHIFT) {
      return (int) ((bytes - 1) >>> UNIT_SHIFT);
    }
    int log = 63 - Long.numberOfLeadingZeros(bytes - 1);
    int step = (int) ((bytes - 1) >>> (log - 2)) & (STEPS - 1);
    return FINE_CLASSES + (log - 6) * STEPS + step;
  }

  /** The bytes that a block of a class takes. */
  static long classBytes(int sizeClass) {
    if (sizeClass < FINE_CLASSES) {
      return (sizeClass + 1L) << UNIT_SHIFT;
    }
    int log = 6 + (sizeClass - FINE_CLASSES) / STEPS;
    int step = (sizeClass - FINE_CLASSES) % STEPS;
    return (1L << log) + ((step + 1L) << (log - 2));
  }

  /** A zeroed block; the result is a position. */
  long allocate(long bytes) {
    int sizeClass = classOf(bytes);
    while (true) {
      long head = free.getAcquire(sizeClass);
      long position = (head & POSITION_MASK) - 1;
      if (position < 0) {
        return fresh(classBytes(sizeClass));
      }
      // A racing taker may read what its new owner wrote; the version in the head refuses it then.
      long next = slab(position).get(JAVA_LONG, offset(position)) & POSITION_MASK;
      long newHead = ((head & ~POSITION_MASK) + (1L << POSITION_BITS)) | next;
      if (free.compareAndSet(sizeClass, head, newHead)) {
        slab(position).asSlice(offset(position), bytes).fill((byte) 0);
        return position;
      }
    }
  }

  /** Gives a block of this size back. */
  void free(long position, long bytes) {
    int sizeClass = classOf(bytes);
    while (true) {
      long head = free.getAcquire(sizeClass);
      slab(position).set(JAVA_LONG, offset(position), head & POSITION_MASK);
      long newHead = ((head & ~POSITION_MASK) + (1L << POSITION_BITS)) | (position + 1);
      if (free.compareAndSet(sizeClass, head, newHead)) {
        return;
      }
    }
  }

  private long fresh(long bytes) {
    int units = (int) (bytes >>> UNIT_SHIFT);
    while (true) {
      long seen = bump.getAcquire();
      int used = (int) seen;
      if (used + units > SLAB_UNITS) {
        addSlab(seen);
      } else if (bump.compareAndSet(seen, seen + units)) {
        return ((seen >>> Integer.SIZE) << OFFSET_BITS) | used;
      }
    }
  }

  /** The rest of the old slab stays unused: less than one block of the class asked for. */
  private void addSlab(long seen) {
    synchronized (growth) {
      if (bump.getAcquire() != seen) {
        return;
      }
      int slab = slabs.length;
      MemorySegment[] grown = Arrays.copyOf(slabs, slab + 1);
      grown[slab] = arena.allocate(SLAB_BYTES, 1L << UNIT_SHIFT);
      slabs = grown;
      bump.setRelease((long) slab << Integer.SIZE);
    }
  }

  /** The position of an address inside a slab. */
  long position(int slab, long address) {
    return ((long) slab << OFFSET_BITS) | ((address - slabs[slab].address()) >>> UNIT_SHIFT);
  }

  MemorySegment slab(int slab) {
    return slabs[slab];
  }

  MemorySegment slab(long position) {
    return slabs[slabOf(position)];
  }

  static int slabOf(long position) {
    return (int) (position >>> OFFSET_BITS);
  }

  static long offset(long position) {
    return (position & ((1L << OFFSET_BITS) - 1)) << UNIT_SHIFT;
  }

  @Override
  public void close() {
    arena.close();
  }
}
