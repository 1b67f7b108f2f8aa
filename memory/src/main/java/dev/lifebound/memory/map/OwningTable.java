package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Tables whose entries may own blocks: how an entry comes in, changes and goes, and how what it
 * owned is given back once the write is over. Between enter and leave.
 */
abstract class OwningTable<K, V> extends TypedTable<K, V> {
  /** Dead entries are looked for when they are more than this part of all. */
  private static final int DEAD_PART = 16;

  /** The handles in entries; null when there are none. */
  final @Nullable Lives lives;

  final Sweep sweep;

  /** What the key and the value of the present write take of the arena. */
  int keyBytes;

  int valueBytes;

  OwningTable(
      Settings settings, TypeCodec<K> keys, TypeCodec<V> values, @Nullable String ledgerName) {
    super(settings, keys, values);
    this.sweep = new Sweep(this);
    try {
      this.lives = Lives.of(this, ledgerName);
    } catch (RuntimeException e) {
      super.close();
      throw e;
    }
  }

  /** The key's live entry. */
  final long findLive(K key) {
    long at = slotOf(key);
    return at == NONE || isLive(at) ? at : NONE;
  }

  /** Whether the blocks of an entry's handles live. */
  final boolean isLive(long at) {
    return lives == null || lives.isLive(keyWord(at), valueWord(at));
  }

  // A write: begin, locate, one of these, finish.

  final int valueSize(V value) {
    Objects.requireNonNull(value, "value must not be null");
    return wordValues ? 0 : values.byteSize(value);
  }

  final void add(long hash, long sought, K key, V value) {
    long keyWord = sought;
    long entryHash = hash;
    if (keyUpdated && !keys.isReflexive(key)) {
      long random = ThreadLocalRandom.current().nextLong();
      keyWord = wordKeys ? keys.scramble(sought, random) : random & ~POSITION_MASK;
      entryHash = hash(keyWord);
    }
    long keyCell = NONE;
    long valueCell = NONE;
    boolean added = false;
    try {
      if (!wordKeys) {
        keyCell = write(keys, key, keyBytes, entryHash);
        keyWord |= keyCell;
        verify(key, keyCell);
      } else {
        keys.verifyWord(key, keyWord);
      }
      long valueWord;
      if (wordValues) {
        valueWord = values.word(value);
      } else {
        valueCell = write(values, value, valueBytes, entryHash);
        valueWord = valueCell;
      }
      if (lives == null) {
        insert(entryHash, keyWord, valueWord);
      } else {
        insertBound(lives, entryHash, keyWord, valueWord, key);
      }
      added = true;
    } finally {
      if (!added) {
        free(keyCell);
        free(valueCell);
      }
    }
    clean();
  }

  private void insertBound(Lives bound, long hash, long keyWord, long valueWord, K key) {
    bound.bind(keyWord, valueWord, key);
    boolean added = false;
    try {
      insert(hash, keyWord, valueWord);
      added = true;
    } finally {
      if (!added) {
        bound.unbind(keyWord, valueWord, key);
      }
    }
  }

  private void verify(K key, long position) {
    keys.verifyKey(
        key,
        cells.chunks[Cells.chunk(position)],
        Cells.offset(position) + Cells.HEADER_BYTES,
        keyBytes);
  }

  private void free(long position) {
    if (position != NONE) {
      cells.free(position);
    }
  }

  final void overwrite(long at, long hash, K key, V value) {
    if (keyUpdated) {
      overwriteWithKey(at, hash, key, value);
    } else {
      overwriteValue(at, hash, key, value);
    }
    clean();
  }

  /** The key's newest form, too, as Go keeps it: +0.0 or -0.0. Both change, or none. */
  private void overwriteWithKey(long at, long hash, K key, V value) {
    long old = keyWord(at);
    long cell = wordKeys ? NONE : write(keys, key, keyBytes, hash);
    boolean written = false;
    try {
      overwriteValue(at, hash, key, value);
      written = true;
    } finally {
      if (!written) {
        free(cell);
      }
    }
    long word = wordKeys ? keys.word(key) : (old & ~POSITION_MASK) | cell;
    segments[slab(at)].set(JAVA_LONG_UNALIGNED, offset(at), word);
    if (!wordKeys) {
      cells.free(old & POSITION_MASK);
    }
  }

  private void overwriteValue(long at, long hash, K key, V value) {
    long[] leaf = root[(int) (hash >>> rootShift)];
    int index = Directory.index(leaf, hash);
    long entry = unmarked(leaf[index]);
    markBusy(leaf, index, entry);
    try {
      if (lives != null) {
        setBoundValue(lives, at, hash, key, value);
      } else if (wordValues) {
        setValueWord(at, values.word(value));
      } else {
        setValueCell(at, hash, value);
      }
    } finally {
      unmark(leaf, index, entry);
      version++;
    }
  }

  private void setBoundValue(Lives bound, long at, long hash, K key, V value) {
    long old = valueWord(at);
    long word = wordValues ? values.word(value) : write(values, value, valueBytes, hash);
    boolean taken = false;
    try {
      bound.bindValue(word, key);
      bound.dropValue(old, key);
      taken = true;
    } finally {
      if (!taken && !wordValues) {
        cells.free(word);
      }
    }
    setValueWord(at, word);
    if (!wordValues) {
      cells.free(old);
    }
  }

  private void setValueWord(long at, long word) {
    segments[slab(at)].set(JAVA_LONG_UNALIGNED, offset(at) + Group.VALUE_OFFSET, word);
  }

  private void setValueCell(long at, long hash, V value) {
    long old = valueWord(at);
    MemorySegment chunk = cells.chunks[Cells.chunk(old)];
    if (values.isWrittenAtOnce() && Cells.fits(Cells.size(chunk, Cells.offset(old)), valueBytes)) {
      values.write(value, chunk, Cells.offset(old) + Cells.HEADER_BYTES);
      cells.resize(old, valueBytes);
      return;
    }
    setValueWord(at, write(values, value, valueBytes, hash));
    cells.free(old);
  }

  /** Drops the entry that was found when it is dead, and others; where the key's entry is now. */
  final long withoutDead(Lives bound, long at, long hash, long sought, K key) {
    long found = at;
    if (at != NONE && !isLive(at)) {
      bound.drop(keyWord(at), valueWord(at), key);
      removeLocated(hash, at);
      found = NONE;
    }
    if (!sweep(bound) || found == NONE) {
      return found;
    }
    return locate(hash, sought, key);
  }

  /** Ends a write, and gives back what it has dropped. */
  final void finish(Object key) {
    if (lives == null) {
      leave();
    } else {
      finishOwning(lives, key);
    }
  }

  private void finishOwning(Lives bound, Object key) {
    // Taken before: deallocators may write to the map.
    long handle = bound.takeHandle();
    Lives.Dropped others = bound.takeOthers();
    leave();
    bound.release(handle, key, others);
  }

  /** Drops dead entries when there are many; whether it looked for some. */
  final boolean sweep(Lives bound) {
    if (bound.dead() <= size / DEAD_PART) {
      return false;
    }
    sweep.step();
    return true;
  }

  /** Notes what the entry owns; whether it was live. */
  final boolean dropLocated(Lives bound, long at, K key) {
    long keyWord = keyWord(at);
    long valueWord = valueWord(at);
    boolean live = bound.isLiveToEnd(keyWord, valueWord);
    bound.drop(keyWord, valueWord, key);
    return live;
  }

  /** Drops the entry in a slot whose table is noted, of whatever key. */
  final void removeOther(long at) {
    long keyWord = keyWord(at);
    if (lives != null) {
      lives.dropOther(keyWord, valueWord(at), key(keyWord));
    }
    removeLocated(hash(keyWord), at);
  }

  /** Takes the entry that {@link #locate} has found out of its table. */
  final void removeLocated(long hash, long at) {
    long keyWord = keyWord(at);
    long valueWord = valueWord(at);
    long offset = offset(at);
    int slot = (int) offset / Group.SLOT_BYTES & (Group.SLOTS - 1);
    removeAt(hash, foundTable, offset / Group.SLOTS_BYTES, 0x80L << (Byte.SIZE * slot));
    if (!wordKeys) {
      cells.free(keyWord & POSITION_MASK);
    }
    if (!wordValues) {
      cells.free(valueWord);
    }
    clean();
  }
}
