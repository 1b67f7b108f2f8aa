package dev.lifebound.memory.map;

import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a {@link MapView} shows: one of our maps, with objects for keys and values. */
interface EntrySource<K, V> {
  long size();

  /**
   * Whether entries own what they hold, so that putting a value again is not the same as leaving
   * it.
   */
  default boolean isOwning() {
    return false;
  }

  /** As above, of values. */
  default boolean ownsValues() {
    return false;
  }

  /** Gives up what a value would have owned that does not come into the map. */
  default void giveBack(V value) {}

  /** Whether the object could be a key. */
  boolean isKey(Object object);

  @Nullable V get(K key);

  /** The value before, or null. */
  @Nullable V put(K key, V value);

  /** The value before, or null. */
  @Nullable V remove(K key);

  void clear();

  /** Keys only; cheaper than {@link #entries} where values are objects. */
  Iterator<K> keys();

  /** Its entries do not write through. */
  Iterator<Map.Entry<K, V>> entries();
}
