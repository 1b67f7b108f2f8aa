package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.lifebound.memory.handle.EntryLives;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The handles in a map's entries: binds them with an entry, gives them back after it, and says
 * whether all their blocks live.
 *
 * <p>An entry with a handle whose block has ended is dead: no longer in the map for whoever asks,
 * though its slot is taken until a write drops it.
 */
final class Lives {
  /**
   * A handle that is to be given back when the map is in order again, which may run deallocators.
   */
  record Dropped(EntryLives owner, long handle, Object key, @Nullable Dropped next) {}

  /** Both failures as one. */
  static RuntimeException joined(@Nullable RuntimeException first, RuntimeException next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }

  private static final Set<Class<?>> OURS =
      Set.of(
          Lives.class,
          NativeMap.class,
          NativeMapBuilder.class,
          NativeSet.class,
          NativeSetBuilder.class,
          OwningTable.class);

  private final TypedTable<?, ?> table;
  private final int[] keyOffsets;
  private final int[] valueOffsets;
  private final @Nullable EntryLives keys;
  private final @Nullable EntryLives values;
  private final @Nullable Registry keyRegistry;
  private final @Nullable Registry valueRegistry;

  /** The owner of values that are handles, of keys without any: then a value word is a handle. */
  private final @Nullable EntryLives onlyValue;

  /**
   * Of such a map, the handle that the present write has dropped, or 0: nearly always the only one.
   */
  private long droppedHandle;

  private @Nullable Dropped dropped;

  private Lives(TypedTable<?, ?> table, @Nullable String name) {
    this.table = table;
    this.keyOffsets = table.keys.handleOffsets();
    this.valueOffsets = table.values.handleOffsets();
    this.keyRegistry = table.keys.registry();
    this.valueRegistry = table.values.registry();
    this.keys = keyRegistry == null ? null : EntryLives.of(keyRegistry, name, OURS);
    this.values = valueRegistry == null ? null : EntryLives.of(valueRegistry, name, OURS);
    this.onlyValue = keys == null && table.values.isWord() ? values : null;
  }

  /** Null for a map without handles. */
  static @Nullable Lives of(TypedTable<?, ?> table, @Nullable String name) {
    return table.keys.handleOffsets().length + table.values.handleOffsets().length == 0
        ? null
        : new Lives(table, name);
  }

  /** Whether one dead handle is one dead entry. */
  boolean isOnePerEntry() {
    return keyOffsets.length + valueOffsets.length == 1;
  }

  /** The handles in entries whose blocks have ended. */
  long dead() {
    return (keys == null ? 0 : keys.dead()) + (values == null ? 0 : values.dead());
  }

  private long handle(TypeCodec<?> codec, long word, int offset) {
    if (codec.isWord()) {
      // A handle fills a word.
      return word;
    }
    long position = word & TypedTable.POSITION_MASK;
    return table.cells.chunks[Cells.chunk(position)].get(
        JAVA_LONG_UNALIGNED, Cells.offset(position) + Cells.HEADER_BYTES + offset);
  }

  boolean isLive(long keyWord, long valueWord) {
    if (onlyValue != null) {
      return onlyValue.isLive(valueWord);
    }
    return areLive(keys, table.keys, keyOffsets, keyWord)
        && areLive(values, table.values, valueOffsets, valueWord);
  }

  /** As {@link #isLive}, of an entry that is about to be dropped. */
  boolean isLiveToEnd(long keyWord, long valueWord) {
    return onlyValue != null ? onlyValue.isLiveToEnd(valueWord) : isLive(keyWord, valueWord);
  }

  private boolean areLive(
      @Nullable EntryLives owner, TypeCodec<?> codec, int[] offsets, long word) {
    if (owner != null) {
      for (int offset : offsets) {
        if (!owner.isLive(handle(codec, word, offset))) {
          return false;
        }
      }
    }
    return true;
  }

  /** As {@link #isLive}, of an entry whose words may have changed since it was read. */
  <K, V> boolean areLive(TypeCodec<K> keyCodec, K key, TypeCodec<V> valueCodec, V value) {
    return areLive(keys, keyCodec, keyOffsets, key)
        && areLive(values, valueCodec, valueOffsets, value);
  }

  private static <T> boolean areLive(
      @Nullable EntryLives owner, TypeCodec<T> codec, int[] offsets, T object) {
    if (owner == null) {
      return true;
    }
    MemorySegment bytes = encoded(codec, object);
    return Arrays.stream(offsets).allMatch(at -> owner.isLive(bytes.get(JAVA_LONG_UNALIGNED, at)));
  }

  private static <T> MemorySegment encoded(TypeCodec<T> codec, T object) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[codec.byteSize(object)]);
    codec.write(object, bytes, 0, (int) bytes.byteSize());
    return bytes;
  }

  /**
   * Takes over the references of a new entry.
   *
   * @throws StaleHandleException when a block is not live; nothing has changed
   */
  void bind(long keyWord, long valueWord, Object key) {
    if (onlyValue != null) {
      onlyValue.bind(valueWord, key);
      return;
    }
    bindAll(keys, table.keys, keyOffsets, keyWord, key);
    try {
      bindValue(valueWord, key);
    } catch (RuntimeException e) {
      unbindAll(keys, table.keys, keyOffsets, keyWord, key, keyOffsets.length);
      throw e;
    }
  }

  /** Takes over the references of an entry's new value. */
  void bindValue(long valueWord, Object key) {
    bindAll(values, table.values, valueOffsets, valueWord, key);
  }

  private void bindAll(
      @Nullable EntryLives owner, TypeCodec<?> codec, int[] offsets, long word, Object key) {
    if (owner == null) {
      return;
    }
    int bound = 0;
    try {
      for (int offset : offsets) {
        owner.bind(handle(codec, word, offset), key);
        bound++;
      }
    } finally {
      if (bound < offsets.length) {
        unbindAll(owner, codec, offsets, word, key, bound);
      }
    }
  }

  /** The references are the caller's again: there was no room for the entry. */
  void unbind(long keyWord, long valueWord, Object key) {
    unbindAll(keys, table.keys, keyOffsets, keyWord, key, keyOffsets.length);
    unbindAll(values, table.values, valueOffsets, valueWord, key, valueOffsets.length);
  }

  private void unbindAll(
      @Nullable EntryLives owner,
      TypeCodec<?> codec,
      int[] offsets,
      long word,
      Object key,
      int count) {
    if (owner != null) {
      for (int i = 0; i < count; i++) {
        owner.unbind(handle(codec, word, offsets[i]), key);
      }
    }
  }

  // What the present write has dropped, until it takes it.

  /** Notes the references of the entry of the key that the present write is for. */
  void drop(long keyWord, long valueWord, Object key) {
    if (onlyValue != null && droppedHandle == 0) {
      droppedHandle = valueWord;
    } else {
      dropOther(keyWord, valueWord, key);
    }
  }

  /** Notes the references of an entry of any key. */
  void dropOther(long keyWord, long valueWord, Object key) {
    if (keys != null) {
      for (int offset : keyOffsets) {
        note(keys, handle(table.keys, keyWord, offset), key);
      }
    }
    dropOtherValue(valueWord, key);
  }

  /** As {@link #drop}, of a value that is overwritten. */
  void dropValue(long valueWord, Object key) {
    if (onlyValue != null && droppedHandle == 0) {
      droppedHandle = valueWord;
    } else {
      dropOtherValue(valueWord, key);
    }
  }

  private void dropOtherValue(long valueWord, Object key) {
    if (values != null) {
      for (int offset : valueOffsets) {
        note(values, handle(table.values, valueWord, offset), key);
      }
    }
  }

  private void note(EntryLives owner, long handle, Object key) {
    dropped = new Dropped(owner, handle, key, dropped);
  }

  /** The one handle that {@link #drop} has noted, or 0; it is noted no longer. */
  long takeHandle() {
    long handle = droppedHandle;
    droppedHandle = 0;
    return handle;
  }

  /** All others; they are noted no longer. */
  @Nullable Dropped takeOthers() {
    Dropped others = dropped;
    if (others != null) {
      dropped = null;
    }
    return others;
  }

  /**
   * Gives back what was taken, whatever deallocators throw; they may use the map.
   *
   * @param key the key that the write was for
   */
  void release(long handle, Object key, @Nullable Dropped others) {
    if (others != null) {
      releaseAll(handle, key, others);
    } else if (handle != 0 && onlyValue != null) {
      boolean _ = onlyValue.release(handle, key);
    }
  }

  private void releaseAll(long handle, Object key, Dropped others) {
    RuntimeException failure = null;
    try {
      release(handle, key, null);
    } catch (RuntimeException e) {
      failure = e;
    }
    for (Dropped each = others; each != null; each = each.next) {
      try {
        boolean _ = each.owner.release(each.handle, each.key);
      } catch (RuntimeException e) {
        failure = joined(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * Adds a reference to each block of an entry, for a copy of it.
   *
   * @return false when one of them has ended; there are no new references then
   */
  boolean retain(long keyWord, long valueWord) {
    if (!retainAll(keyRegistry, table.keys, keyOffsets, keyWord)) {
      return false;
    }
    if (retainAll(valueRegistry, table.values, valueOffsets, valueWord)) {
      return true;
    }
    releaseAll(keyRegistry, table.keys, keyOffsets, keyWord, keyOffsets.length);
    return false;
  }

  /** Takes the references back that {@link #retain} has added. */
  void release(long keyWord, long valueWord) {
    releaseAll(keyRegistry, table.keys, keyOffsets, keyWord, keyOffsets.length);
    releaseAll(valueRegistry, table.values, valueOffsets, valueWord, valueOffsets.length);
  }

  private boolean retainAll(
      @Nullable Registry registry, TypeCodec<?> codec, int[] offsets, long word) {
    if (registry == null) {
      return true;
    }
    for (int i = 0; i < offsets.length; i++) {
      try {
        registry.retain(handle(codec, word, offsets[i]));
      } catch (StaleHandleException e) {
        releaseAll(registry, codec, offsets, word, i);
        return false;
      }
    }
    return true;
  }

  private void releaseAll(
      @Nullable Registry registry, TypeCodec<?> codec, int[] offsets, long word, int count) {
    if (registry != null) {
      for (int i = 0; i < count; i++) {
        long handle = handle(codec, word, offsets[i]);
        if (registry.isLive(handle)) {
          registry.release(handle);
        }
      }
    }
  }

  /** Gives back the references of a value that does not come into the map. */
  <T> void giveBack(TypeCodec<T> codec, T value) {
    if (valueRegistry == null) {
      return;
    }
    MemorySegment bytes = encoded(codec, value);
    RuntimeException failure = null;
    for (int offset : valueOffsets) {
      long handle = bytes.get(JAVA_LONG_UNALIGNED, offset);
      if (valueRegistry.isLive(handle)) {
        try {
          valueRegistry.release(handle);
        } catch (RuntimeException e) {
          failure = joined(failure, e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** For a map that has dropped every entry. */
  void close() {
    if (keys != null) {
      keys.close();
    }
    if (values != null) {
      values.close();
    }
  }
}
