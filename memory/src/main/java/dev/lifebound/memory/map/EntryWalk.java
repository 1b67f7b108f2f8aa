package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Walks along the hashes of a concurrent map, table by table, and meets each entry that is there
 * all the time exactly once: where one table's range ends another's begins, and of a table that was
 * joined from two behind the walk only what lies from there on is taken.
 *
 * <p>For one thread.
 */
final class EntryWalk<K, V> {
  private final ConcurrentNativeMap<K, V> map;
  private final CellCopy copy = new CellCopy();

  /** The first hash that was not looked at. */
  private long from;

  /** The first hash that is not ours; 0 when all that follow are. */
  private long end;

  private boolean finished;
  private int at = -1;

  /** The entries of one table, and the bytes of the cells behind their words. */
  private final class CellCopy extends RangeCopy {
    private byte[] bytes = {};
    private int filled;

    /** By entry: where its key ends, where its value ends. */
    private int[] ends = {};

    /** By entry: the hash of its key, where keys are cells. */
    private long[] hashes = {};

    @Override
    void copied(Stripe stripe, long version) {
      filled = 0;
      if (map.keys.words && map.values.words) {
        return;
      }
      VarHandle.loadLoadFence();
      if (ends.length < 2 * count()) {
        ends = new int[2 * count()];
      }
      if (!map.keys.words && hashes.length < count()) {
        hashes = new long[count()];
      }
      for (int i = 0; i < count(); i++) {
        if (!add(map.keys, key(i), stripe, version)) {
          return;
        }
        ends[2 * i] = filled;
        if (!map.keys.words) {
          hashes[i] = map.tables.hashOf(key(i));
        }
        if (!add(map.values, value(i), stripe, version)) {
          return;
        }
        ends[2 * i + 1] = filled;
      }
    }

    /** False when the cell was recycled: nothing that was copied is of use. */
    private boolean add(Side<?> side, long word, Stripe stripe, long version) {
      if (side.words) {
        return true;
      }
      int length = side.length(stripe, version, word);
      if (length < 0) {
        return false;
      }
      if (bytes.length - filled < length) {
        bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, filled + length));
      }
      side.copy(word, bytes, filled, length);
      filled += length;
      return true;
    }

    K decodedKey(int index) {
      return decode(map.keys, key(index), index == 0 ? 0 : ends(2 * index - 1), ends(2 * index));
    }

    V decodedValue(int index) {
      return decode(map.values, value(index), ends(2 * index), ends(2 * index + 1));
    }

    /** Whether the blocks of all handles live. */
    boolean isLive(int index) {
      return isLive(map.keys, key(index), index == 0 ? 0 : ends(2 * index - 1), ends(2 * index))
          && isLive(map.values, value(index), ends(2 * index), ends(2 * index + 1));
    }

    private boolean isLive(Side<?> side, long word, int start, int stop) {
      return side.handles == null
          || side.handles.areLive(word, Arrays.copyOfRange(bytes, start, stop));
    }

    DroppedEntry stored(int index) {
      int start = index == 0 ? 0 : ends(2 * index - 1);
      int middle = ends(2 * index);
      return new DroppedEntry(
          map.keys.words ? map.tables.hashOf(key(index)) : hashes[index],
          key(index),
          Arrays.copyOfRange(bytes, start, middle),
          value(index),
          Arrays.copyOfRange(bytes, middle, ends(2 * index + 1)));
    }

    private int ends(int index) {
      return filled == 0 ? 0 : ends[index];
    }

    private <T> T decode(Side<T> side, long word, int start, int stop) {
      return side.words
          ? side.codec.ofWord(word)
          : side.codec.read(
              MemorySegment.ofArray(bytes).asSlice(start, stop - start), 0, stop - start);
    }
  }

  /** All hashes from {@code from} to before {@code end}; zero and zero are all. */
  EntryWalk(ConcurrentNativeMap<K, V> map, long from, long end) {
    this.map = map;
    this.from = from;
    this.end = end;
  }

  /** Goes to the next entry; false when there is none. */
  boolean advance() {
    map.slabs.checkOpen();
    do {
      at++;
      while (at >= copy.count()) {
        if (finished) {
          return false;
        }
        load();
      }
    } while (!copy.isLive(at));
    return true;
  }

  private void load() {
    try {
      map.tables.ranges.copy(from, copy);
    } catch (IllegalStateException e) {
      throw map.slabs.closedOr(e);
    }
    at = 0;
    from = copy.end();
    finished = from == end;
  }

  K key() {
    return copy.decodedKey(at);
  }

  /** The present entry as it stands in the map. */
  DroppedEntry stored() {
    return copy.stored(at);
  }

  V value() {
    return copy.decodedValue(at);
  }

  /** Half of what was not looked at, or null when that is little. */
  @Nullable EntryWalk<K, V> split() {
    // No table's range lies across a border between the first stripes' ranges.
    int shift = Long.SIZE - Integer.numberOfTrailingZeros(map.tables.settings.stripes());
    long last = end == 0 ? map.tables.settings.stripes() : end >>> shift;
    long first = from == 0 ? 0 : ((from - 1) >>> shift) + 1;
    if (finished || last - first < 2) {
      return null;
    }
    long middle = ((first + last) >>> 1) << shift;
    EntryWalk<K, V> rest = new EntryWalk<>(map, middle, end);
    end = middle;
    return rest;
  }
}
