package dev.lifebound.memory.handle;

import dev.lifebound.memory.ledger.LedgerName;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * A map from keys to handles whose entries and blocks share one life.
 *
 * <p>Each entry owns one reference. Putting a handle takes over the caller's reference; whatever
 * ends the entry gives it back: remove, overwrite, clear, an iterator's remove, a compute that
 * answers null, eviction by the cache below, {@link #close}. And when the block ends elsewhere,
 * because C freed it, its parent was closed or its registry, the entry is gone from the map before
 * the memory is freed.
 *
 * <pre>{@code
 * BoundMap<String> sessions = BoundMap.over(registry, new ConcurrentHashMap<>());
 * sessions.put("anna", registry.allocate(64, "session"));
 * sessions.lease("anna").ifPresent(lease -> { try (lease) { lease.setLong(0, 42); } });
 * sessions.remove("anna"); // the block is freed, as soon as nobody reads it
 * }</pre>
 *
 * <p>The map below may be any {@link Map}; it must not be used directly afterwards. Over a {@link
 * ConcurrentMap} all operations are as concurrent as that map's and iteration is weakly consistent;
 * over any other map operations take one lock and an iteration runs over a copy. Keys are compared
 * as the map below compares them; null keys and values are refused.
 *
 * <p>A handle that {@code get} returns may be stale by the time it is used, which the registry
 * refuses; {@link #lease} tries again instead. Handles that {@code remove} and {@code put} return
 * were released, and serve to tell whether there was an entry. What a function given to {@code
 * compute} and its like answers is the map's in any case, and is released when it does not come
 * into the map; the function may be asked more than once.
 *
 * @param <K> the type of keys
 */
public final class BoundMap<K> extends OwningMap<K> implements AutoCloseable {
  // Longer than 400 lines by a few: half of it is the contract of the public methods.
  // Longer than the house's files: its views end entries by the same private steps as its methods.

  private final BlockTable table;
  private final Registry registry;
  private final Map<K, Long> map;
  private final LedgerName name;
  private final boolean concurrent;
  private volatile boolean closed;

  /**
   * One entry, as its block knows it. Equal bindings are the same entry. Knows the map below and
   * not this one, which holds the registry: blocks must not keep their registry reachable.
   */
  record Binding<K>(Map<K, Long> map, BlockTable table, LedgerName name, K key)
      implements StaleListener {
    @Override
    public void stale(long handle) {
      if (map.remove(key, handle)) {
        Chronicle.unbound(table, handle, name, key);
        table.releaseIfHeld(handle, false);
      }
    }

    /** The entry has left the map below: its binding and its reference go. */
    void dropped(long handle) {
      Chronicle.unbound(table, handle, name, key);
      table.attachments.unlisten(handle, this);
      table.releaseIfHeld(handle, false);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // maps that are equal by content are not the same map
    public boolean equals(Object other) {
      return other instanceof Binding<?> that && that.map == map && that.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }
  }

  private BoundMap(Registry registry, Map<K, Long> map, LedgerName name) {
    if (!map.isEmpty()) {
      throw new IllegalArgumentException(
          "a bound map must begin empty: entries="
              + map.size()
              + "; put the handles through the bound map");
    }
    this.registry = registry;
    this.table = registry.table();
    this.name = name;
    this.concurrent = map instanceof ConcurrentMap;
    this.map = concurrent ? map : Collections.synchronizedMap(map);
  }

  /**
   * Binds an empty map to a registry.
   *
   * @throws IllegalArgumentException when the map has entries
   */
  public static <K> BoundMap<K> over(Registry registry, Map<K, Long> map) {
    return new BoundMap<>(registry, map, Chronicle.placeOfMap());
  }

  /**
   * As above, with the name under which the ledger's events and the reports of crashes know the
   * map; otherwise that is the place where it was made.
   */
  public static <K> BoundMap<K> over(Registry registry, Map<K, Long> map, String name) {
    return new BoundMap<>(registry, map, LedgerName.of(name));
  }

  /**
   * Binds the map of a cache that removes entries by itself, and says so through {@code evictions}.
   */
  public static <K> BoundMap<K> over(
      Registry registry, ConcurrentMap<K, Long> cache, Evictions<K> evictions) {
    BoundMap<K> bound = new BoundMap<>(registry, cache, Chronicle.placeOfMap());
    evictions.bind(bound.table, bound.map, bound.name);
    return bound;
  }

  /** A lease on the block under this key; empty when there is none. The caller closes it. */
  public Optional<Lease> lease(K key) {
    while (true) {
      Long handle = map.get(key);
      if (handle == null) {
        return Optional.empty();
      }
      try {
        return Optional.of(registry.lease(handle));
      } catch (StaleHandleException e) {
        // Removed between the two looks; when the entry is still there something is wrong with it.
        if (handle.equals(map.get(key))) {
          forget(key, handle, e);
        }
      }
    }
  }

  /** An entry whose block is stale is on its way out, and is taken out here at the latest. */
  private void forget(K key, Long handle, StaleHandleException cause) {
    if (registry.isLive(handle)) {
      throw cause;
    }
    binding(key).stale(handle);
  }

  @Override
  public @Nullable Long get(@Nullable Object key) {
    return map.get(Objects.requireNonNull(key, "key must not be null"));
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return map.containsKey(Objects.requireNonNull(key, "key must not be null"));
  }

  @Override
  public int size() {
    return map.size();
  }

  /**
   * Takes over the caller's reference to the block.
   *
   * @return the handle that was under the key before, released, or null
   * @throws StaleHandleException when the block is no longer live; nothing changes then
   */
  @Override
  public @Nullable Long put(K key, Long handle) {
    bind(key, handle);
    Long before = map.put(key, handle);
    settle(key, handle);
    if (before != null) {
      dropped(key, before);
    }
    return before;
  }

  /** As {@link #put} when there is no entry; otherwise the reference stays the caller's. */
  @Override
  public @Nullable Long putIfAbsent(K key, Long handle) {
    bind(key, handle);
    Long present = map.putIfAbsent(key, handle);
    if (present != null) {
      unbind(key, handle);
      return present;
    }
    settle(key, handle);
    return null;
  }

  @Override
  public @Nullable Long remove(@Nullable Object key) {
    Long handle = map.remove(Objects.requireNonNull(key, "key must not be null"));
    if (handle != null) {
      dropped(castKey(key), handle);
    }
    return handle;
  }

  @Override
  public boolean remove(@Nullable Object key, @Nullable Object handle) {
    Objects.requireNonNull(key, "key must not be null");
    if (!(handle instanceof Long number) || !map.remove(key, number)) {
      return false;
    }
    dropped(castKey(key), number);
    return true;
  }

  /** As {@link #put} when the entry has this handle; otherwise the reference stays the caller's. */
  @Override
  public boolean replace(K key, Long expected, Long handle) {
    bind(key, handle);
    if (!map.replace(key, expected, handle)) {
      unbind(key, handle);
      return false;
    }
    settle(key, handle);
    dropped(key, expected);
    return true;
  }

  /** As {@link #put} when there is an entry; otherwise the reference stays the caller's. */
  @Override
  public @Nullable Long replace(K key, Long handle) {
    bind(key, handle);
    Long before = map.replace(key, handle);
    if (before == null) {
      unbind(key, handle);
      return null;
    }
    settle(key, handle);
    dropped(key, before);
    return before;
  }

  @Override
  public void clear() {
    RuntimeException failure = null;
    for (Entry<K, Long> entry : entries()) {
      try {
        var _ = remove(entry.getKey(), entry.getValue());
      } catch (RuntimeException e) {
        failure = Attachments.joined(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Releases every entry; puts are refused afterwards. Later calls do nothing. */
  @Override
  public void close() {
    closed = true;
    clear();
  }

  @Override
  public Set<Entry<K, Long>> entrySet() {
    return new Entries();
  }

  /** The entry's block must tell us of its end before the entry is there. */
  private void bind(K key, Long handle) {
    Objects.requireNonNull(key, "key must not be null");
    Objects.requireNonNull(handle, "handle must not be null");
    if (closed) {
      throw new IllegalStateException(
          "a bound map must be open: key="
              + key
              + ", registry="
              + registry
              + "; put before close()");
    }
    table.attachments.listen(handle, binding(key));
    Chronicle.bound(table, handle, name, key);
  }

  private Binding<K> binding(K key) {
    return new Binding<>(map, table, name, key);
  }

  private void unbind(K key, long handle) {
    Chronicle.unbound(table, handle, name, key);
    table.attachments.unlisten(handle, binding(key));
  }

  /**
   * The block may have ended, or the map been closed, after bind and before the entry was there.
   */
  private void settle(K key, Long handle) {
    if (!registry.isLive(handle)) {
      binding(key).stale(handle);
    } else if (closed) {
      var _ = remove(key, handle);
    }
  }

  @Override
  void giveBack(long handle) {
    table.slot(handle); // refuses the handle of another registry
    table.releaseIfHeld(handle, false);
  }

  private void dropped(K key, Long handle) {
    binding(key).dropped(handle);
  }

  @SuppressWarnings("unchecked") // it was equal to a key of the map
  private K castKey(Object key) {
    return (K) key;
  }

  /** What to iterate over: the map itself, or a copy where the map is not concurrent. */
  private Iterable<Entry<K, Long>> entries() {
    if (concurrent) {
      return map.entrySet();
    }
    synchronized (map) {
      List<Entry<K, Long>> copy = new ArrayList<>(map.size());
      map.forEach((key, handle) -> copy.add(Map.entry(key, handle)));
      return copy;
    }
  }

  private final class Entries extends AbstractSet<Entry<K, Long>> {
    @Override
    public int size() {
      return map.size();
    }

    @Override
    public void clear() {
      BoundMap.this.clear();
    }

    @Override
    public boolean contains(@Nullable Object object) {
      return object instanceof Entry<?, ?> entry
          && entry.getKey() != null
          && Objects.equals(map.get(entry.getKey()), entry.getValue());
    }

    @Override
    public boolean remove(@Nullable Object object) {
      return object instanceof Entry<?, ?> entry
          && entry.getKey() != null
          && BoundMap.this.remove(entry.getKey(), entry.getValue());
    }

    @Override
    public Iterator<Entry<K, Long>> iterator() {
      Iterator<Entry<K, Long>> below = entries().iterator();
      return new Iterator<>() {
        private @Nullable Entry<K, Long> last;

        @Override
        public boolean hasNext() {
          return below.hasNext();
        }

        @Override
        public Entry<K, Long> next() {
          if (!below.hasNext()) {
            throw new NoSuchElementException("the iteration must have a next entry");
          }
          Entry<K, Long> entry = below.next();
          last = entry;
          return new WriteThrough(entry.getKey(), entry.getValue());
        }

        @Override
        public void remove() {
          Entry<K, Long> entry = last;
          if (entry == null) {
            throw new IllegalStateException("a remove must follow a next");
          }
          last = null;
          var _ = BoundMap.this.remove(entry.getKey(), entry.getValue());
        }
      };
    }
  }

  /** An entry whose setValue is a put. */
  private final class WriteThrough extends AbstractMap.SimpleEntry<K, Long> {
    private static final long serialVersionUID = 1L;

    WriteThrough(K key, Long handle) {
      super(key, handle);
    }

    @Override
    public Long setValue(Long handle) {
      var _ = put(getKey(), handle);
      return super.setValue(handle);
    }
  }
}
