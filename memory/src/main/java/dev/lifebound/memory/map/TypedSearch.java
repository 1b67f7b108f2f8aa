package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tables whose keys and values have codecs, as far as they are read: what stands in a slot, and how
 * a key is found.
 */
abstract class TypedSearch<K, V> extends Engine {
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

  final TypeCodec<K> keys;
  final TypeCodec<V> values;
  final boolean wordKeys;
  final boolean wordValues;

  /** Whether equal keys may differ in their bytes. */
  final boolean keyUpdated;

  private long seed;

  /** The codec of keys, where they are Strings. */
  final @Nullable StringCodec texts;

  final Cells cells;

  /** Always 0; not final, so that the compiler does not know it. */
  @SuppressWarnings({"unused", "FieldMayBeFinal"})
  private long zero;

  /** The table of the slot that {@link #locate} has found. */
  long foundTable;

  TypedSearch(Settings settings, TypeCodec<K> keys, TypeCodec<V> values) {
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

  /**
   * The value of a key that is a String, or null. A straight line for 8 to 16 Latin-1 chars that
   * are the first with their tag in their home group: how many searches overlap in a core, and so
   * how long one takes, depends on their instructions.
   */
  final @Nullable V valueOfText(StringCodec codec, String key) {
    if (!StringCodec.isShort(key)) {
      return valueIfAny(findText(codec, key));
    }
    int chars = key.length();
    long head = StringCodec.word(key, 0);
    long tail = StringCodec.word(key, chars - Long.BYTES);
    long sought = StringCodec.hash(head, tail, chars, seed) & ~POSITION_MASK;
    long hash = LongLongMap.mix(sought >>> HASH_SHIFT ^ seed);
    long[] leaf = root[(int) (hash >>> rootShift)];
    long entry = leaf[Directory.index(leaf, hash)];
    if (!isQuiet(entry)) {
      return valueIfAny(findSlowly(entry, hash, sought, castKey(key)));
    }
    MemorySegment segment = segments[Entry.slab(entry)];
    long group = Entry.first(entry) + (long) Group.home(hash, Entry.groups(entry));
    long near = touch(segment, group, hash);
    long bits = Group.matches(Group.control(segment, group), Group.tag(hash));
    if (bits != 0) {
      long slot = Group.slot(group, bits);
      long position = segment.get(JAVA_LONG_UNALIGNED, slot) ^ sought;
      if ((position & ~POSITION_MASK) == 0 && isShortText(position, head, tail, chars)) {
        return value(segment.get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET) | near);
      }
    }
    return valueIfAny(searchShortText(entry, hash, sought, head, tail, chars));
  }

  private @Nullable V valueIfAny(long at) {
    return at == NONE ? null : valueAt(at);
  }

  /** Whether the cell has these 8 to 16 Latin-1 chars. */
  private boolean isShortText(long position, long head, long tail, int chars) {
    MemorySegment chunk = cells.chunks[Cells.chunk(position)];
    long offset = Cells.offset(position);
    return Cells.hasSize(chunk, offset, chars + 1)
        && StringCodec.matches(head, tail, chars, chunk, offset + Cells.HEADER_BYTES);
  }

  private long searchShortText(
      long table, long hash, long hashBits, long head, long tail, int chars) {
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
        long position = segment.get(JAVA_LONG_UNALIGNED, slot) ^ hashBits;
        if ((position & ~POSITION_MASK) == 0 && isShortText(position, head, tail, chars)) {
          return at(table, slot);
        }
      }
      if (!Group.hasPassers(control) || --left == 0) {
        return NONE;
      }
    }
  }

  /** As {@link #find}, for keys that are Strings; short enough to be compiled as a whole. */
  private long findText(StringCodec codec, String key) {
    long sought = codec.hash(key, seed) & ~POSITION_MASK;
    long hash = hash(sought);
    long[] leaf = root[(int) (hash >>> rootShift)];
    long entry = leaf[Directory.index(leaf, hash)];
    if (!isQuiet(entry)) {
      return findSlowly(entry, hash, sought, castKey(key));
    }
    if (StringCodec.isShort(key)) {
      int chars = key.length();
      long tail = StringCodec.word(key, chars - Long.BYTES);
      return searchShortText(entry, hash, sought, StringCodec.word(key, 0), tail, chars);
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
          if (codec.matches(key, chunk, offset + Cells.HEADER_BYTES, Cells.size(chunk, offset))) {
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
    checkRead("read");
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
}
