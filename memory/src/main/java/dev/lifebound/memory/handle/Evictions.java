package dev.lifebound.memory.handle;

import dev.lifebound.memory.ledger.LedgerName;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a cache under a {@link BoundMap} tells it of entries that the cache removes by itself.
 *
 * <p>Made before the cache, since the cache wants its listener when it is built:
 *
 * <pre>{@code
 * Evictions<String> evictions = new Evictions<>();
 * Cache<String, Long> cache =
 *     Caffeine.newBuilder()
 *         .maximumSize(1_000)
 *         .evictionListener((String key, Long handle, RemovalCause cause) ->
 *             evictions.evicted(key, handle))
 *         .build();
 * BoundMap<String> map = BoundMap.over(registry, cache.asMap(), evictions);
 * }</pre>
 *
 * <p>Report evictions only, each once; removals that go through the bound map are known to it.
 *
 * <p>Caffeine calls an eviction listener inside its lock for the entry. The end of an evicted block
 * must then not touch the same cache: no deallocator that uses it, no children of the block among
 * its entries. Where that cannot be had, use a {@code removalListener} and report what {@code
 * cause.wasEvicted()}: it is called afterwards, on the cache's executor.
 *
 * <p>The cache must not put by itself, as a loading cache and {@code refreshAfterWrite} do: load
 * with {@code computeIfAbsent} and refresh with {@code compute} of the bound map. Entries that have
 * expired are freed when the cache notices; after {@link BoundMap#close} that is its {@code
 * cleanUp}.
 */
public final class Evictions<K> {
  private record Bound<K>(BlockTable table, Map<K, Long> map, LedgerName name) {}

  /** Not the bound map itself: the cache holds us, and must not keep a registry reachable. */
  private volatile @Nullable Bound<K> bound;

  /** For a map that is made afterwards. */
  public Evictions() {}

  /** The cache has removed this entry; the entry's reference is released. */
  public void evicted(K key, Long handle) {
    Bound<K> mine = bound;
    if (mine == null) {
      throw new IllegalStateException(
          "evictions must belong to a bound map: key="
              + key
              + "; give them to BoundMap.over before the cache is used");
    }
    new BoundMap.Binding<>(mine.map, mine.table, mine.name, key).dropped(handle);
  }

  void bind(BlockTable table, Map<K, Long> map, LedgerName name) {
    if (bound != null) {
      throw new IllegalArgumentException(
          "evictions must belong to one bound map; make a new Evictions for each");
    }
    bound = new Bound<>(table, map, name);
  }
}
