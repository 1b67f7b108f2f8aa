package dev.lifebound.memory.map;

import java.util.AbstractCollection;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A map of this package as a {@link Map}.
 *
 * <p>Null keys and values are refused. Iterators are not fail-fast: the same thread may change the
 * map meanwhile, and then may or may not see what it adds. Entries are snapshots whose {@code
 * setValue} is a put. Spliterators bind when they are first used; they are {@code SIZED}, which
 * holds as long as the map is not changed meanwhile, but not where other threads may end the blocks
 * of entries; {@code NONNULL}, and those of keys and entries {@code DISTINCT}.
 */
final class MapView<K, V> extends AbstractMap<K, V> {
  private final EntrySource<K, V> source;

  MapView(EntrySource<K, V> source) {
    this.source = source;
  }

  @Override
  public int size() {
    return (int) Math.min(source.size(), Integer.MAX_VALUE);
  }

  @Override
  public boolean isEmpty() {
    return source.size() == 0;
  }

  @SuppressWarnings("unchecked") // isKey
  private @Nullable K asKey(@Nullable Object object) {
    return source.isKey(Objects.requireNonNull(object, "key must not be null")) ? (K) object : null;
  }

  @Override
  public @Nullable V get(@Nullable Object object) {
    K key = asKey(object);
    return key == null ? null : source.get(key);
  }

  @Override
  public boolean containsKey(@Nullable Object object) {
    return get(object) != null;
  }

  @Override
  public @Nullable V put(K key, V value) {
    return source.put(
        Objects.requireNonNull(key, "key must not be null"),
        Objects.requireNonNull(value, "value must not be null"));
  }

  @Override
  public @Nullable V remove(@Nullable Object object) {
    K key = asKey(object);
    return key == null ? null : source.remove(key);
  }

  @Override
  public void clear() {
    source.clear();
  }

  /*
   * What a function answers is the map's in any case, and is given back when it does not come into the
   * map. One that answers the value that is there changes nothing: a map of owned references must not
   * take over a reference that nobody has given.
   */

  private @Nullable V exchange(K key, @Nullable V present, @Nullable V made) {
    if (made == null) {
      if (present != null) {
        V _ = source.remove(key);
      }
    } else if (!source.ownsValues()) {
      // Also a value that is there: it may have been changed in place.
      V _ = source.put(key, made);
    } else if (!made.equals(present)) {
      putOwned(key, made);
    }
    return made;
  }

  private void putOwned(K key, V made) {
    try {
      V _ = source.put(key, made);
    } catch (Throwable e) {
      giveBack(made, e);
      throw e;
    }
  }

  @Override
  public @Nullable V computeIfAbsent(K key, Function<? super K, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "function must not be null");
    V present = get(key);
    return present != null ? present : exchange(key, null, function.apply(key));
  }

  @Override
  public @Nullable V computeIfPresent(
      K key, BiFunction<? super K, ? super V, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "function must not be null");
    V present = get(key);
    return present == null ? null : exchange(key, present, function.apply(key, present));
  }

  @Override
  public @Nullable V compute(
      K key, BiFunction<? super K, ? super @Nullable V, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "function must not be null");
    V present = get(key);
    return exchange(key, present, function.apply(key, present));
  }

  @Override
  public @Nullable V merge(
      K key, V value, BiFunction<? super V, ? super V, ? extends @Nullable V> function) {
    Objects.requireNonNull(value, "value must not be null");
    Objects.requireNonNull(function, "function must not be null");
    if (!source.isOwning()) {
      V present = get(key);
      return exchange(key, present, present == null ? value : function.apply(present, value));
    }
    return mergeOwned(key, value, function);
  }

  /** The reference of the value that is given is the map's, also when it is not needed. */
  private @Nullable V mergeOwned(
      K key, V value, BiFunction<? super V, ? super V, ? extends @Nullable V> function) {
    V present;
    V made;
    boolean needed;
    try {
      present = get(key);
      made = present == null ? value : function.apply(present, value);
      // The same block twice: the entry keeps its own reference.
      needed = value.equals(made) && !value.equals(present);
    } catch (Throwable e) {
      giveBack(value, e);
      throw e;
    }
    V merged;
    try {
      merged = exchange(key, present, made);
    } catch (Throwable e) {
      if (!needed) {
        giveBack(value, e);
      }
      throw e;
    }
    if (!needed) {
      source.giveBack(value);
    }
    return merged;
  }

  /** What a deallocator throws does not stand in for the cause. */
  private void giveBack(V value, Throwable cause) {
    try {
      source.giveBack(value);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  @Override
  public void replaceAll(BiFunction<? super K, ? super V, ? extends V> function) {
    Objects.requireNonNull(function, "function must not be null");
    source
        .entries()
        .forEachRemaining(entry ->
            exchange(
                entry.getKey(),
                entry.getValue(),
                Objects.requireNonNull(
                    function.apply(entry.getKey(), entry.getValue()), "value must not be null")));
  }

  @Override
  public void forEach(BiConsumer<? super K, ? super V> action) {
    Objects.requireNonNull(action, "action must not be null");
    source.entries().forEachRemaining(entry -> action.accept(entry.getKey(), entry.getValue()));
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

  private <T> Spliterator<T> spliterator(Collection<T> elements, int characteristics) {
    return source.isOwning()
        ? new UnsizedSpliterator<>(elements, characteristics)
        : Spliterators.spliterator(elements, characteristics);
  }

  private final class Keys extends AbstractSet<K> {
    @Override
    public int size() {
      return MapView.this.size();
    }

    @Override
    public boolean contains(@Nullable Object object) {
      return containsKey(object);
    }

    @Override
    public boolean remove(@Nullable Object object) {
      return MapView.this.remove(object) != null;
    }

    @Override
    public void clear() {
      MapView.this.clear();
    }

    @Override
    public Iterator<K> iterator() {
      return source.keys();
    }

    @Override
    public Spliterator<K> spliterator() {
      return MapView.this.spliterator(this, Spliterator.DISTINCT | Spliterator.NONNULL);
    }
  }

  private final class Values extends AbstractCollection<V> {
    @Override
    public int size() {
      return MapView.this.size();
    }

    @Override
    public boolean contains(@Nullable Object object) {
      return containsValue(object);
    }

    @Override
    public void clear() {
      MapView.this.clear();
    }

    @Override
    public Iterator<V> iterator() {
      Iterator<Entry<K, V>> entries = source.entries();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return entries.hasNext();
        }

        @Override
        public V next() {
          return entries.next().getValue();
        }

        @Override
        public void remove() {
          entries.remove();
        }
      };
    }

    @Override
    public Spliterator<V> spliterator() {
      return MapView.this.spliterator(this, Spliterator.NONNULL);
    }
  }

  private final class Entries extends AbstractSet<Entry<K, V>> {
    @Override
    public int size() {
      return MapView.this.size();
    }

    @Override
    public boolean contains(@Nullable Object object) {
      return object instanceof Entry<?, ?> entry
          && entry.getKey() != null
          && entry.getValue() != null
          && entry.getValue().equals(get(entry.getKey()));
    }

    @Override
    public boolean remove(@Nullable Object object) {
      return object instanceof Entry<?, ?> entry
          && contains(entry)
          && MapView.this.remove(entry.getKey()) != null;
    }

    @Override
    public void clear() {
      MapView.this.clear();
    }

    @Override
    public Iterator<Entry<K, V>> iterator() {
      Iterator<Entry<K, V>> entries = source.entries();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return entries.hasNext();
        }

        @Override
        public Entry<K, V> next() {
          Entry<K, V> entry = entries.next();
          return new WriteThrough(entry.getKey(), entry.getValue());
        }

        @Override
        public void remove() {
          entries.remove();
        }
      };
    }

    @Override
    public Spliterator<Entry<K, V>> spliterator() {
      return MapView.this.spliterator(this, Spliterator.DISTINCT | Spliterator.NONNULL);
    }
  }

  /** An entry whose setValue is a put. */
  private final class WriteThrough extends SimpleEntry<K, V> {
    private static final long serialVersionUID = 1L;

    WriteThrough(K key, V value) {
      super(key, value);
    }

    @Override
    public V setValue(V value) {
      V _ = put(getKey(), value);
      return super.setValue(value);
    }
  }
}
