package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The storage of the concurrent maps: words under words, in small tables, by hash. Knows where a
 * key is and how the storage grows; what the words mean is the business of the map above.
 *
 * <p>Reads take no lock. Everything that is said to be "under the lock" needs the lock of the key's
 * stripe, which {@link #lock} takes.
 */
final class ConcurrentTables {
  // Longer than 400 lines: reading without a lock is right only together with the order of the
  // writes, so both stand here.

  /*
   * Layout
   *
   *    root: Stripe[]                by the leading bits of the hash
   *      |
   *      v
   *    Stripe --> directory: long[]  by the bits that follow
   *      |          | entry: position | depth | groups
   *      |          v
   *      |        table: header | group 0 | group 1 | ...     native memory
   *      |                           |
   *      |                           v
   *      |                        control word | key value | key value | ... 8 of them
   *      v
   *    StripeState: the lock, sizes, free lists
   *
   *    control byte: 0 empty, 1 removed, 0x80 | 7 bits of the hash: full
   *
   * A table holds the keys of one range of hashes, which all begin with the same `depth` bits.
   * Ranges are halved, and halves of one are joined, so that an iteration can walk along them: of a
   * table whose range begins before the place that it has come to it takes what lies behind.
   *
   * Publication
   *
   *   writer, under the lock                       reader
   *   ----------------------                       ------
   *                                                v = version              (1)
   *   insert:  key, value                          entry = directory[...]   (2)  acquire
   *            release control word                control word             (3)
   *   update:  release value                       ---- loads fence ----
   *   remove:  release control word                key, value               (4)
   *   grow:    fill another table                  ---- loads fence ----
   *            release directory entry             version == v?            (5)
   *   recycle: version = v + 2                       no: begin again
   *            ---- stores fence ----
   *            write to a retired table or cell
   *
   * Every word is written by one aligned 8-byte store. Three facts make what a reader returns what
   * the map held at some moment of the call:
   *
   * (a) Within a table a slot goes from empty to full to removed, once. So a key that was seen with
   *     a full control byte is the slot's only key; its value is one that the key has had, and the
   *     present one unless it was changed since (4). A group that has no empty slot never has one
   *     again, so that a probe which passes a group is right to pass it, and one that ends at an
   *     empty slot was right at (3): the key, had it been there, would lie no further.
   * (b) A table that is out of the directory is not written to before it is recycled. A reader that
   *     reached it at (2) reads what it held when it was taken out, which is later than (1) began.
   *     The same holds of a directory that was replaced, and of a stripe that was split.
   * (c) If a read at (3) or (4) sees a word that was written after a recycling, then the writer's
   *     store of the version comes before that word's store (stores fence), and the reader's second
   *     look at the version comes after its read of the word (loads fence); so (5) sees the new
   *     version and the reader begins again. A reader that sees the new version at (1) sees at (2)
   *     that the table is out of the directory, since it was taken out before.
   *
   * A garbage word of (c) does no harm: memory is not unmapped before close, positions of tables
   * are read from the heap, and what a map above makes of words is checked before it is followed.
   *
   * A split of a stripe publishes the new root, while the locks of both halves are held, and then
   * marks the old stripe dead, which counts as a change of its version; only then can a half
   * recycle what a reader of the old stripe may read.
   *
   * A reader that has begun again 64 times, or finds the stripe unreadable, takes the lock. It is
   * unreadable while a table is rebuilt in its own place, which is done when there is no memory for
   * another one, and only then.
   */
  static final int GROUP_SLOTS = 8;
  static final long CONTROL_BYTES = 8;
  static final long SLOT_BYTES = 16;
  static final int SLOT_SHIFT = 4;
  static final long VALUE_OFFSET = 8;
  static final long GROUP_BYTES = CONTROL_BYTES + GROUP_SLOTS * SLOT_BYTES;
  static final long HEADER_BYTES = 8;

  /** How often a reader tries before it takes the lock. */
  static final int TRIES = 64;

  static final long NONE = -1;

  private static final long NEVER = 0x0123_4567_89AB_CDEFL;
  private static final VarHandle WORD = JAVA_LONG.varHandle();
  private static final long LOW_BITS = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long TAG_BITS = 0x7f;
  static final int TAG_SHIFT = 7;
  private static final int FULL = 0x80;
  static final long REMOVED = 1;
  private static final int GROUP_HASH_BITS = 25;
  private static final long GROUP_HASH_MASK = (1L << GROUP_HASH_BITS) - 1;

  final ConcurrentSlabs slabs;
  final ConcurrentSettings settings;
  final TableGrowth growth;
  final TableRanges ranges;
  private final MapBackstop backstop;

  /** Reads that began again, for inspect(). */
  final LongAdder retries = new LongAdder();

  /** Never empty, a power of two of at least two. Replaced as a whole, under the growth's lock. */
  volatile Stripe[] root;

  ConcurrentTables(ConcurrentSettings settings) {
    this.settings = settings;
    this.slabs = new ConcurrentSlabs(settings.name(), settings.limitBytes(), settings.source());
    this.growth = new TableGrowth(this);
    this.ranges = new TableRanges(this);
    try {
      this.root = growth.firstRoot();
    } catch (Throwable e) {
      slabs.close();
      throw e;
    }
    this.backstop = MapBackstop.of(this, settings.name(), slabs);
  }

  /** Frees everything; does nothing when that was done. */
  void close() {
    slabs.close();
    backstop.disarm();
  }

  // Entries of a directory.

  /** Groups in the low 18 bits, depth in 6, the position in units of 8 bytes above. */
  static long entry(long position, int depth, int groups) {
    return (position >>> 3 << 24) | ((long) depth << 18) | groups;
  }

  static int groups(long entry) {
    return (int) entry & ((1 << 18) - 1);
  }

  static int depth(long entry) {
    return (int) (entry >>> 18) & 63;
  }

  static long position(long entry) {
    return entry >>> 24 << 3;
  }

  // Words and control words.

  static long word(MemorySegment slab, long offset) {
    return slab.get(JAVA_LONG_UNALIGNED, offset);
  }

  static void setWord(MemorySegment slab, long offset, long word) {
    slab.set(JAVA_LONG_UNALIGNED, offset, word);
  }

  static void setWordRelease(MemorySegment slab, long offset, long word) {
    WORD.setRelease(slab, offset, word);
  }

  /** The tag of a hash, in each byte. */
  static long tags(long hash) {
    return ((hash & TAG_BITS) | FULL) * LOW_BITS;
  }

  static int firstGroup(long hash, int groups) {
    return (int) (((hash >>> TAG_SHIFT & GROUP_HASH_MASK) * groups) >>> GROUP_HASH_BITS);
  }

  /** The high bit of each byte that equals the tag, and perhaps of a byte above such a one. */
  static long matches(long control, long tags) {
    return zeroes(control ^ tags);
  }

  static long empties(long control) {
    return zeroes(control);
  }

  private static long zeroes(long bytes) {
    return (bytes - LOW_BITS) & ~bytes & HIGH_BITS;
  }

  /** The high bit of each full byte. */
  static long fulls(long control) {
    return control & HIGH_BITS;
  }

  /** The low bit of each byte of a removed entry. */
  static long removed(long control) {
    return control & REMOVED * LOW_BITS & ~(control >>> TAG_SHIFT);
  }

  /** The offset in its group of the slot of the lowest high bit. */
  static long slotOffset(long highBits) {
    return CONTROL_BYTES + ((long) (Long.numberOfTrailingZeros(highBits) >>> 3) << SLOT_SHIFT);
  }

  static long groupOffset(long tableOffset, int group) {
    return tableOffset + HEADER_BYTES + group * GROUP_BYTES;
  }

  static long tableBytes(int groups) {
    return HEADER_BYTES + groups * GROUP_BYTES;
  }

  // Reading.

  Stripe stripe(long hash) {
    Stripe[] all = root;
    return all[(int) (hash >>> Long.numberOfLeadingZeros(all.length - 1))];
  }

  /**
   * The position of the slot of a key, or {@link #NONE}. Without the lock the caller asks {@link
   * Stripe#isStill} afterwards.
   *
   * @param word the key, when it is one word
   * @param probe the key, when it is not
   */
  long find(Stripe stripe, long hash, long word, @Nullable Probe probe) {
    long entry = stripe.entryAcquire(hash);
    long table = position(entry);
    MemorySegment slab = slabs.segment(table);
    long offset = ConcurrentSlabs.offset(table);
    int groups = groups(entry);
    int group = firstGroup(hash, groups);
    long tags = tags(hash);
    for (int probed = 0; probed < groups; probed++) {
      long at = groupOffset(offset, group);
      long control = word(slab, at);
      VarHandle.loadLoadFence();
      for (long match = matches(control, tags); match != 0; match &= match - 1) {
        long slot = at + slotOffset(match);
        long key = word(slab, slot);
        if (probe == null ? key == word : probe.matches(key)) {
          return table - offset + slot;
        }
      }
      if (empties(control) != 0) {
        return NONE;
      }
      group = group + 1 == groups ? 0 : group + 1;
    }
    return NONE;
  }

  long keyWord(long slot) {
    return word(slabs.segment(slot), ConcurrentSlabs.offset(slot));
  }

  long valueWord(long slot) {
    return word(slabs.segment(slot), ConcurrentSlabs.offset(slot) + VALUE_OFFSET);
  }

  // Writing, under the lock.

  /**
   * Takes the lock of the stripe of this hash, once no function of the program runs for it.
   *
   * @throws IllegalStateException when such a function calls this itself
   */
  Stripe lock(long hash) {
    while (true) {
      Stripe stripe = lockBusy(hash);
      StripeState state = stripe.state;
      if (state.computations == null) {
        return stripe;
      }
      Computation busy = state.computation(hash);
      if (busy == null) {
        return stripe;
      }
      state.unlock();
      busy.await(settings.name());
    }
  }

  /**
   * Takes the lock as {@link #lock} does, after a look at the slot: what is not in the cache is
   * fetched before the lock is taken and not under it.
   */
  Stripe lockNear(long hash) {
    Stripe stripe = stripe(hash);
    long entry = stripe.entryAcquire(hash);
    long table = position(entry);
    long at = groupOffset(ConcurrentSlabs.offset(table), firstGroup(hash, groups(entry)));
    MemorySegment slab = slabs.segment(table);
    long near = word(slab, at);
    long match = matches(near, tags(hash));
    if (match != 0) {
      near += word(slab, at + slotOffset(match));
    }
    near += word(slab, ConcurrentSlabs.offset(table));
    // Never so, which the compiler does not know.
    return near == NEVER && stripe.prefixBits < 0 ? lockBusy(hash) : lock(hash);
  }

  /** Takes the lock of the stripe of this hash. */
  Stripe lockBusy(long hash) {
    while (true) {
      Stripe stripe = stripe(hash);
      var _ = stripe.state.writeLock();
      if (!stripe.isDead()) {
        return stripe;
      }
      stripe.state.unlock();
    }
  }

  void setKey(long slot, long key) {
    setWordRelease(slabs.segment(slot), ConcurrentSlabs.offset(slot), key);
  }

  void setValue(long slot, long value) {
    setWordRelease(slabs.segment(slot), ConcurrentSlabs.offset(slot) + VALUE_OFFSET, value);
  }

  /**
   * Puts an entry of a key that is in no slot.
   *
   * @return false when the stripe was split and is dead: the caller begins again
   * @throws MapFullException when there is no memory; nothing changes then
   */
  boolean insert(Stripe stripe, long hash, long key, long value) {
    if (!makeRoom(stripe, hash)) {
      return false;
    }
    add(stripe, hash, key, value);
    return true;
  }

  /** Whether an entry can be added to the table of a hash as it is. */
  boolean hasRoom(Stripe stripe, long hash) {
    long entry = stripe.entryAcquire(hash);
    long table = position(entry);
    long header = word(slabs.segment(table), ConcurrentSlabs.offset(table));
    return TableGrowth.hasRoom(header, groups(entry)) && table != growth.emptyTable();
  }

  /** Removes the entry with this very key word. */
  void removeWord(Stripe stripe, long hash, long keyWord) {
    remove(stripe, hash, find(stripe, hash, keyWord, null));
  }

  /** The first half of {@link #insert}: all of it that may fail. */
  boolean makeRoom(Stripe stripe, long hash) {
    while (!hasRoom(stripe, hash)) {
      if (!growth.makeRoom(stripe, hash, stripe.entryAcquire(hash))) {
        return false;
      }
      stripe.state.tally.end();
    }
    return true;
  }

  /** The second half of {@link #insert}. */
  void add(Stripe stripe, long hash, long key, long value) {
    long entry = stripe.entryAcquire(hash);
    long table = position(entry);
    MemorySegment slab = slabs.segment(table);
    long offset = ConcurrentSlabs.offset(table);
    place(slab, offset, groups(entry), hash, key, value);
    setWord(slab, offset, TableGrowth.header(word(slab, offset), 1, 1));
    stripe.state.addSize(1);
  }

  /** Puts an entry into the first empty slot on its way; the header is the caller's business. */
  static void place(MemorySegment slab, long offset, int groups, long hash, long key, long value) {
    int group = firstGroup(hash, groups);
    while (true) {
      long at = groupOffset(offset, group);
      long control = word(slab, at);
      long empty = empties(control);
      if (empty != 0) {
        long slot = at + slotOffset(empty);
        setWord(slab, slot, key);
        setWord(slab, slot + VALUE_OFFSET, value);
        long tag = (hash & TAG_BITS) | FULL;
        setWordRelease(slab, at, control | tag << (Long.numberOfTrailingZeros(empty) - 7));
        return;
      }
      group = group + 1 == groups ? 0 : group + 1;
    }
  }

  /** Removes the entry of a slot that {@link #find} has answered for this hash. */
  void remove(Stripe stripe, long hash, long slot) {
    long table = position(stripe.entryAcquire(hash));
    MemorySegment slab = slabs.segment(table);
    long offset = ConcurrentSlabs.offset(table);
    long inTable = slot - table - HEADER_BYTES;
    long inGroup = inTable % GROUP_BYTES;
    long at = offset + HEADER_BYTES + inTable - inGroup;
    int shift = (int) ((inGroup - CONTROL_BYTES) >>> SLOT_SHIFT) << 3;
    long control = word(slab, at);
    setWordRelease(slab, at, (control & ~(0xffL << shift)) | REMOVED << shift);
    setWord(slab, offset, TableGrowth.header(word(slab, offset), -1, 0));
    stripe.state.addSize(-1);
  }

  // Hashes.

  /**
   * The hash of a key that is one word: a bijection, so that different keys have different ones.
   */
  long hash(long word) {
    long mixed = (word ^ settings.seed()) * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ mixed >>> 32) * 0xD6E8FEB86659FD93L;
    return settings.worsened(mixed ^ mixed >>> 32);
  }

  /** The hash of the key of an entry. */
  long hashOf(long keyWord) {
    if (settings.cellKeys()) {
      return ConcurrentCells.hash(slabs, keyWord);
    }
    LongUnaryOperator canonical = settings.canonical();
    return hash(canonical == null ? keyWord : canonical.applyAsLong(keyWord));
  }

  /** Ends a function of the program without a result. */
  void end(Computation computation) {
    Stripe stripe = lockBusy(computation.hash);
    try {
      stripe.state.end(computation);
    } finally {
      stripe.state.unlock();
    }
    computation.end();
  }

  long size() {
    Stripe[] all = root;
    long size = 0;
    for (int i = 0; i < all.length; i = next(all, i)) {
      size += all[i].state.sizeOpaque();
    }
    return Math.max(size, 0);
  }

  /** The index after the last one at which the root has the same stripe. */
  static int next(Stripe[] root, int index) {
    int rootBits = Integer.numberOfTrailingZeros(root.length);
    return index + (1 << (rootBits - root[index].prefixBits));
  }
}
