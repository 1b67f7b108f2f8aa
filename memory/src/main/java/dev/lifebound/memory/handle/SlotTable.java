package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The slots of all registries, in native memory, so that native code may read and change a state
 * word.
 *
 * <p>Slots never move and are never given back to the system: a read of any slot that {@link
 * #exists} is always safe, which is what lets a stale handle be refused without a lock, also when
 * its registry was closed long ago. Registries take slots by pages and give the pages back when
 * they are closed and empty; generations go on, so that no handle is issued twice.
 */
final class SlotTable {
  /*
   * Layout. One slot is 16 bytes, four to a cache line:
   *
   *    0 ........ 7  8 ..... 11  12 .... 13  14 .... 15
   *   +------------+-----------+-----------+-----------+
   *   |   state    |   size    |    tag    |   owner   |
   *   +------------+-----------+-----------+-----------+
   *
   * A free slot keeps size and tag of its last block, for messages. Sizes of 4 GiB and more are kept as
   * 4 GiB - 1; the object that holds such a block knows better. Owner is the number of the bound map
   * whose key the block is, or 0. Where the block lies follows from the slot's number: its page knows.
   * So the two cache lines that a lease touches, slot and block, are fetched side by side, not one
   * after the other.
   *
   * State word:
   *
   *   63              38 37 36 35          20   19   18               0
   *  +------------------+-----+--------------+--------+------------------+
   *  |    generation    |state|    leases    |attached|    references    |
   *  |     26 bits      |  2  |   16 bits    |   1    |     19 bits      |
   *  +------------------+-----+--------------+--------+------------------+
   *
   *   DEAD --allocate--> LIVE --last release--> DYING --last lease, deallocated--> DEAD, generation + 1
   *                        `---free seen in C--> FREED_BY_C --last reference and lease--> DEAD, generation + 1
   *
   * Attached says that something beside the table must hear of the block's end: names, children, bound
   * maps. Leases count every pin: a reader's, a parent's for its children, the
   * registry's own while it tells those who must hear.
   *
   * Every transition is one compare-and-set of the whole word.
   *
   * Pages and chunks. A slot number is chunk | page | place: 2^13 chunks of 128 pages of 256 slots. The
   * first chunk is a constant of its own, since the compiler then knows its address, length and life:
   * an access is one compare and the instruction itself. For the others it loads them each time, behind
   * the last atomic instruction, a quarter of a retain and release (docs/design-decisions.md).
   */
  static final long SLOT_BYTES = 16;
  static final int SLOT_SHIFT = 4;
  static final long STATE_OFFSET = 0;
  static final long SIZE_OFFSET = 8;
  static final long TAG_OFFSET = 12;
  static final long OWNER_OFFSET = 14;

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

  static final int PAGE_SHIFT = 8;
  static final int PAGE_SLOTS = 1 << PAGE_SHIFT;
  static final int PAGE_MASK = PAGE_SLOTS - 1;

  private static final int CHUNK_SHIFT = 15;
  private static final int CHUNK_SLOTS = 1 << CHUNK_SHIFT;
  private static final int CHUNK_MASK = CHUNK_SLOTS - 1;
  private static final int MAX_CHUNKS = 1 << (Handles.SLOT_BITS - CHUNK_SHIFT);
  private static final int MAX_PAGES = 1 << (Handles.SLOT_BITS - PAGE_SHIFT);
  private static final long CACHE_LINE_BYTES = 64;
  private static final long MAX_SIZE = 0xFFFF_FFFFL;

  private static final VarHandle LONGS = JAVA_LONG.varHandle();

  private static final MemorySegment FIRST = newChunk();
  private static final @Nullable MemorySegment[] CHUNKS = new MemorySegment[MAX_CHUNKS];

  private static final Object GROWTH = new Object();

  /** Lowest first, so that what lives long gathers in the first chunk. */
  private static final PriorityQueue<Integer> FREE_PAGES = new PriorityQueue<>();

  private static int pagesMade;
  private static volatile @Nullable Page[] pages = new Page[16];

  private SlotTable() {}

  private static MemorySegment newChunk() {
    return Arena.global().allocate(CHUNK_SLOTS * SLOT_BYTES, CACHE_LINE_BYTES);
  }

  /** Makes the page with a free number, and enters it. */
  interface PageMaker {
    Page make(int number);
  }

  /**
   * A page that is the caller's until it gives it back. All its slots are dead.
   *
   * @throws IllegalStateException when every slot number of the process is taken
   */
  static Page takePage(PageMaker maker) {
    synchronized (GROWTH) {
      Integer free = FREE_PAGES.poll();
      int number = free == null ? freshPage() : free;
      try {
        Page page = maker.make(number);
        if (number >= pages.length) {
          pages = Arrays.copyOf(pages, pages.length * 2);
        }
        pages[number] = page;
        return page;
      } catch (Throwable e) {
        FREE_PAGES.add(number);
        throw e;
      }
    }
  }

  private static int freshPage() {
    if (pagesMade == MAX_PAGES) {
      throw new IllegalStateException(
          "the registries of a process must not hold more blocks than there are slot numbers: slots="
              + (1L << Handles.SLOT_BITS)
              + "; release blocks, or hold many small things in one block");
    }
    int chunk = pagesMade >>> (CHUNK_SHIFT - PAGE_SHIFT);
    if (chunk != 0 && CHUNKS[chunk] == null) {
      CHUNKS[chunk] = newChunk();
    }
    return pagesMade++;
  }

  /** Gives a page back. No slot of it may be in use, and nobody may look at its memory again. */
  static void givePage(Page page) {
    synchronized (GROWTH) {
      pages[page.number] = null;
      FREE_PAGES.add(page.number);
    }
  }

  /** The page of a slot that is in use. */
  static Page page(int slot) {
    return Objects.requireNonNull(pageOrNull(slot), "the page of a block in use must be there");
  }

  /** The page of a slot; null when no registry has it any more. */
  static @Nullable Page pageOrNull(int slot) {
    @Nullable Page[] all = pages;
    int number = slot >>> PAGE_SHIFT;
    // A chunk exists as a whole, also where no page was begun yet: handles may be made up.
    return number < all.length ? all[number] : null;
  }

  /**
   * Reads a word of the slot's block, if the memory is a registry's own: to have it fetched. What
   * it reads says nothing, since the slot may be anybody's.
   */
  static long touch(int slot) {
    Page page = pageOrNull(slot);
    if (page == null || page.isHeld()) {
      return 0;
    }
    try {
      return page.memory.get(JAVA_LONG_UNALIGNED, page.offset(slot));
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      // The registry was closed, or its page is another's with fewer slots: nothing to fetch.
      return 0;
    }
  }

  /** Whether the slot number may be read. */
  static boolean exists(int slot) {
    int chunk = slot >>> CHUNK_SHIFT;
    return chunk == 0 || CHUNKS[chunk] != null;
  }

  /** Where a slot lies, for who needs it more than once. */
  static MemorySegment chunk(int slot) {
    int chunk = slot >>> CHUNK_SHIFT;
    return chunk == 0
        ? FIRST
        : Objects.requireNonNull(CHUNKS[chunk], "a slot that is read must exist");
  }

  private static long base(int slot) {
    return (long) (slot & CHUNK_MASK) << SLOT_SHIFT;
  }

  /**
   * Whether a dead slot has no generation left. Its page may go to other registries all the same.
   */
  static boolean isRetired(int slot) {
    return generation(stateAcquire(slot)) == Handles.GENERATION_MASK;
  }

  static long stateAcquire(int slot) {
    return (long) LONGS.getAcquire(chunk(slot), base(slot) + STATE_OFFSET);
  }

  /** Ordered after everything volatile before it: the first read of a read section. */
  static long stateVolatile(int slot) {
    return (long) LONGS.getVolatile(chunk(slot), base(slot) + STATE_OFFSET);
  }

  static boolean casState(int slot, long expected, long word) {
    return LONGS.compareAndSet(chunk(slot), base(slot) + STATE_OFFSET, expected, word);
  }

  /** As {@link #casState}; returns the word that was there. */
  static long exchangeState(int slot, long expected, long word) {
    return exchangeState(chunk(slot), slot, expected, word);
  }

  /** As above, for who has the slot's chunk. */
  static long exchangeState(MemorySegment chunk, int slot, long expected, long word) {
    return (long) LONGS.compareAndExchange(chunk, base(slot) + STATE_OFFSET, expected, word);
  }

  /** Publishes the fields written before. */
  static void setStateRelease(int slot, long word) {
    LONGS.setRelease(chunk(slot), base(slot) + STATE_OFFSET, word);
  }

  /** Where the state word lies, for native code. It stays there until the process ends. */
  static long stateAddress(int slot) {
    return chunk(slot).address() + base(slot) + STATE_OFFSET;
  }

  /** Writes the fields of a slot that is the caller's alone, with one store. */
  static void fill(int slot, long size, int tag, int owner) {
    long fields =
        ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
            ? storedSize(size) | (long) tag << 32 | (long) owner << 48
            : storedSize(size) << 32 | (long) tag << 16 | owner;
    chunk(slot).set(JAVA_LONG, base(slot) + SIZE_OFFSET, fields);
  }

  /** Ordered by the state word that is published next, or by the pin under which it is set. */
  static void setOwner(int slot, int owner) {
    chunk(slot).set(JAVA_SHORT_UNALIGNED, base(slot) + OWNER_OFFSET, (short) owner);
  }

  static int owner(int slot) {
    return Short.toUnsignedInt(chunk(slot).get(JAVA_SHORT_UNALIGNED, base(slot) + OWNER_OFFSET));
  }

  /** Changes the owner of a block that the caller has pinned, if it is the expected one. */
  static boolean casOwner(int slot, int expected, int owner) {
    MemorySegment chunk = chunk(slot);
    long at = base(slot) + SIZE_OFFSET;
    int shift = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? Long.SIZE - Short.SIZE : 0;
    while (true) {
      long fields = (long) LONGS.getVolatile(chunk, at);
      if ((int) (fields >>> shift) << Short.SIZE != expected << Short.SIZE) {
        return false;
      }
      long next = (fields & ~(0xFFFFL << shift)) | ((long) owner << shift);
      if (LONGS.compareAndSet(chunk, at, fields, next)) {
        return true;
      }
    }
  }

  /** The size as the slot has it, which is 4 GiB - 1 for larger blocks. */
  static long size(int slot) {
    return Integer.toUnsignedLong(chunk(slot).get(JAVA_INT_UNALIGNED, base(slot) + SIZE_OFFSET));
  }

  /** The size that a slot keeps for a block of this size. */
  static long storedSize(long size) {
    return Math.min(size, MAX_SIZE);
  }

  static int tag(int slot) {
    return Short.toUnsignedInt(chunk(slot).get(JAVA_SHORT_UNALIGNED, base(slot) + TAG_OFFSET));
  }

  static long word(int generation, int state, int leases, int references) {
    return ((long) generation << GENERATION_SHIFT)
        | ((long) state << STATE_SHIFT)
        | ((long) leases << LEASE_SHIFT)
        | references;
  }

  /** The word of a live block without leases or attachments. */
  static long liveWord(long handle, int references) {
    return generationBits(handle) | ((long) LIVE << STATE_SHIFT) | references;
  }

  /** Whether this is the word of the handle's block, and the block is live. */
  static boolean isLive(long word, long handle) {
    return word >>> STATE_SHIFT == (generationBits(handle) >>> STATE_SHIFT | LIVE);
  }

  /** A handle's generation where a state word has it. */
  private static long generationBits(long handle) {
    // The registry's number leaves at the top, the slot's is cut off at the bottom.
    return handle << (GENERATION_SHIFT - Handles.SLOT_BITS) & -(1L << GENERATION_SHIFT);
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
