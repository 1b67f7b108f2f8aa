package dev.lifebound.memory.map;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one write to a {@link ConcurrentNativeMap} does, and what it found.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 */
final class EntryWrite<K, V> {
  private final ConcurrentNativeMap<K, V> map;
  private final ConcurrentTables tables;
  private final Side<K> keys;
  private final Side<V> values;
  final SoughtKey<K> sought;
  private final byte[] keyBytes;
  private final long valueWord;
  private final byte[] valueBytes;
  private boolean found;
  private long foundWord;
  private byte[] foundBytes = {};
  boolean live;
  private boolean dropsKey;
  private boolean dropsValue;
  private @Nullable List<DroppedEntry> swept;

  /** Encodes before any lock is taken. */
  EntryWrite(ConcurrentNativeMap<K, V> map, SoughtKey<K> sought, @Nullable V value) {
    this.map = map;
    this.tables = map.tables;
    this.keys = map.keys;
    this.values = map.values;
    this.sought = sought;
    this.keyBytes = value == null && keys.handles == null ? foundBytes : sought.encode();
    this.valueWord = value == null ? 0 : values.word(value);
    this.valueBytes = value == null ? foundBytes : values.encode(value);
    if (value != null) {
      keys.verify(sought.key, keyBytes);
    }
  }

  /** Under the lock: looks, and keeps what was found. */
  long look(Stripe stripe) {
    if (map.isClosing()) {
      throw map.slabs.closed();
    }
    long slot = sought.find(stripe);
    found = slot != ConcurrentTables.NONE;
    if (found) {
      foundWord = tables.valueWord(slot);
      foundBytes = values.bytes(foundWord);
      live = values.areLive(foundWord, foundBytes) && keys.areLive(sought.word, keyBytes);
    }
    return slot;
  }

  @Nullable V before() {
    return found && live ? values.decode(foundWord, foundBytes) : null;
  }

  /** Whether the value that was found is this one: its word, or its bytes. */
  boolean isFound(long expectedWord, byte[] expectedBytes) {
    return found
        && live
        && (values.words ? foundWord == expectedWord : Arrays.equals(foundBytes, expectedBytes));
  }

  /**
   * Whether the value that was found has these bytes: an object that was handed out is no longer it
   * when a function has changed it, as it may an array.
   */
  boolean holds(V value) {
    return isFound(values.word(value), values.encode(value));
  }

  /** Under the lock: another value for the entry of a slot. */
  void set(Stripe stripe, long slot) {
    requireLiveKey();
    bindValue();
    boolean done = false;
    try {
      change(stripe, slot);
      done = true;
    } finally {
      if (!done) {
        unbindValue();
      }
    }
    dropsValue = true;
  }

  /**
   * Under the lock: the value for the entry of a slot that has the same handles: its references
   * stay the entry's.
   */
  void setKept(Stripe stripe, long slot) {
    requireLiveKey();
    change(stripe, slot);
  }

  private void change(Stripe stripe, long slot) {
    long word = storeValue(stripe);
    if (keys.codec.isKeyUpdated()) {
      setKey(stripe, slot, word);
    }
    // Storing may have moved what was found.
    long old = tables.valueWord(slot);
    tables.setValue(slot, word);
    values.retire(stripe, old);
  }

  /** A dead key stays dead. */
  private void requireLiveKey() {
    HandleSide handles = keys.handles;
    if (handles != null && !handles.areLive(sought.word, keyBytes)) {
      // Refuses the handle, with its history.
      handles.bind(sought.word, keyBytes, sought.key);
    }
  }

  private void bindValue() {
    if (values.handles != null) {
      values.handles.bind(valueWord, valueBytes, sought.key);
    }
  }

  private void unbindValue() {
    if (values.handles != null) {
      values.handles.unbind(valueWord, valueBytes, sought.key);
    }
  }

  /** Under no lock: gives the references of what was dropped back. */
  void release() {
    if (!map.mortal) {
      return;
    }
    RuntimeException failure = null;
    if (dropsValue && values.handles != null) {
      failure = DroppedEntry.released(values.handles, foundWord, foundBytes, sought.key, failure);
    }
    if (dropsKey && keys.handles != null) {
      failure = DroppedEntry.released(keys.handles, sought.word, keyBytes, sought.key, failure);
    }
    if (swept != null) {
      failure = DroppedEntry.releaseAll(keys, values, swept, failure);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Under no lock, of a write that failed: what it had dropped before is out of the map. */
  void releaseSwept(Throwable cause) {
    if (swept == null) {
      return;
    }
    RuntimeException failure = DroppedEntry.releaseAll(keys, values, swept, null);
    if (failure != null) {
      cause.addSuppressed(failure);
    }
  }

  /** The newest of equal keys stays, as in Go. */
  private void setKey(Stripe stripe, long slot, long valueWord) {
    long word = storeKey(stripe, valueWord);
    long old = tables.keyWord(slot);
    tables.setKey(slot, word);
    keys.retire(stripe, old);
  }

  /** Under the lock: a new entry; false when the stripe was split and is dead. */
  boolean insert(Stripe stripe) {
    if (map.mortal && !tables.hasRoom(stripe, sought.hash)) {
      sweep(stripe);
    }
    if (!tables.makeRoom(stripe, sought.hash)) {
      return false;
    }
    if (map.mortal) {
      insertBound(stripe);
    } else {
      store(stripe);
    }
    return true;
  }

  private void store(Stripe stripe) {
    long valueWord = storeValue(stripe);
    long keyWord = storeKey(stripe, valueWord);
    tables.add(stripe, sought.hash, keyWord, valueWord);
  }

  private void insertBound(Stripe stripe) {
    if (keys.handles != null) {
      keys.handles.bind(sought.word, keyBytes, sought.key);
    }
    boolean valueBound = false;
    boolean done = false;
    try {
      bindValue();
      valueBound = true;
      store(stripe);
      done = true;
    } finally {
      if (!done && valueBound) {
        unbindValue();
      }
      if (!done && keys.handles != null) {
        keys.handles.unbind(sought.word, keyBytes, sought.key);
      }
    }
  }

  /** Drops the dead entries of a full table. */
  private void sweep(Stripe stripe) {
    if (map.dead() == 0) {
      return;
    }
    List<DroppedEntry> all = swept == null ? new ArrayList<>() : swept;
    RangeCopy copy = new RangeCopy();
    tables.ranges.copyLocked(stripe, sought.hash, copy);
    for (int i = 0; i < copy.count(); i++) {
      long hash = tables.hashOf(copy.key(i));
      DroppedEntry entry = DroppedEntry.of(keys, values, hash, copy.key(i), copy.value(i));
      if (entry.isDead(keys, values)) {
        tables.removeWord(stripe, hash, entry.keyWord());
        keys.retire(stripe, entry.keyWord());
        values.retire(stripe, entry.valueWord());
        all.add(entry);
      }
    }
    swept = all;
  }

  /** When there is no memory the value's cell is given back. */
  private long storeKey(Stripe stripe, long valueWord) {
    try {
      return keys.store(stripe, sought.hash, sought.word, keyBytes);
    } catch (MapFullException e) {
      values.giveBack(stripe, valueWord);
      throw e;
    }
  }

  private long storeValue(Stripe stripe) {
    return values.store(stripe, 0, valueWord, valueBytes);
  }

  /** Under the lock. */
  void remove(Stripe stripe, long slot) {
    long keyWord = tables.keyWord(slot);
    tables.remove(stripe, sought.hash, slot);
    keys.retire(stripe, keyWord);
    values.retire(stripe, foundWord);
    dropsKey = true;
    dropsValue = true;
  }
}
