package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.util.AbstractMap;
import java.util.Iterator;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A {@link PresizedLongLongMap} for its view. */
record PresizedEntries(PresizedLongLongMap map) implements EntrySource<Long, Long> {
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
    OptionalLong value = map.find(key);
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
    return new Steps<>(map, cursor -> cursor.key);
  }

  @Override
  public Iterator<Map.Entry<Long, Long>> entries() {
    return new Steps<>(
        map, cursor -> new AbstractMap.SimpleImmutableEntry<>(cursor.key, cursor.value));
  }

  /**
   * Goes from slot to slot. Entries never move, so what is taken when the step comes to it is in
   * the map, and came not before.
   */
  private static final class Steps<T> extends AheadIterator<T, Long> {
    private final PresizedLongLongMap map;
    private final Function<Steps<T>, T> part;
    private final int cleared;
    private long next;
    private long key;
    private long value;

    Steps(PresizedLongLongMap map, Function<Steps<T>, T> part) {
      map.checkRead("iterate");
      this.map = map;
      this.part = part;
      this.cleared = map.clears;
    }

    @Override
    boolean advance() {
      map.checkRead("iterate");
      if (map.clears != cleared) {
        return false;
      }
      try {
        for (; next < map.groups * Group.SLOTS; next++) {
          long group = next / Group.SLOTS;
          int from = (int) (next % Group.SLOTS);
          long bits = Group.taken(Group.control(map.segment, group)) & (-1L << (from * Byte.SIZE));
          if (bits != 0) {
            long slot = Group.slot(group, bits);
            key = map.segment.get(JAVA_LONG_UNALIGNED, slot);
            value = map.segment.get(JAVA_LONG_UNALIGNED, slot + Group.VALUE_OFFSET);
            next = group * Group.SLOTS + (Long.numberOfTrailingZeros(bits) >>> 3) + 1;
            return true;
          }
          next = group * Group.SLOTS + Group.SLOTS - 1;
        }
        return false;
      } catch (IllegalStateException | IndexOutOfBoundsException e) {
        throw map.explain(e, "iterate");
      }
    }

    @Override
    T part() {
      return part.apply(this);
    }

    @Override
    Long mark() {
      return key;
    }

    @Override
    void remove(Long key) {
      map.remove(key.longValue());
    }
  }
}
