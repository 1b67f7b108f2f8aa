package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Tables whose keys and values have codecs, as they are written: the arena for what does not fit
 * into a slot, its cleaning, and the entries that no key finds.
 */
abstract class TypedTable<K, V> extends TypedSearch<K, V> {
  /** What one write does for the arena at most. */
  private static final int CELLS_LOOKED_AT = 16;

  private static final int CELLS_MOVED = 4;

  TypedTable(Settings settings, TypeCodec<K> keys, TypeCodec<V> values) {
    super(settings, keys, values);
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

  // Writing cells.

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
