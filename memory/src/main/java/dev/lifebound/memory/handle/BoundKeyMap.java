package dev.lifebound.memory.handle;

import dev.lifebound.memory.ledger.LedgerName;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A map whose keys are blocks: allocate a block and it is in the map, remove the entry and the
 * block is freed, and when the block ends elsewhere the entry is gone.
 *
 * <p>Each entry owns its block's reference. The map below holds the handles as keys; it must not be
 * used directly afterwards. Over a {@link ConcurrentMap} all operations are as concurrent as that
 * map's, over any other they take one lock, which the map below may enter again from its own
 * methods but must not wait under. An entry costs nothing beside the map below: the block's slot
 * knows its map.
 *
 * @param <V> the type of values
 */
public final class BoundKeyMap<V> implements AutoCloseable {
  private final Registry registry;
  private final BlockTable table;
  private final Tags.Account account;
  private final Map<Long, V> map;

  /**
   * The lock of a map that is not concurrent. Its blocks come out of the same stripe, so that block
   * and entry take one lock together; null for a concurrent map.
   */
  private final @Nullable Stripe stripe;

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
    this.account = table.tags.account(Objects.requireNonNull(tag, "tag must not be null"));
    this.map = map;
    Stripe own = map instanceof ConcurrentMap ? null : table.stripes.add();
    this.stripe = own;
    // Captures the map below and not this one: blocks must not keep their registry reachable.
    BlockTable mine = table;
    LedgerName name = account.name;
    this.number =
        table.boundKeys.register(handle -> {
          V value = own == null ? map.remove(handle) : locked(own, () -> map.remove(handle));
          if (value != null) {
            Chronicle.unbound(mine, handle, name, handle);
          }
        });
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
    Registry.checkSize(byteSize);
    Objects.requireNonNull(value, "value must not be null");
    Stripe own = stripe;
    try {
      return own == null || byteSize > SizeClass.MAX_BLOCK_BYTES
          ? allocateAndPut(byteSize, value)
          : allocateAndPut(own, byteSize, value);
    } finally {
      Reference.reachabilityFence(registry);
    }
  }

  private long allocateAndPut(Stripe own, long byteSize, V value) {
    long handle;
    boolean failed = false;
    own.lock();
    try {
      checkOpen();
      handle = table.allocateIn(own, byteSize, account, number);
      try {
        map.put(handle, value);
      } catch (Throwable e) {
        table.kill(handle);
        throw e;
      }
    } catch (Throwable e) {
      failed = true;
      throw e;
    } finally {
      own.unlock();
      if (failed) {
        table.closeIfOver();
      }
    }
    table.counters.allocated(handle, byteSize, account.tag);
    return checked(handle);
  }

  private long allocateAndPut(long byteSize, V value) {
    checkOpen();
    long handle = table.enter(null, byteSize, account, number);
    try {
      locked(() -> map.put(handle, value));
    } catch (Throwable e) {
      table.kill(handle);
      throw e;
    }
    return checked(handle);
  }

  /** The map may have been closed, or the block have ended, before the entry was there. */
  private long checked(long handle) {
    Chronicle.bound(table, handle, account.name, handle);
    if (closed || !SlotTable.isLive(SlotTable.stateAcquire(Handles.slot(handle)), handle)) {
      remove(handle);
      checkOpen();
    }
    return handle;
  }

  /** The value of a block that is live, or null. */
  public @Nullable V get(long handle) {
    return locked(() -> map.get(handle));
  }

  /** Changes the value of a block that is in the map; null and no change when it is not. */
  public @Nullable V replace(long handle, V value) {
    Objects.requireNonNull(value, "value must not be null");
    return locked(() -> map.replace(handle, value));
  }

  /** Whether the block is a key of this map. */
  public boolean containsKey(long handle) {
    return locked(() -> map.containsKey(handle));
  }

  /** Removes the entry and frees its block; the value, or null when there was no entry. */
  public @Nullable V remove(long handle) {
    BlockTable.KeyRelease released = BlockTable.KeyRelease.NOT_PLAIN;
    V value;
    Stripe own = stripe;
    if (own == null) {
      value = map.remove(handle);
      unbound(handle, value);
    } else {
      own.lock();
      try {
        value = map.remove(handle);
        unbound(handle, value);
        // A closed map's stripe must not take slots any more.
        if (value != null && !closed) {
          released = table.releaseKeyIn(own, handle);
        }
      } finally {
        own.unlock();
        // For this block, and for what the map below has removed meanwhile.
        table.closeIfOver();
      }
    }
    if (value != null) {
      switch (released) {
        case FREED -> {}
        case DEFERRED -> table.deferKey(handle);
        case NOT_PLAIN -> table.releaseIfHeld(handle, true);
      }
    }
    return value;
  }

  private void unbound(long handle, @Nullable V value) {
    if (value != null) {
      Chronicle.unbound(table, handle, account.name, handle);
    }
  }

  public int size() {
    return locked(map::size);
  }

  private <T extends @Nullable Object> T locked(Supplier<T> action) {
    Stripe own = stripe;
    if (own == null) {
      return action.get();
    }
    try {
      return locked(own, action);
    } finally {
      // The map below may have removed entries meanwhile.
      table.closeIfOver();
    }
  }

  private static <T extends @Nullable Object> T locked(Stripe own, Supplier<T> action) {
    own.lock();
    try {
      return action.get();
    } finally {
      own.unlock();
    }
  }

  /**
   * Calls the action for each entry; over a map that is not concurrent, for a copy of the entries.
   */
  public void forEach(BiConsumer<Long, V> action) {
    if (stripe == null) {
      map.forEach(action);
    } else {
      locked(() -> Map.copyOf(map)).forEach(action);
    }
  }

  /** Frees every block of the map. */
  public void clear() {
    List<Long> handles = locked(() -> List.copyOf(map.keySet()));
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
        if (stripe != null) {
          table.stripes.remove(stripe);
        }
      }
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException(
          // The number, since this may run under the lock, and a registry's text counts its blocks.
          "a bound map must be open: tag="
              + account.tag
              + ", registry="
              + table.number
              + "; allocate before close()");
    }
  }
}
