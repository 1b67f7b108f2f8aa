package dev.lifebound.memory.handle;

import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerSink;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The references that the entries of one map own, for a map that keeps handles in memory of its own
 * and cannot be changed from the thread on which a block happens to end.
 *
 * <p>The map {@link #bind}s each handle that it takes over and {@link #release}s it when it drops
 * the entry. When a block ends elsewhere, its entry's reference is given back at once, by the
 * thread that ends it and before the memory is freed, and the entry is <b>dead</b> from then on:
 * {@link #isLive} denies it, {@link #dead} counts it, and the map passes over it until it drops it.
 *
 * <p>So the end of a block costs no search in the map, and binding one costs three atomic
 * instructions on the block's slot and no object.
 *
 * <p>{@code bind}, {@code unbind} and {@code release} are for the map's writer, one thread at a
 * time, unless it was made {@link #ofSeveralWriters}; everything else is for any thread.
 */
public final class EntryLives implements AutoCloseable {
  /*
   * Who gives an entry's reference back, its map or the end of its block? Whoever claims the binding:
   * takes the map's number out of the slot's owner field, or the map's listener out of the block's
   * attachments. The field serves one binding; a block that is bound twice, or whose field another map
   * has, gets a listener for the others. Bindings of one map to one block are interchangeable.
   *
   * Both claim under a pin, so that the slot is still this block's. A bound block has the ATTACHED bit,
   * which makes its end look at the owner again when it is pinned and no longer live: a binding that was
   * made before is seen, and one that comes later finds the block not live.
   */
  private final Registry registry;
  private final BlockTable table;
  private final int number;
  private final Deaths deaths;

  /**
   * What blocks know of the map. It must not refer to the registry, which blocks must not keep
   * reachable.
   */
  private static final class Deaths {
    final BlockTable table;
    final LedgerName name;
    final AtomicLong dead = new AtomicLong();

    /** The map's; written before a block is bound. */
    int number;

    /** Keys of entries that were bound while a ledger was there, to be told to it again. */
    final ConcurrentMap<Long, List<Object>> keys = new ConcurrentHashMap<>();

    Deaths(BlockTable table, LedgerName name) {
      this.table = table;
      this.name = name;
    }

    /** The end of a block has claimed one binding. */
    void died(long handle) {
      dead.incrementAndGet();
      if (LedgerSink.installed() != null) {
        Chronicle.unbound(table, handle, name, takeKey(handle, null));
      }
      table.releaseIfHeld(handle, false);
    }

    void addKey(long handle, Object key) {
      keys.merge(
          handle, List.of(key), (one, more) -> Stream.concat(one.stream(), more.stream()).toList());
    }

    /** This key, or any when it is null; out of the list. */
    @Nullable Object takeKey(long handle, @Nullable Object key) {
      Object[] taken = {key};
      keys.computeIfPresent(
          handle,
          (_, known) -> {
            int at = key == null ? 0 : known.indexOf(key);
            if (at < 0) {
              return known;
            }
            taken[0] = known.get(at);
            List<Object> left =
                Stream.concat(
                        known.subList(0, at).stream(), known.subList(at + 1, known.size()).stream())
                    .toList();
            return left.isEmpty() ? null : left;
          });
      return taken[0];
    }
  }

  /** For the blocks whose owner field has the map's number. */
  private record Owner(Deaths deaths) implements StaleListener {
    @Override
    public void stale(long handle) {
      if (SlotTable.casOwner(Handles.slot(handle), deaths.number, 0)) {
        deaths.died(handle);
      }
    }
  }

  /** For the others. */
  private record Listener(Deaths deaths) implements StaleListener {
    @Override
    public void stale(long handle) {
      deaths.died(handle);
    }
  }

  private final Listener listener;

  /** Always 0; not final, so that the compiler does not know it. */
  @SuppressWarnings({"unused", "FieldMayBeFinal"})
  private long zero;

  /** Whether nobody else of this map changes a binding meanwhile. */
  private final boolean oneWriter;

  private EntryLives(Registry registry, LedgerName name, boolean oneWriter) {
    this.oneWriter = oneWriter;
    this.registry = registry;
    this.table = registry.table();
    this.deaths = new Deaths(table, name);
    this.listener = new Listener(deaths);
    this.number = table.boundKeys.register(new Owner(deaths));
    deaths.number = number;
  }

  /**
   * For one map.
   *
   * @param name the map's, for the ledger; null for the place where it was made
   * @param callers classes that are not that place
   * @throws IllegalStateException when the registry has 65,535 such maps
   */
  public static EntryLives of(Registry registry, @Nullable String name, Set<Class<?>> callers) {
    return new EntryLives(
        registry, name == null ? Chronicle.placeOfMap(callers) : LedgerName.of(name), true);
  }

  /** As {@link #of}, for a map of which several threads change entries at once. */
  public static EntryLives ofSeveralWriters(
      Registry registry, @Nullable String name, Set<Class<?>> callers) {
    return new EntryLives(
        registry, name == null ? Chronicle.placeOfMap(callers) : LedgerName.of(name), false);
  }

  /**
   * Takes over the caller's reference to a live block for an entry that is about to be.
   *
   * @param key the entry's, for the ledger
   * @throws StaleHandleException when the block is no longer live; the reference is the caller's
   * @throws ForeignHandleException when another registry issued the handle
   */
  public void bind(long handle, Object key) {
    int slot = table.slot(handle);
    long word = pinAttached(handle, slot);
    boolean owner = SlotTable.casOwner(slot, 0, number);
    try {
      if (!owner) {
        table.attachments.listen(handle, listener);
      }
      long now = SlotTable.stateVolatile(slot);
      if (!SlotTable.isLive(now, handle)) {
        if (claim(handle, slot)) {
          throw table.refuse(handle, now, "bind");
        }
        // Bound, and dead already.
      } else if (LedgerSink.installed() != null) {
        deaths.addKey(handle, key);
        Chronicle.bound(table, handle, deaths.name, key);
      }
    } finally {
      table.unpin(handle, SlotTable.chunk(slot), word);
      Reference.reachabilityFence(registry);
    }
  }

  /** Pins a live block and says that its end must be told; the word that it has then. */
  private long pinAttached(long handle, int slot) {
    while (true) {
      long word = table.liveWord(slot, handle, "bind");
      if (SlotTable.leases(word) >= SlotTable.MAX_LEASES) {
        throw table.refusals.tooMany(
            "leases", handle, SlotTable.MAX_LEASES, "close leases with try-with-resources");
      }
      long next = (word | SlotTable.ATTACHED) + SlotTable.ONE_LEASE;
      if (SlotTable.casState(slot, word, next)) {
        return next;
      }
    }
  }

  /** Takes one binding of this block, if its end has not. The caller has pinned it. */
  private boolean claim(long handle, int slot) {
    return SlotTable.casOwner(slot, number, 0) || table.attachments.unlisten(handle, listener);
  }

  /**
   * Takes a binding back for whose entry there was no room; the reference is the caller's again.
   *
   * @param key as it was given to {@link #bind}
   */
  public void unbind(long handle, Object key) {
    try {
      if (claimIfLive(handle)) {
        tellUnbound(handle, key);
      } else {
        deaths.dead.decrementAndGet();
      }
    } finally {
      Reference.reachabilityFence(registry);
    }
  }

  /**
   * Gives the reference of a dropped entry back.
   *
   * @param key as it was given to {@link #bind}
   * @return false when the entry was dead; it no longer counts as that
   * @throws DeallocationFailedException when the deallocator threw; the reference is given back
   */
  public boolean release(long handle, Object key) {
    int slot = Handles.slot(handle);
    // The rule, in one step: nobody else has the block, and with the entry it ends. With several
    // writers another one could bind the block again and give back the first binding between our
    // look
    // at the owner and the step; the binding that is left, a listener's, would be told of the end.
    long alone = SlotTable.liveWord(handle, 1) | SlotTable.ATTACHED;
    try {
      if (oneWriter
          && LedgerSink.installed() == null
          && SlotTable.stateAcquire(slot) == alone
          && SlotTable.owner(slot) == number
          && table.end(handle, alone, alone - SlotTable.ONE_REFERENCE, SlotTable.DYING, true)) {
        return true;
      }
      return releaseShared(handle, slot, key);
    } finally {
      Reference.reachabilityFence(registry);
    }
  }

  private boolean releaseShared(long handle, int slot, Object key) {
    long pinned = pinIfLive(handle, slot);
    if (pinned == 0) {
      deaths.dead.decrementAndGet();
      return false;
    }
    boolean claimed = claim(handle, slot);
    if (claimed) {
      tellUnbound(handle, key);
      // The reference and the pin together, where others have references too.
      if (SlotTable.references(pinned) > 1
          && SlotTable.casState(
              slot, pinned, pinned - SlotTable.ONE_LEASE - SlotTable.ONE_REFERENCE)) {
        return true;
      }
    }
    table.unpin(handle, SlotTable.chunk(slot), pinned);
    if (claimed) {
      table.releaseIfHeld(handle, false);
    } else {
      deaths.dead.decrementAndGet();
    }
    return claimed;
  }

  private boolean claimIfLive(long handle) {
    int slot = Handles.slot(handle);
    long pinned = pinIfLive(handle, slot);
    if (pinned == 0) {
      return false;
    }
    try {
      return claim(handle, slot);
    } finally {
      table.unpin(handle, SlotTable.chunk(slot), pinned);
    }
  }

  /** The word of a block that is pinned now; 0 when it is not live. */
  private static long pinIfLive(long handle, int slot) {
    while (true) {
      long word = SlotTable.stateAcquire(slot);
      if (!SlotTable.isLive(word, handle)) {
        return 0;
      }
      long next = word + SlotTable.ONE_LEASE;
      if (SlotTable.leases(word) < SlotTable.MAX_LEASES && SlotTable.casState(slot, word, next)) {
        return next;
      }
    }
  }

  private void tellUnbound(long handle, Object key) {
    if (LedgerSink.installed() != null) {
      Object _ = deaths.takeKey(handle, key);
      Chronicle.unbound(table, handle, deaths.name, key);
    }
  }

  /** Whether an entry with this handle is not dead. */
  public boolean isLive(long handle) {
    return SlotTable.isLive(SlotTable.stateAcquire(Handles.slot(handle)), handle);
  }

  /**
   * As {@link #isLive}, for who is about to release the handle: has the block's memory fetched
   * while its slot is, since whoever gets the memory next zeroes it.
   */
  public boolean isLiveToEnd(long handle) {
    int slot = Handles.slot(handle);
    long near = SlotTable.touch(slot) & zero;
    return SlotTable.isLive(SlotTable.stateAcquire(slot) | near, handle);
  }

  /** The number of entries that are dead and not dropped yet. */
  public long dead() {
    // Less than none while an end is being told of an entry that the map has dropped meanwhile.
    return Math.max(0, deaths.dead.get());
  }

  /** For a map that has released every entry. */
  @Override
  public void close() {
    table.boundKeys.unregister(number);
  }
}
