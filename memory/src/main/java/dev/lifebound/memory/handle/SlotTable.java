package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a registry, in native memory, so that native code may read and change a state word.
 *
 * <p>Slots never move and are never given back to the system while the table is reachable: a read
 * of any slot number below {@link #capacity()} is always safe, which is what lets a stale handle be
 * refused without a lock.
 */
final class SlotTable {
  /*
   * Layout. One slot is 32 bytes, two to a cache line:
   *
   *    0 ........ 7  8 ....... 15  16 ...... 23  24 .... 25  26 .... 27  28 .. 31
   *   +------------+-------------+-------------+-----------+-----------+---------+
   *   |   state    |   address   |    size     |    tag    |   owner   |  home   |
   *   +------------+-------------+-------------+-----------+-----------+---------+
   *
   * A free slot keeps size and tag of its last block, for messages, and holds the number of the next
   * free slot where the address was. Owner is the number of the bound map whose key the block is, or
   * 0. Home is the slab of the block pool plus one; 0 says that the memory is held by an object beside
   * the table (adopted, or too large for the pool).
   *
   * State word:
   *
   *   63              38 37 36 35          20   19     18               0
   *  +------------------+-----+--------------+--------+------------------+
   *  |    generation    |state|    leases    |attached|    references    |
   *  |     26 bits      |  2  |   16 bits    |   1    |     19 bits      |
   *  +------------------+-----+--------------+--------+------------------+
   *
   *   DEAD --allocate--> LIVE --last release--> DYING --last lease, deallocated--> DEAD, generation + 1
   *                        `---free seen in C--> FREED_BY_C --last reference and lease--> DEAD, generation + 1
   *
   * Attached says that something beside the table must hear of the block's end: names, children, bound
   * maps. Leases count every pin: a reader's, a parent's for its children, the registry's own while it
   * tells those who must hear.
   *
   * Every transition is one compare-and-set of the whole word.
   *
   * Free slots form a Treiber stack [1] whose head carries a version against ABA:
   * version (36 bits) | slot + 1 (28 bits).
   *
   * [1] R. K. Treiber, Systems Programming: Coping with Parallelism, IBM RJ 5118, 1986.
   */
  static final long SLOT_BYTES = 32;
  static final int SLOT_SHIFT = 5;
  static final long STATE_OFFSET = 0;
  static final long ADDRESS_OFFSET = 8;
  static final long SIZE_OFFSET = 16;
  static final long TAG_OFFSET = 24;
  static final long OWNER_OFFSET = 26;
  static final long HOME_OFFSET = 28;

  static final int REFERENCE_BITS = 19;
  static final long ATTACHED = 1L << REFERENCE_BITS;
  static final int LEASE_BITS = 16;
  static final int LEASE_SHIFT = REFERENCE_BITS + 1;
  static final int STATE_SHIFT = LEASE_SHIFT + LEASE_BITS;
  static final int GENERATION_SHIFT = STATE_SHIFT + 2;
  static final long STATE_MASK = 3;

  static final long ONE_REFERENCE = 1;
  static final long ONE_LEASE = 1L << LEASE_SHIFT;
  static final int MAX_REFERENCES = (1 << REFERENCE_BITS) - 1;
  private static final int LEASE_MASK = (1 << LEASE_BITS) - 1;

  /** The bits of the leases, in place. */
  static final long LEASES = (long) LEASE_MASK << LEASE_SHIFT;

  /** Two fewer than fit: the registry's own pins while a block ends need no check then. */
  static final int MAX_LEASES = LEASE_MASK - 2;

  static final int DEAD = 0;
  static final int LIVE = 1;
  static final int DYING = 2;
  static final int FREED_BY_C = 3;

  private static final int CHUNK_SHIFT = 12;
  private static final int CHUNK_SLOTS = 1 << CHUNK_SHIFT;
  private static final int CHUNK_MASK = CHUNK_SLOTS - 1;
  private static final long CACHE_LINE_BYTES = 64;

  private static final VarHandle LONGS = JAVA_LONG.varHandle();

  /** Automatic: a table is freed when nobody can hold a handle operation on it any more. */
  private final Arena arena = Arena.ofAuto();

  private final AtomicLong freeHead = new AtomicLong();
  private final Object growth = new Object();
  private volatile MemorySegment[] chunks = new MemorySegment[0];

  /** Beside the table: who holds the memory of slots whose home is 0. Chunks come when needed. */
  private volatile List<AtomicReferenceArray<@Nullable HeldBlock>> held = List.of();

  private int bumped;

  /** Slot numbers below this are safe to read. */
  int capacity() {
    return chunks.length << CHUNK_SHIFT;
  }

  /** Slot numbers below this have been used at least once. */
  int used() {
    synchronized (growth) {
      return bumped;
    }
  }

  /**
   * Takes a free slot, which is the caller's alone until it publishes a state word.
   *
   * @throws IllegalStateException when every slot number is taken
   */
  int take() {
    while (true) {
      long head = freeHead.getAcquire();
      int slot = (int) (head & Handles.SLOT_MASK) - 1;
      if (slot < 0) {
        return bump();
      }
      // Racing takers may read a link that is no link any more; the version in the head refuses it.
      long next = chunk(slot).get(JAVA_LONG, base(slot) + ADDRESS_OFFSET);
      long newHead =
          ((head & ~(long) Handles.SLOT_MASK) + (1L << Handles.SLOT_BITS))
              | (next & Handles.SLOT_MASK);
      if (freeHead.compareAndSet(head, newHead)) {
        return slot;
      }
    }
  }

  /** Gives a dead slot back. */
  void give(int slot) {
    while (true) {
      long head = freeHead.getAcquire();
      chunk(slot).set(JAVA_LONG, base(slot) + ADDRESS_OFFSET, head & Handles.SLOT_MASK);
      long newHead = ((head & ~(long) Handles.SLOT_MASK) + (1L << Handles.SLOT_BITS)) | (slot + 1L);
      if (freeHead.compareAndSet(head, newHead)) {
        return;
      }
    }
  }

  private int bump() {
    synchronized (growth) {
      if (bumped == capacity()) {
        // One less than the mask: a free list links slot + 1 in as many bits.
        if (bumped >= Handles.SLOT_MASK - CHUNK_SLOTS) {
          throw new IllegalStateException(
              "a registry must not hold more blocks than its slot numbers: blocks="
                  + bumped
                  + "; use a second registry");
        }
        MemorySegment[] grown = Arrays.copyOf(chunks, chunks.length + 1);
        grown[chunks.length] = arena.allocate(CHUNK_SLOTS * SLOT_BYTES, CACHE_LINE_BYTES);
        chunks = grown;
      }
      return bumped++;
    }
  }

  /** Who holds the memory of a slot; null when nobody has held one in its chunk. */
  @Nullable HeldBlock held(int slot) {
    List<AtomicReferenceArray<@Nullable HeldBlock>> all = held;
    int chunk = slot >>> CHUNK_SHIFT;
    return chunk < all.size() ? all.get(chunk).getAcquire(slot & CHUNK_MASK) : null;
  }

  void setHeld(int slot, @Nullable HeldBlock block) {
    int chunk = slot >>> CHUNK_SHIFT;
    if (chunk >= held.size()) {
      if (block == null) {
        return;
      }
      growHeld(chunk + 1);
    }
    held.get(chunk).setRelease(slot & CHUNK_MASK, block);
  }

  private void growHeld(int size) {
    synchronized (growth) {
      List<AtomicReferenceArray<@Nullable HeldBlock>> grown = new ArrayList<>(held);
      while (grown.size() < size) {
        grown.add(new AtomicReferenceArray<>(CHUNK_SLOTS));
      }
      held = List.copyOf(grown);
    }
  }

  private MemorySegment chunk(int slot) {
    return chunks[slot >>> CHUNK_SHIFT];
  }

  private static long base(int slot) {
    return (long) (slot & CHUNK_MASK) << SLOT_SHIFT;
  }

  /** Where native code finds the state word; stays there. */
  long stateAddress(int slot) {
    return chunk(slot).address() + base(slot) + STATE_OFFSET;
  }

  long stateAcquire(int slot) {
    return (long) LONGS.getAcquire(chunk(slot), base(slot) + STATE_OFFSET);
  }

  /** Ordered after everything volatile before it: the first read of a read section. */
  long stateVolatile(int slot) {
    return (long) LONGS.getVolatile(chunk(slot), base(slot) + STATE_OFFSET);
  }

  boolean casState(int slot, long expected, long word) {
    return LONGS.compareAndSet(chunk(slot), base(slot) + STATE_OFFSET, expected, word);
  }

  /** Publishes the fields written before. */
  void setStateRelease(int slot, long word) {
    LONGS.setRelease(chunk(slot), base(slot) + STATE_OFFSET, word);
  }

  /** Writes the fields of a slot that is the caller's alone. */
  void fill(int slot, long address, long size, int tag, int home) {
    MemorySegment chunk = chunk(slot);
    long base = base(slot);
    chunk.set(JAVA_LONG, base + ADDRESS_OFFSET, address);
    chunk.set(JAVA_LONG, base + SIZE_OFFSET, size);
    chunk.set(JAVA_SHORT, base + TAG_OFFSET, (short) tag);
    chunk.set(JAVA_SHORT, base + OWNER_OFFSET, (short) 0);
    chunk.set(JAVA_INT, base + HOME_OFFSET, home);
  }

  /** Ordered by the state word that is published next, or by the pin under which it is set. */
  void setOwner(int slot, int owner) {
    chunk(slot).set(JAVA_SHORT, base(slot) + OWNER_OFFSET, (short) owner);
  }

  int owner(int slot) {
    return Short.toUnsignedInt(chunk(slot).get(JAVA_SHORT, base(slot) + OWNER_OFFSET));
  }

  long address(int slot) {
    return chunk(slot).get(JAVA_LONG, base(slot) + ADDRESS_OFFSET);
  }

  long size(int slot) {
    return chunk(slot).get(JAVA_LONG, base(slot) + SIZE_OFFSET);
  }

  int tag(int slot) {
    return Short.toUnsignedInt(chunk(slot).get(JAVA_SHORT, base(slot) + TAG_OFFSET));
  }

  int home(int slot) {
    return chunk(slot).get(JAVA_INT, base(slot) + HOME_OFFSET);
  }

  static long word(int generation, int state, int leases, int references) {
    return ((long) generation << GENERATION_SHIFT)
        | ((long) state << STATE_SHIFT)
        | ((long) leases << LEASE_SHIFT)
        | references;
  }

  /** The same word in another state. */
  static long withState(long word, int state) {
    return (word & ~(3L << STATE_SHIFT)) | ((long) state << STATE_SHIFT);
  }

  static int generation(long word) {
    return (int) (word >>> GENERATION_SHIFT);
  }

  static int state(long word) {
    return (int) (word >>> STATE_SHIFT) & 3;
  }

  static int leases(long word) {
    return (int) (word >>> LEASE_SHIFT) & LEASE_MASK;
  }

  static boolean isAttached(long word) {
    return (word & ATTACHED) != 0;
  }

  static int references(long word) {
    return (int) word & MAX_REFERENCES;
  }
}
