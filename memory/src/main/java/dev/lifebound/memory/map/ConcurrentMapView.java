package dev.lifebound.memory.map;

import java.util.AbstractCollection;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.Spliterator;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A concurrent map in native memory, as the Java library has it. */
final class ConcurrentMapView<K, V> extends AbstractMap<K, V> implements ConcurrentMap<K, V> {
  private final ConcurrentNativeMap<K, V> map;

  ConcurrentMapView(ConcurrentNativeMap<K, V> map) {
    this.map = map;
  }

  @SuppressWarnings("unchecked") // another type is refused by the codec's cast
  private K key(@Nullable Object object) {
    return (K) Objects.requireNonNull(object, "a key must not be null");
  }

  @SuppressWarnings("unchecked") // another type is refused by the codec's cast
  private V value(@Nullable Object object) {
    return (V) Objects.requireNonNull(object, "a value must not be null");
  }

  @Override
  public @Nullable V get(@Nullable Object key) {
    return map.get(key(key));
  }

  @Override
  public V getOrDefault(@Nullable Object key, V missing) {
    V value = map.get(key(key));
    return value == null ? missing : value;
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return map.containsKey(key(key));
  }

  @Override
  public boolean containsValue(@Nullable Object value) {
    return values().contains(value(value));
  }

  @Override
  public int size() {
    return (int) Math.min(map.size(), Integer.MAX_VALUE);
  }

  @Override
  public boolean isEmpty() {
    return map.isEmpty();
  }

  @Override
  public @Nullable V put(K key, V value) {
    return map.put(key, value);
  }

  @Override
  public @Nullable V putIfAbsent(K key, V value) {
    return map.putIfAbsent(key, value);
  }

  @Override
  public @Nullable V remove(@Nullable Object key) {
    return map.remove(key(key));
  }

  @Override
  public boolean remove(@Nullable Object key, @Nullable Object value) {
    Objects.requireNonNull(key, "a key must not be null");
    return value != null && map.remove(key(key), value(value));
  }

  @Override
  public @Nullable V replace(K key, V value) {
    return map.replace(key, value);
  }

  @Override
  public boolean replace(K key, V expected, V value) {
    return map.replace(key, expected, value);
  }

  @Override
  public @Nullable V compute(
      K key, BiFunction<? super K, ? super @Nullable V, ? extends @Nullable V> function) {
    return map.compute(key, function);
  }

  @Override
  public @Nullable V computeIfAbsent(K key, Function<? super K, ? extends @Nullable V> function) {
    return map.computeIfAbsent(key, function);
  }

  @Override
  public @Nullable V computeIfPresent(
      K key, BiFunction<? super K, ? super V, ? extends @Nullable V> function) {
    return map.computeIfPresent(key, function);
  }

  @Override
  public @Nullable V merge(
      K key, V value, BiFunction<? super V, ? super V, ? extends @Nullable V> function) {
    return map.merge(key, value, function);
  }

  @Override
  public void forEach(BiConsumer<? super K, ? super V> action) {
    map.forEach(action);
  }

  /**
   * Entry by entry, as {@code compute}. The interface's own way compares the value that the
   * function was given with the one that is there: it would try for ever when the function has
   * changed an array in place, and give handles back that it has put again.
   */
  @Override
  public void replaceAll(BiFunction<? super K, ? super V, ? extends V> function) {
    Objects.requireNonNull(function, "a function must not be null");
    map.forEach((key, _) ->
        map.computeIfPresent(
            key,
            (same, present) ->
                Objects.requireNonNull(function.apply(same, present), "a value must not be null")));
  }

  @Override
  public void clear() {
    map.clear();
  }

  @Override
  public Set<K> keySet() {
    return new Keys();
  }

  @Override
  public Collection<V> values() {
    return new Values();
  }

  @Override
  public Set<Entry<K, V>> entrySet() {
    return new Entries();
  }

  /** An entry as it was when the iteration met it; {@code setValue} is a put. */
  private final class WriteThrough extends AbstractMap.SimpleEntry<K, V> {
    private static final long serialVersionUID = 1L;

    WriteThrough(K key, V value) {
      super(key, value);
    }

    @Override
    public V setValue(V value) {
      var _ = map.put(getKey(), value);
      return super.setValue(value);
    }
  }

  private Entry<K, V> entry(EntryWalk<K, V> walk) {
    return new WriteThrough(walk.key(), walk.value());
  }

  /** Meets entries, gives what is made of them. */
  private final class Walker<T> implements Iterator<T> {
    private final EntryWalk<K, V> walk = new EntryWalk<>(map, 0, 0);
    private final Function<EntryWalk<K, V>, T> form;
    private @Nullable Boolean ahead;
    private @Nullable K last;

    /** The last entry, when its key is a NaN, which nobody finds. */
    private @Nullable DroppedEntry lastStored;

    Walker(Function<EntryWalk<K, V>, T> form) {
      this.form = form;
    }

    @Override
    public boolean hasNext() {
      Boolean known = ahead;
      if (known == null) {
        known = walk.advance();
        ahead = known;
      }
      return known;
    }

    @Override
    public T next() {
      if (!hasNext()) {
        throw new NoSuchElementException("the iteration must have a next entry");
      }
      ahead = null;
      K key = walk.key();
      last = key;
      lastStored = map.keys.codec.isReflexive(key) ? null : walk.stored();
      return form.apply(walk);
    }

    @Override
    public void remove() {
      K key = last;
      if (key == null) {
        throw new IllegalStateException("a remove must follow a next");
      }
      last = null;
      if (lastStored == null) {
        var _ = map.remove(key);
      } else {
        map.removeStored(lastStored);
      }
    }
  }

  private static final class Parts<K, V, T> implements Spliterator<T> {
    private final ConcurrentNativeMap<K, V> map;
    private final EntryWalk<K, V> walk;
    private final Function<EntryWalk<K, V>, T> form;
    private final int characteristics;
    private long estimate;

    Parts(
        ConcurrentNativeMap<K, V> map,
        EntryWalk<K, V> walk,
        Function<EntryWalk<K, V>, T> form,
        int characteristics,
        long estimate) {
      this.map = map;
      this.walk = walk;
      this.form = form;
      this.characteristics = characteristics;
      this.estimate = estimate;
    }

    @Override
    public boolean tryAdvance(Consumer<? super T> action) {
      Objects.requireNonNull(action, "an action must not be null");
      if (!walk.advance()) {
        return false;
      }
      action.accept(form.apply(walk));
      return true;
    }

    @Override
    public @Nullable Spliterator<T> trySplit() {
      EntryWalk<K, V> rest = walk.split();
      if (rest == null) {
        return null;
      }
      estimate >>>= 1;
      return new Parts<>(map, rest, form, characteristics, estimate);
    }

    @Override
    public long estimateSize() {
      return estimate;
    }

    @Override
    public int characteristics() {
      return characteristics;
    }
  }

  private <T> Spliterator<T> parts(Function<EntryWalk<K, V>, T> form, int more) {
    return new Parts<>(
        map,
        new EntryWalk<>(map, 0, 0),
        form,
        Spliterator.CONCURRENT | Spliterator.NONNULL | more,
        map.size());
  }

  private final class Entries extends AbstractSet<Entry<K, V>> {
    @Override
    public int size() {
      return ConcurrentMapView.this.size();
    }

    @Override
    public void clear() {
      map.clear();
    }

    @Override
    public boolean contains(@Nullable Object object) {
      return object instanceof Map.Entry<?, ?> entry
          && entry.getKey() != null
          && entry.getValue() != null
          && map.has(key(entry.getKey()), value(entry.getValue()));
    }

    @Override
    public boolean remove(@Nullable Object object) {
      return object instanceof Map.Entry<?, ?> entry
          && entry.getKey() != null
          && ConcurrentMapView.this.remove(entry.getKey(), entry.getValue());
    }

    @Override
    public Iterator<Entry<K, V>> iterator() {
      return new Walker<>(ConcurrentMapView.this::entry);
    }

    @Override
    public Spliterator<Entry<K, V>> spliterator() {
      return parts(ConcurrentMapView.this::entry, Spliterator.DISTINCT);
    }
  }

  private final class Keys extends AbstractSet<K> {
    @Override
    public int size() {
      return ConcurrentMapView.this.size();
    }

    @Override
    public void clear() {
      map.clear();
    }

    @Override
    public boolean contains(@Nullable Object key) {
      return containsKey(key);
    }

    @Override
    public boolean remove(@Nullable Object key) {
      return map.remove(key(key)) != null;
    }

    @Override
    public Iterator<K> iterator() {
      return new Walker<>(EntryWalk::key);
    }

    @Override
    public Spliterator<K> spliterator() {
      return parts(EntryWalk::key, Spliterator.DISTINCT);
    }
  }

  private final class Values extends AbstractCollection<V> {
    @Override
    public int size() {
      return ConcurrentMapView.this.size();
    }

    @Override
    public void clear() {
      map.clear();
    }

    @Override
    public Iterator<V> iterator() {
      return new Walker<>(EntryWalk::value);
    }

    @Override
    public Spliterator<V> spliterator() {
      return parts(EntryWalk::value, 0);
    }
  }
}
