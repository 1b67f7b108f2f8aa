package dev.lifebound.memory.map;

import java.util.AbstractMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A {@link NativeMap} for its view. */
record NativeMapEntries<K, V>(NativeMap<K, V> map) implements EntrySource<K, V> {
  @Override
  public long size() {
    return map.size();
  }

  @Override
  public boolean isOwning() {
    return map.lives != null;
  }

  @Override
  public boolean ownsValues() {
    return map.values.handleOffsets().length != 0;
  }

  @Override
  public void giveBack(V value) {
    if (map.lives != null) {
      map.lives.giveBack(map.values, value);
    }
  }

  @Override
  public boolean isKey(Object object) {
    return map.keys.isInstance(object);
  }

  @Override
  public @Nullable V get(K key) {
    return map.get(key);
  }

  @Override
  public @Nullable V put(K key, V value) {
    return map.getAndPut(key, value);
  }

  @Override
  public @Nullable V remove(K key) {
    return map.getAndRemove(key);
  }

  @Override
  public void clear() {
    map.clear();
  }

  @Override
  public Iterator<K> keys() {
    return new Steps<>(new NativeCursor<>(map, false, map.order()), NativeCursor::key);
  }

  @Override
  public Iterator<Map.Entry<K, V>> entries() {
    return new Steps<>(
        new NativeCursor<>(map, true, map.order()),
        cursor -> new AbstractMap.SimpleImmutableEntry<>(cursor.key(), cursor.value()));
  }

  private static final class Steps<K, V, T> extends AheadIterator<T, NativeCursor.Mark<K>> {
    private final NativeCursor<K, V> cursor;
    private final Function<NativeCursor<K, V>, T> part;

    Steps(NativeCursor<K, V> cursor, Function<NativeCursor<K, V>, T> part) {
      this.cursor = cursor;
      this.part = part;
    }

    @Override
    boolean advance() {
      return cursor.next();
    }

    @Override
    T part() {
      return part.apply(cursor);
    }

    @Override
    NativeCursor.Mark<K> mark() {
      return cursor.mark();
    }

    @Override
    void remove(NativeCursor.Mark<K> mark) {
      cursor.remove(mark);
    }
  }
}
