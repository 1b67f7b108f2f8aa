package dev.lifebound.memory.map;

import java.util.AbstractMap;
import java.util.Iterator;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A {@link LongLongMap} for its view. */
record LongLongMapEntries(LongLongMap map) implements EntrySource<Long, Long> {
  @Override
  public long size() {
    return map.size();
  }

  @Override
  public boolean isKey(Object object) {
    return object instanceof Long;
  }

  @Override
  public @Nullable Long get(Long key) {
    return boxed(map.find(key));
  }

  private static @Nullable Long boxed(OptionalLong value) {
    return value.isPresent() ? (Long) value.getAsLong() : null;
  }

  @Override
  public @Nullable Long put(Long key, Long value) {
    Long before = get(key);
    map.put(key, value);
    return before;
  }

  @Override
  public @Nullable Long remove(Long key) {
    Long before = get(key);
    if (before != null) {
      map.remove(key);
    }
    return before;
  }

  @Override
  public void clear() {
    map.clear();
  }

  @Override
  public Iterator<Long> keys() {
    return new Steps<>(map, LongLongCursor::key);
  }

  @Override
  public Iterator<Map.Entry<Long, Long>> entries() {
    return new Steps<>(
        map, cursor -> new AbstractMap.SimpleImmutableEntry<>(cursor.key(), cursor.value()));
  }

  private static final class Steps<T> extends AheadIterator<T, Long> {
    private final LongLongMap map;
    private final LongLongCursor cursor;
    private final Function<LongLongCursor, T> part;

    Steps(LongLongMap map, Function<LongLongCursor, T> part) {
      this.map = map;
      this.cursor = new LongLongCursor(map, map.order());
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
    Long mark() {
      return cursor.key();
    }

    @Override
    void remove(Long key) {
      map.remove(key.longValue());
    }
  }
}
