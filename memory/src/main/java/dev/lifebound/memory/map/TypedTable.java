package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tables whose keys and values have codecs: what stands in a slot, how a key is found, and the
 * arena for what does not fit into a slot.
 */
abstract class TypedTable<K, V> extends Engine {
  // Longer than 400 lines: the searches for words, for cells and for strings repeat one loop,
  // since a shared one would be compiled with the calls of all key types in it.

  /*
   * A slot is a key word and a value word. A word of a type that does not fit is a reference to a cell:
   *
   *    63          36 35                     0
   *   +--------------+------------------------+
   *   | key's hash   |  position of the cell  |    key word; a value word is the position alone
   *   |   28 bits    |        36 bits         |
   *   +--------------+------------------------+
   *
   * So the map's hash of an entry follows from its key word alone, and tables are split and rebuilt
   * without a look at any cell. 28 bits are compared before a cell is looked at.
   *
   * A NaN key is found by nobody, but has a word like any other, with random payload bits: so that tables
   * with many of them can be split.
   */
  private static final int HASH_SHIFT = Cells.POSITION_BITS;
  static final long POSITION_MASK = (1L << Cells.POSITION_BITS) - 1;

  /** Where a slot is: slab number, and offset within the slab. */
  private static final int SLAB_SHIFT = 20;

  private static final long OFFSET_MASK = (1L << SLAB_SHIFT) - 1;
  static final long NONE = -1;

  /** What one write does for the arena at most. */
  private static final int CELLS_LOOKED_AT = 16;

  private static final int CELLS_MOVED = 4;

  final TypeCodec<K> keys;
  final TypeCodec<V> values;
  final boolean wordKeys;
  final boolean wordValues;

  /** Whether equal keys may differ in their bytes. */
  final boolean keyUpdated;

  private long seed;

  /** The codec of keys, where they are Strings. */
  private final @Nullable StringCodec texts;

  final Cells cells;

  /** Always 0; not final, so that the compiler does not know it. */
  @SuppressWarnings({"unused", "FieldMayBeFinal"})
  private long zero;

  /** The table of the slot that {@link #locate} has found. */
  long foundTable;

  TypedTable(Settings settings, TypeCodec<K> keys, TypeCodec<V> values) {
    super(settings);
    this.keys = keys;
    this.values = values;
    this.wordKeys = keys.isWord();
    this.wordValues = values.isWord();
    this.keyUpdated = keys.isKeyUpdated();
    this.seed = settings.seed();
    this.texts = keys instanceof StringCodec strings ? strings : null;
    this.cells = new Cells(growth().tables.slabs);
  }

  @Override
  final long hash(long key) {
    if (wordKeys) {
      return LongLongMap.mix((keyUpdated ? keys.canonical(key) : key) ^ seed);
    }
    return LongLongMap.mix(key >>> HASH_SHIFT ^ seed);
  }

  @Override
  final void reseed(long next) {
    seed = next;
  }

  /**
   * What a search compares slots with: the word of a key, or the hash bits of its reference with
   * zeroes below.
   */
  final long sought(K key) {
    return wordKeys
        ? keys.word(Objects.requireNonNull(key, "key must not be null"))
        : keys.hash(Objects.requireNonNull(key, "key must not be null"), seed) & ~POSITION_MASK;
  }

  // Searching.

  static int slab(long at) {
    return (int) (at >>> SLAB_SHIFT);
  }

  static long offset(long at) {
    return at & OFFSET_MASK;
  }

  static long at(long table, long slot) {
    return (long) Entry.slab(table) << SLAB_SHIFT | slot;
  }

  final long keyWord(long at) {
    return segments[slab(at)].get(JAVA_LONG_UNALIGNED, offset(at));
  }

  final long valueWord(long at) {
    return segments[slab(at)].get(JAVA_LONG_UNALIGNED, offset(at) + Group.VALUE_OFFSET);
  }

  /** As {@link #find}, for keys that are Strings; short enough to be compiled as a whole. */
  private long findText(StringCodec codec, String key) {
    int chars = key.length();
    long head = 0;
    long tail = 0;
    boolean inWords = chars >= Long.BYTES && chars <= 2 * Long.BYTES;
    if (inWords) {
      int last = chars - Long.BYTES;
      head = StringCodec.word(key, 0);
      tail = StringCodec.word(key, last);
      inWords = !StringCodec.isWide(key, 0) && !StringCodec.isWide(key, last);
    }
    long sought =
        (inWords ? StringCodec.hash(head, tail, chars, seed) : codec.hash(key, seed))
            & ~POSITION_MASK;
    long hash = hash(sought);
    long[] leaf = root[(int) (hash >>> rootShift)];
    long entry = leaf[Directory.index(leaf, hash)];
    if ((entry & Entry.SLOW) != 0 || state != IDLE) {
      return findSlowly(entry, hash, sought, castKey(key));
    }
    MemorySegment segment = segments[Entry.slab(entry)];
    int groups = Entry.groups(entry);
    long first = Entry.first(entry);
    long tag = Group.tag(hash);
    int g = Group.home(hash, groups);
    for (int left = groups; ; g = g + 1 == groups ? 0 : g + 1) {
      long group = first + g;
      long control = Group.control(segment, group);
      for (long bits = Group.matches(control, tag); bits != 0; bits &= bits - 1) {
        long slot = Group.slot(group, bits);
        long word = segment.get(JAVA_LONG_UNALIGNED, slot);
        if ((word & ~POSITION_MASK) == sought) {
          long position = word & POSITION_MASK;
          MemorySegment chunk = cells.chunks[Cells.chunk(position)];
          long offset = Cells.offset(position);
          if (inWords
              ? Cells.hasSize(chunk, offset, chars + 1)
                  && StringCodec.matches(head, tail, chars, chunk, offset + Cells.HEADER_BYTES)
              : codec.matches(key, chunk, offset + Cells.HEADER_BYTES, Cells.size(chunk, offset))) {
            return at(entry, slot);
          }
        }
      }
      if (!Group.hasPassers(control) || --left == 0) {
        return NONE;
      }
    }
  }

  @SuppressWarnings("unchecked") // the codec of keys is that of Strings
  private K castKey(String key) {
    return (K) key;
  }

  /** Where the key's slot is, or {@link #NONE}. */
  final long slotOf(K key) {
    return texts != null && key instanceof String text
        ? findText(texts, text)
        : find(sought(key), key);
  }

  private long find(long sought, K key) {
    long hash = hash(sought);
    long[] leaf = root[(int) (hash >>> rootShift)];
    long entry = leaf[Directory.index(leaf, hash)];
    if ((entry & Entry.SLOW) != 0 || state != IDLE) {
      return findSlowly(entry, hash, sought, key);
    }
    return wordKeys ? searchWord(entry, hash, sought) : searchCell(entry, hash, sought, key);
  }

  private long findSlowly(long entry, long hash, long sought, K key) {
    checkRead(entry, "read");
    for (long table : tables(entry)) {
      long at = wordKeys ? searchWord(table, hash, sought) : searchCell(table, hash, sought, key);
      if (at != NONE) {
        return at;
      }
    }
    return NONE;
  }

  /** As {@link #find}, for the writer, and notes the table. */
  final long locate(long hash, long sought, K key) {
    long[] leaf = root[(int) (hash >>> rootShift)];
    long entry = leaf[Directory.index(leaf, hash)];
    foundTable = entry;
    if ((entry & Entry.CHAINED) == 0) {
      return wordKeys ? searchWord(entry, hash, sought) : searchCell(entry, hash, sought, key);
    }
    for (long table : tables(entry)) {
      long at = wordKeys ? searchWord(table, hash, sought) : searchCell(table, hash, sought, key);
      if (at != NONE) {
        foundTable = table;
        return at;
      }
    }
    return NONE;
  }

  private long searchWord(long table, long hash, long word) {
    if (keyUpdated) {
      return searchCanonical(table, hash, word);
    }
    MemorySegment segment = segments[Entry.slab(table)];
    long group = (long) Entry.first(table) + Group.home(hash, Entry.groups(table));
    long near = touch(segment, group, hash);
    long bits = Group.matches(Group.control(segment, group), Group.tag(hash));
    if (bits != 0) {
      long slot = Group.slot(group, bits);
      if (segment.get(JAVA_LONG_UNALIGNED, slot) == word) {
        return at(table, slot) | near;
      }
    }
    return searchWordOn(table, hash, word);
  }

  /** As {@link #searchWord}, for a key that is not the first with its tag in its home group. */
  private long searchWordOn(long table, long hash, long word) {
    MemorySegment segment = segments[Entry.slab(table)];
    int groups = Entry.groups(table);
    long first = Entry.first(table);
    long tag = Group.tag(hash);
    int g = Group.home(hash, groups);
    for (int left = groups; ; g = g + 1 == groups ? 0 : g + 1) {
      long group = first + g;
      long control = Group.control(segment, group);
      for (long bits = Group.matches(control, tag); bits != 0; bits &= bits - 1) {
        long slot = Group.slot(group, bits);
        if (segment.get(JAVA_LONG_UNALIGNED, slot) == word) {
          return at(table, slot);
        }
      }
      if (!Group.hasPassers(control) || --left == 0) {
        return NONE;
      }
    }
  }

  /**
   * Has the home slot fetched while the control word is, where most entries are. Always 0, which
   * the compiler does not know: the caller adds it to what it returns, or the access would be
   * dropped.
   */
  private long touch(MemorySegment segment, long group, long hash) {
    return segment.get(JAVA_LONG_UNALIGNED, Group.homeSlot(group, hash)) & zero;
  }

  /** For keys with floats in them: zeroes of both signs are one, a NaN is none. */
  private long searchCanonical(long table, long hash, long word) {
    if (!keys.isReflexiveWord(word)) {
      return NONE;
    }
    long canonical = keys.canonical(word);
    MemorySegment segment = segments[Entry.slab(table)];
    int groups = Entry.groups(table);
    long first = Entry.first(table);
    long tag = Group.tag(hash);
    int g = Group.home(hash, groups);
    for (int left = groups; ; g = g + 1 == groups ? 0 : g + 1) {
      long group = first + g;
      long control = Group.control(segment, group);
      for (long bits = Group.matches(control, tag); bits != 0; bits &= bits - 1) {
        long slot = Group.slot(group, bits);
        if (keys.canonical(segment.get(JAVA_LONG_UNALIGNED, slot)) == canonical) {
          return at(table, slot);
        }
      }
      if (!Group.hasPassers(control) || --left == 0) {
        return NONE;
      }
    }
  }

  private long searchCell(long table, long hash, long hashBits, K key) {
    if (keyUpdated && !keys.isReflexive(key)) {
      return NONE;
    }
    MemorySegment segment = segments[Entry.slab(table)];
    int groups = Entry.groups(table);
    long first = Entry.first(table);
    long tag = Group.tag(hash);
    int g = Group.home(hash, groups);
    for (int left = groups; ; g = g + 1 == groups ? 0 : g + 1) {
      long group = first + g;
      long control = Group.control(segment, group);
      for (long bits = Group.matches(control, tag); bits != 0; bits &= bits - 1) {
        long slot = Group.slot(group, bits);
        long word = segment.get(JAVA_LONG_UNALIGNED, slot);
        if ((word & ~POSITION_MASK) == hashBits && isCellOf(word & POSITION_MASK, key)) {
          return at(table, slot);
        }
      }
      if (!Group.hasPassers(control) || --left == 0) {
        return NONE;
      }
    }
  }

  private boolean isCellOf(long position, K key) {
    MemorySegment chunk = cells.chunks[Cells.chunk(position)];
    long offset = Cells.offset(position);
    return keys.matches(key, chunk, offset + Cells.HEADER_BYTES, Cells.size(chunk, offset));
  }

  /**
   * An entry that no key finds, as it was met: cells move, so it is known by what is in them. Its
   * value is never another, as nobody can put it again.
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared, not changed
  record Stored(long keyWord, byte[] keyBytes, long valueWord, byte[] valueBytes) {}

  final Stored stored(long keyWord, K key, long valueWord, V value) {
    return new Stored(keyWord, encoded(keys, key), valueWord, encoded(values, value));
  }

  /** What is in the cell of an object; nothing when it is a word. */
  private static <T> byte[] encoded(TypeCodec<T> codec, T object) {
    byte[] bytes = new byte[codec.isWord() ? 0 : codec.byteSize(object)];
    if (!codec.isWord()) {
      codec.write(object, MemorySegment.ofArray(bytes), 0, bytes.length);
    }
    return bytes;
  }

  /** The slot of an entry that no key finds; where several are alike, any of them. */
  final long locateStored(Stored entry) {
    long hash = hash(entry.keyWord);
    long[] leaf = root[(int) (hash >>> rootShift)];
    for (long table : tables(leaf[Directory.index(leaf, hash)])) {
      MemorySegment segment = segments[Entry.slab(table)];
      for (int g = 0; g < Entry.groups(table); g++) {
        long group = (long) Entry.first(table) + g;
        long control = Group.control(segment, group);
        for (long bits = Group.taken(control); bits != 0; bits &= bits - 1) {
          long slot = Group.slot(group, bits);
          if (isStored(entry, at(table, slot))) {
            foundTable = table;
            return at(table, slot);
          }
        }
      }
    }
    return NONE;
  }

  private boolean isStored(Stored entry, long at) {
    long keyWord = keyWord(at);
    long valueWord = valueWord(at);
    if (wordKeys
        ? keyWord != entry.keyWord
        : ((keyWord ^ entry.keyWord) & ~POSITION_MASK) != 0
            || !hasContent(keyWord & POSITION_MASK, entry.keyBytes)) {
      return false;
    }
    return wordValues ? valueWord == entry.valueWord : hasContent(valueWord, entry.valueBytes);
  }

  private boolean hasContent(long position, byte[] bytes) {
    MemorySegment chunk = cells.chunks[Cells.chunk(position)];
    long offset = Cells.offset(position);
    long from = offset + Cells.HEADER_BYTES;
    return Cells.hasSize(chunk, offset, bytes.length)
        && MemorySegment.mismatch(
                chunk, from, from + bytes.length, MemorySegment.ofArray(bytes), 0, bytes.length)
            < 0;
  }

  // What words and cells hold.

  final V valueAt(long at) {
    return value(valueWord(at));
  }

  final V value(long word) {
    return wordValues ? values.ofWord(word) : content(values, word);
  }

  final K key(long word) {
    return wordKeys ? keys.ofWord(word) : content(keys, word & POSITION_MASK);
  }

  final <T> T content(TypeCodec<T> codec, long position) {
    MemorySegment chunk = cells.chunks[Cells.chunk(position)];
    long offset = Cells.offset(position);
    return codec.read(chunk, offset + Cells.HEADER_BYTES, Cells.size(chunk, offset));
  }

  /** A new cell with this content. */
  final <T> long write(TypeCodec<T> codec, T object, int bytes, long hash) {
    long position;
    try {
      position = cells.allocate(bytes, hash);
    } catch (Slabs.OutOfNativeMemory e) {
      throw growth().full(e);
    } finally {
      afterAllocation();
    }
    boolean written = false;
    try {
      MemorySegment chunk = cells.chunks[Cells.chunk(position)];
      long offset = Cells.offset(position) + Cells.HEADER_BYTES;
      if (codec.isOfProgram()) {
        // It may say another size now than when the cell was cut.
        codec.write(object, chunk, offset, bytes);
      } else {
        codec.write(object, chunk, offset);
      }
      written = true;
      return position;
    } finally {
      if (!written) {
        cells.free(position);
      }
    }
  }

  // Cleaning the arena.

  /** Moves a few cells out of a chunk with many holes, when there are too many. */
  final void clean() {
    if ((wordKeys && wordValues) || !cells.wantsCleaning()) {
      return;
    }
    try {
      for (int i = 0; i < CELLS_MOVED; i++) {
        long position = cells.nextToMove(CELLS_LOOKED_AT);
        if (position < 0) {
          return;
        }
        move(position);
      }
    } catch (Slabs.OutOfNativeMemory e) {
      // Cleaning is put off; who needs memory will report it.
    } finally {
      afterAllocation();
    }
  }

  /** Cells come from the slabs that tables come from. */
  private void afterAllocation() {
    segments = growth().tables.slabs.segments;
    growth().counters.end(growth());
  }

  private void move(long position) {
    long hash = cells.hash(position);
    long span = 1L << (Long.SIZE - Cells.HASH_TOP_BITS);
    long prefix = hash & -span;
    long end = prefix + span;
    do {
      long entry = growth().directory.entry(prefix);
      for (long table : tables(entry)) {
        if (moveIn(table, hash, position)) {
          version++;
          return;
        }
      }
      int depth = Entry.depth(entry);
      if (depth <= Cells.HASH_TOP_BITS) {
        break;
      }
      prefix += 1L << (Long.SIZE - depth);
    } while (prefix != end);
    throw new IndexOutOfBoundsException("a live cell must belong to an entry: " + position);
  }

  private boolean moveIn(long table, long hash, long position) {
    MemorySegment segment = segments[Entry.slab(table)];
    long tag = Group.tag(hash);
    for (int g = 0; g < Entry.groups(table); g++) {
      long group = (long) Entry.first(table) + g;
      long control = Group.control(segment, group);
      for (long bits = Group.matches(control, tag); bits != 0; bits &= bits - 1) {
        long slot = Group.slot(group, bits);
        long keyWord = segment.get(JAVA_LONG_UNALIGNED, slot);
        if (!wordKeys && (keyWord & POSITION_MASK) == position) {
          segment.set(JAVA_LONG_UNALIGNED, slot, (keyWord & ~POSITION_MASK) | cells.move(position));
          cells.free(position);
          return true;
        }
        long valueAt = slot + Group.VALUE_OFFSET;
        if (!wordValues && segment.get(JAVA_LONG_UNALIGNED, valueAt) == position) {
          segment.set(JAVA_LONG_UNALIGNED, valueAt, cells.move(position));
          cells.free(position);
          return true;
        }
      }
    }
    return false;
  }

  @Override
  void checkInvariants() {
    super.checkInvariants();
    long[] live = new long[1];
    TableWalk walk = new TableWalk(this);
    for (long[] tables = walk.next(); tables.length != 0; tables = walk.next()) {
      for (long table : tables) {
        live[0] += checkCells(table);
      }
    }
    cells.checkInvariants(live[0]);
  }

  private long checkCells(long table) {
    long found = 0;
    MemorySegment segment = segments[Entry.slab(table)];
    for (int g = 0; g < Entry.groups(table); g++) {
      long group = (long) Entry.first(table) + g;
      for (long bits = Group.taken(Group.control(segment, group)); bits != 0; bits &= bits - 1) {
        long slot = Group.slot(group, bits);
        long hash = hash(segment.get(JAVA_LONG_UNALIGNED, slot));
        if (!wordKeys) {
          checkCell(segment.get(JAVA_LONG_UNALIGNED, slot) & POSITION_MASK, hash);
          found++;
        }
        if (!wordValues) {
          checkCell(segment.get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET), hash);
          found++;
        }
      }
    }
    return found;
  }

  private void checkCell(long position, long hash) {
    long known = cells.hash(position);
    long mask = -1L << (Long.SIZE - Cells.HASH_TOP_BITS) | 0x7F;
    if (!cells.isLive(position) || (hash & mask) != known) {
      throw new AssertionError("an entry's cell must be live and know its hash: " + position);
    }
  }
}
