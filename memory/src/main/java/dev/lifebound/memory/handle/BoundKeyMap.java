package dev.lifebound.memory.handle;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A map whose keys are blocks: allocate a block and it is in the map, remove the entry and the
 * block is freed, and when the block ends elsewhere the entry is gone.
 *
 * <p>Each entry owns its block's reference. The map below holds the handles as keys; it must not be
 * used directly afterwards. Over a {@link ConcurrentMap} all operations are as concurrent as that
 * map's, over any other they take one lock. An entry costs nothing beside the map below: the
 * block's slot knows its map.
 *
 * @param <V> the type of values
 */
public final class BoundKeyMap<V> implements AutoCloseable {
  private final Registry registry;
  private final BlockTable table;
  private final String tag;
  private final Map<Long, V> map;
  private final int number;
  private volatile boolean closed;

  private BoundKeyMap(Registry registry, Map<Long, V> map, String tag) {
    if (!map.isEmpty()) {
      throw new IllegalArgumentException(
          "a bound map must begin empty: entries="
              + map.size()
              + "; allocate through the bound map");
    }
    this.registry = registry;
    this.table = registry.table();
    this.tag = Objects.requireNonNull(tag, "tag must not be null");
    this.map = map instanceof ConcurrentMap ? map : Collections.synchronizedMap(map);
    Map<Long, V> below = this.map;
    // Captures the map below and not this one: blocks must not keep their registry reachable.
    this.number = table.boundKeys.register(below::remove);
  }

  /**
   * Binds an empty map to a registry. Its blocks carry the tag.
   *
   * @throws IllegalArgumentException when the map has entries
   * @throws IllegalStateException when the registry has 65,535 maps with bound keys
   */
  public static <V> BoundKeyMap<V> over(Registry registry, Map<Long, V> map, String tag) {
    return new BoundKeyMap<>(registry, map, tag);
  }

  /**
   * Allocates a zeroed block and enters it as a key.
   *
   * @return the handle, which the map owns
   */
  public long allocate(long byteSize, V value) {
    checkOpen();
    Objects.requireNonNull(value, "value must not be null");
    long handle = registry.allocate(byteSize, tag, number);
    map.put(handle, value);
    if (closed || !registry.isLive(handle)) {
      remove(handle);
      checkOpen();
    }
    return handle;
  }

  /** The value of a block that is live, or null. */
  public @Nullable V get(long handle) {
    return map.get(handle);
  }

  /** Changes the value of a block that is in the map; null and no change when it is not. */
  public @Nullable V replace(long handle, V value) {
    return map.replace(handle, Objects.requireNonNull(value, "value must not be null"));
  }

  /** Whether the block is a key of this map. */
  public boolean containsKey(long handle) {
    return map.containsKey(handle);
  }

  /** Removes the entry and frees its block; the value, or null when there was no entry. */
  public @Nullable V remove(long handle) {
    V value = map.remove(handle);
    if (value != null) {
      table.releaseIfHeld(handle, true);
    }
    return value;
  }

  public int size() {
    return map.size();
  }

  /**
   * Calls the action for each entry; over a map that is not concurrent, for a copy of the entries.
   */
  public void forEach(BiConsumer<Long, V> action) {
    if (map instanceof ConcurrentMap) {
      map.forEach(action);
      return;
    }
    Map<Long, V> copy;
    synchronized (map) {
      copy = Map.copyOf(map);
    }
    copy.forEach(action);
  }

  /** Frees every block of the map. */
  public void clear() {
    List<Long> handles;
    synchronized (map) {
      handles = List.copyOf(map.keySet());
    }
    RuntimeException failure = null;
    for (long handle : handles) {
      try {
        remove(handle);
      } catch (RuntimeException e) {
        failure = Attachments.joined(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Frees every block; allocations are refused afterwards. Later calls do nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try {
        clear();
      } finally {
        table.boundKeys.unregister(number);
      }
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException(
          "a bound map must be open: tag=" + tag + ", registry=" + registry);
    }
  }
}
