package dev.lifebound.memory.map;

import static dev.lifebound.memory.map.ConcurrentTables.NONE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A map in native memory for any number of threads. Keys and values are of types that have a {@link
 * Codec}; null is neither.
 *
 * <pre>{@code
 * try (ConcurrentNativeMap<String, Long> visits =
 *     ConcurrentNativeMap.create(Codecs.of(String.class), Codecs.of(Long.class))) {
 *   visits.merge("anna", 1L, Long::sum);
 *   visits.asConcurrentMap().entrySet().stream().forEach(System.out::println);
 * }
 * }</pre>
 *
 * <p><b>Linearizable</b>: each operation on one key happens at one moment between its call and its
 * return, and the others see it so. What a thread did before it put an entry happens before what
 * another does after it has got that entry.
 *
 * <p><b>Lock-free reads</b>: {@code get} and {@code containsKey} take no lock and write nothing.
 * Writes take the lock of the key's stripe, for well under a microsecond, or some microseconds when
 * a table of at most 256 slots is copied, or as long as it takes to copy the bytes of the value.
 *
 * <p><b>Atomic updates</b>: a function that is given to {@code compute} and its like runs once,
 * under no lock; other writes to its key wait for it, reads of it and everything else do not. It
 * may use this map, except for a write to a key whose function waits for it, which is refused with
 * an {@link IllegalStateException} and not a deadlock, also when other threads are in between.
 *
 * <p><b>Weakly consistent</b>: iteration, {@code size} and {@code clear} do not stop writers. An
 * entry that is there all the time is met exactly once, one that comes or goes meanwhile once or
 * not at all.
 *
 * <p><b>Whole when memory ends</b>: a write that finds none throws {@link MapFullException} and
 * changes nothing. Removed entries make room also then, for entries of any size that fits beside
 * what is left in a slab of 64 KiB.
 *
 * <p><b>Closing</b> frees everything in one step. Whoever builds a map closes it; any thread may,
 * at any time. Operations that come later or are still on their way throw {@link
 * MapClosedException} and read no freed memory.
 *
 * <p>Keys are equal as their codec has it, see {@link Codecs}; for doubles that are equal as in
 * Java use {@link Codecs#javaDouble}. Values are equal when their bytes are.
 *
 * <p>Keys or values may be handles of a registry, or records with such ({@link Codecs#handle},
 * {@link Owned}). Each entry then owns one reference of each block: a put takes the caller's over,
 * whatever ends the entry gives it back, under no lock, and when a block ends elsewhere its entry
 * is gone. The reference of a key that is there already stays the caller's. What a function
 * answers, and what is given to {@code merge}, is the map's in any case.
 *
 * <p>Not promised: an order; a snapshot of more than one entry; that memory goes back to the system
 * before {@code close}.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 */
public final class ConcurrentNativeMap<K, V> implements AutoCloseable {
  // Longer than 400 lines: half of it is the contract of the public methods. What one write does
  // is in EntryWrite.

  final ConcurrentTables tables;
  final ConcurrentSlabs slabs;
  final Side<K> keys;
  final Side<V> values;
  private final TypeCodec<K> keyCodec;

  /** Whether there are handles in the entries. */
  final boolean mortal;

  private final boolean hasCells;

  /** Set before the entries' references are given back; writers look under their stripe's lock. */
  private volatile boolean closing;

  ConcurrentNativeMap(ConcurrentTables tables, TypeCodec<K> keyCodec, TypeCodec<V> valueCodec) {
    this.tables = tables;
    this.slabs = tables.slabs;
    this.keyCodec = keyCodec;
    this.keys =
        new Side<>(keyCodec, slabs, ConcurrentCells.KEY_HEADER_BYTES, tables.settings.name());
    this.values =
        new Side<>(valueCodec, slabs, ConcurrentCells.VALUE_HEADER_BYTES, tables.settings.name());
    this.mortal = keys.handles != null || values.handles != null;
    this.hasCells = !keys.words || !values.words;
  }

  /** A map without a limit. */
  public static <K, V> ConcurrentNativeMap<K, V> create(Codec<K> keys, Codec<V> values) {
    return builder().build(keys, values);
  }

  /** A map with settings of your own. */
  public static ConcurrentMapBuilder builder() {
    return new ConcurrentMapBuilder();
  }

  // Reads.

  /** The value of this key, or null. */
  public @Nullable V get(K key) {
    SoughtKey<K> sought = new SoughtKey<>(keys, tables, key);
    try {
      for (int tried = 0; tried < ConcurrentTables.TRIES; tried++) {
        Stripe stripe = tables.stripe(sought.hash);
        long version = stripe.version;
        try {
          long slot = sought.find(stripe);
          Object value = slot == NONE ? null : values.read(stripe, version, tables.valueWord(slot));
          if (!(value instanceof Side.Recycled) && (slot != NONE || stripe.isStill(version))) {
            return sought.isLive() ? cast(value) : null;
          }
          tables.retries.increment();
        } catch (IndexOutOfBoundsException e) {
          refuseUnlessRecycled(stripe, version, e);
        }
      }
      return getLocked(sought);
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  @SuppressWarnings("unchecked") // what Side.read has answered
  private @Nullable V cast(@Nullable Object value) {
    return (V) value;
  }

  /** Bytes that are being written over may lead a comparison astray. */
  private void refuseUnlessRecycled(Stripe stripe, long version, IndexOutOfBoundsException e) {
    if (stripe.isStill(version)) {
      throw e;
    }
    tables.retries.increment();
  }

  private @Nullable V getLocked(SoughtKey<K> sought) {
    Stripe stripe = tables.lockBusy(sought.hash);
    long word = 0;
    byte[] bytes;
    try {
      long slot = sought.find(stripe);
      if (slot == NONE) {
        return null;
      }
      word = tables.valueWord(slot);
      bytes = values.bytes(word);
    } finally {
      stripe.state.unlock();
    }
    return sought.isLive() && values.areLive(word, bytes) ? values.decode(word, bytes) : null;
  }

  /** The value of this key, or {@code missing}. */
  public V getOrDefault(K key, V missing) {
    V value = get(key);
    return value == null ? missing : value;
  }

  /** Whether the key has an entry. */
  public boolean containsKey(K key) {
    if (mortal) {
      return get(key) != null;
    }
    SoughtKey<K> sought = new SoughtKey<>(keys, tables, key);
    try {
      for (int tried = 0; tried < ConcurrentTables.TRIES; tried++) {
        Stripe stripe = tables.stripe(sought.hash);
        long version = stripe.version;
        try {
          long slot = sought.find(stripe);
          if (stripe.isStill(version)) {
            return slot != NONE;
          }
          tables.retries.increment();
        } catch (IndexOutOfBoundsException e) {
          refuseUnlessRecycled(stripe, version, e);
        }
      }
      Stripe stripe = tables.lockBusy(sought.hash);
      try {
        return sought.find(stripe) != NONE;
      } finally {
        stripe.state.unlock();
      }
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  /** Whether the key has this value. */
  boolean has(K key, V value) {
    V there = get(key);
    return there != null
        && values.word(there) == values.word(value)
        && Arrays.equals(values.encode(there), values.encode(value));
  }

  // Writes.

  /** The handles in entries whose blocks have ended. */
  long dead() {
    return (keys.handles == null ? 0 : keys.handles.dead())
        + (values.handles == null ? 0 : values.handles.dead());
  }

  /** Whether the entries' references are being given back; under a stripe's lock. */
  boolean isClosing() {
    return closing;
  }

  /**
   * Sets the value of a key.
   *
   * @return the value before, or null
   * @throws MapFullException when there is no memory for the entry; the map is unchanged
   */
  public @Nullable V put(K key, V value) {
    return write(key, value, true, true);
  }

  /**
   * As {@link #put} when there is no entry; otherwise nothing changes.
   *
   * @return the value that is there, or null when there was none
   */
  public @Nullable V putIfAbsent(K key, V value) {
    return write(key, value, true, false);
  }

  /**
   * As {@link #put} when there is an entry; otherwise nothing changes.
   *
   * @return the value before, or null when there was none
   */
  public @Nullable V replace(K key, V value) {
    return write(key, value, false, true);
  }

  private @Nullable V write(K key, V value, boolean absent, boolean present) {
    EntryWrite<K, V> write =
        new EntryWrite<>(
            this,
            new SoughtKey<>(keys, tables, key),
            Objects.requireNonNull(value, "a value must not be null"));
    try {
      boolean done = false;
      while (!done) {
        Stripe stripe = tables.lockNear(write.sought.hash);
        try {
          long slot = write.look(stripe);
          done = true;
          if (slot != NONE && (write.live ? present : absent)) {
            write.set(stripe, slot);
          } else if (slot == NONE && absent) {
            done = write.insert(stripe);
          }
          tidy(stripe);
        } finally {
          stripe.state.unlock();
        }
      }
    } catch (IllegalStateException e) {
      write.releaseSwept(e);
      throw slabs.closedOr(e);
    } catch (Throwable e) {
      write.releaseSwept(e);
      throw e;
    }
    write.release();
    return write.before();
  }

  /** At the end of a write, under the lock: makes room where cells have left half of it dead. */
  private void tidy(Stripe stripe) {
    if (hasCells && !stripe.isDead()) {
      stripe.state.cells.tidy(stripe);
    }
  }

  /** Sets the value of a key whose value is the expected one; whether it was. */
  public boolean replace(K key, V expected, V value) {
    return exchange(key, expected, Objects.requireNonNull(value, "a value must not be null"));
  }

  /** Removes the entry of a key whose value is the expected one; whether it was. */
  public boolean remove(K key, V expected) {
    return exchange(key, expected, null);
  }

  private boolean exchange(K key, V expected, @Nullable V value) {
    long word = values.word(Objects.requireNonNull(expected, "a value must not be null"));
    byte[] bytes = values.encode(expected);
    EntryWrite<K, V> write = new EntryWrite<>(this, new SoughtKey<>(keys, tables, key), value);
    try {
      Stripe stripe = tables.lockNear(write.sought.hash);
      try {
        long slot = write.look(stripe);
        if (!write.isFound(word, bytes)) {
          return false;
        }
        if (value == null) {
          write.remove(stripe, slot);
        } else {
          write.set(stripe, slot);
        }
        tidy(stripe);
      } finally {
        stripe.state.unlock();
      }
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
    write.release();
    return true;
  }

  /**
   * Removes an entry.
   *
   * @return its value, or null when there was none
   */
  public @Nullable V remove(K key) {
    EntryWrite<K, V> write = new EntryWrite<>(this, new SoughtKey<>(keys, tables, key), null);
    try {
      Stripe stripe = tables.lockNear(write.sought.hash);
      try {
        long slot = write.look(stripe);
        if (slot != NONE) {
          write.remove(stripe, slot);
        }
        tidy(stripe);
      } finally {
        stripe.state.unlock();
      }
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
    write.release();
    return write.before();
  }

  /** Removes the entry of a NaN, which no key finds, if it is still there. */
  void removeStored(DroppedEntry entry) {
    try {
      long hash = entry.hash();
      Stripe stripe = tables.lockBusy(hash);
      try {
        if (closing) {
          throw slabs.closed();
        }
        long slot = tables.find(stripe, hash, entry.keyWord(), entry.probe(keys, slabs));
        if (slot == NONE
            || !values.same(tables.valueWord(slot), entry.valueWord(), entry.valueBytes())) {
          return;
        }
        long keyWord = tables.keyWord(slot);
        long valueWord = tables.valueWord(slot);
        tables.remove(stripe, hash, slot);
        keys.retire(stripe, keyWord);
        values.retire(stripe, valueWord);
      } finally {
        stripe.state.unlock();
      }
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
    if (mortal) {
      List<DroppedEntry> dropped = new ArrayList<>(List.of(entry));
      RuntimeException failure = DroppedEntry.releaseAll(keys, values, dropped, null);
      if (failure != null) {
        throw failure;
      }
    }
  }

  // Updates by functions.

  /**
   * Sets the value of a key to what the function makes of the present one, or of null; no entry is
   * left when it makes null.
   *
   * @return the new value, or null
   * @throws IllegalStateException when the function writes to this key
   * @throws MapFullException when there is no memory for the entry; the map is unchanged
   */
  public @Nullable V compute(
      K key, BiFunction<? super K, ? super @Nullable V, ? extends @Nullable V> function) {
    return update(key, present -> function.apply(key, present));
  }

  /** As {@link #compute} when there is no entry; otherwise the value that is there. */
  public @Nullable V computeIfAbsent(K key, Function<? super K, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "a function must not be null");
    V there = get(key);
    return there != null
        ? there
        : update(key, present -> present != null ? present : function.apply(key));
  }

  /** As {@link #compute} when there is an entry; otherwise null, and nothing changes. */
  public @Nullable V computeIfPresent(
      K key, BiFunction<? super K, ? super V, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "a function must not be null");
    return update(key, present -> present == null ? null : function.apply(key, present));
  }

  /**
   * Sets the value of a key to {@code value} when there is none, else to what the function makes of
   * both; no entry is left when it makes null.
   *
   * @return the new value, or null
   * @throws IllegalStateException when the function writes to this key
   * @throws MapFullException when there is no memory for the entry; the map is unchanged
   */
  public @Nullable V merge(
      K key, V value, BiFunction<? super V, ? super V, ? extends @Nullable V> function) {
    Objects.requireNonNull(value, "a value must not be null");
    Objects.requireNonNull(function, "a function must not be null");
    if (values.handles == null) {
      return update(key, present -> present == null ? value : function.apply(present, value));
    }
    return mergeOwned(values.handles, key, value, function);
  }

  /** The reference of the value that is given is the map's, also when it is not needed. */
  private @Nullable V mergeOwned(
      HandleSide handles,
      K key,
      V value,
      BiFunction<? super V, ? super V, ? extends @Nullable V> function) {
    boolean[] needed = new boolean[1];
    V merged;
    try {
      merged =
          update(
              key,
              present -> {
                V made = present == null ? value : function.apply(present, value);
                needed[0] = made != null && isSame(value, made) && !isSame(present, made);
                return made;
              });
    } catch (Throwable e) {
      if (!needed[0]) {
        giveBack(handles, value, e);
      }
      throw e;
    }
    if (!needed[0]) {
      handles.giveBack(values.word(value), values.encode(value));
    }
    return merged;
  }

  /** Under no lock, whatever has kept the function's answer out of the map. */
  private void giveBackAnswer(@Nullable V present, @Nullable V made, Throwable cause) {
    if (values.handles == null || made == null) {
      return;
    }
    try {
      if (!isSame(present, made)) {
        values.handles.giveBack(values.word(made), values.encode(made));
      }
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  /** What a deallocator throws does not stand in for the cause. */
  private void giveBack(HandleSide handles, V value, Throwable cause) {
    try {
      handles.giveBack(values.word(value), values.encode(value));
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private @Nullable V update(K key, Function<@Nullable V, @Nullable V> function) {
    SoughtKey<K> sought = new SoughtKey<>(keys, tables, key);
    EntryWrite<K, V> before = new EntryWrite<>(this, sought, null);
    Computation computation = new Computation(sought.hash);
    try {
      Stripe stripe = tables.lockNear(sought.hash);
      try {
        long _ = before.look(stripe);
        stripe.state.begin(computation);
      } finally {
        stripe.state.unlock();
      }
      V present = null;
      V made = null;
      EntryWrite<K, V> after;
      boolean same;
      boolean keeps;
      try {
        present = before.before();
        made = function.apply(present);
        boolean unchanged = isSame(present, made);
        same = unchanged && (made == null || before.holds(made));
        keeps = unchanged && values.handles != null;
        after = new EntryWrite<>(this, sought, made);
      } catch (Throwable e) {
        tables.end(computation);
        giveBackAnswer(present, made, e);
        throw e;
      }
      try {
        if (same) {
          tables.end(computation);
        } else {
          finish(computation, after, made == null, keeps);
        }
      } catch (Throwable e) {
        after.releaseSwept(e);
        giveBackAnswer(present, made, e);
        throw e;
      }
      after.release();
      return made;
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  /**
   * A function that answers what is there changes nothing; {@link EntryWrite#holds} says whether it
   * is what it was.
   */
  @SuppressWarnings("ReferenceEquality") // of objects only where equal ones may be told apart
  private boolean isSame(@Nullable V present, @Nullable V made) {
    if (values.handles == null || present == null || made == null) {
      return present == made;
    }
    return values.word(present) == values.word(made)
        && Arrays.equals(values.encode(present), values.encode(made));
  }

  /**
   * @param keeps whether the value is the one that is there, changed in place: its references are
   *     the entry's already. When the entry has gone, so has a block of it, and nothing is to do.
   */
  private void finish(
      Computation computation, EntryWrite<K, V> write, boolean remove, boolean keeps) {
    boolean done = false;
    while (!done) {
      Stripe stripe = tables.lockBusy(computation.hash);
      try {
        long slot = write.look(stripe);
        if (remove && slot != NONE) {
          write.remove(stripe, slot);
        } else if (!remove && slot != NONE && keeps) {
          write.setKept(stripe, slot);
        } else if (!remove && slot != NONE) {
          write.set(stripe, slot);
        }
        done = remove || keeps || slot != NONE || write.insert(stripe);
        tidy(stripe);
      } catch (Throwable e) {
        done = true;
        throw e;
      } finally {
        if (done) {
          stripe.state.end(computation);
        }
        stripe.state.unlock();
        if (done) {
          computation.end();
        }
      }
    }
  }

  // The whole.

  /** Calls the action for each entry, under no lock. */
  public void forEach(BiConsumer<? super K, ? super V> action) {
    Objects.requireNonNull(action, "an action must not be null");
    EntryWalk<K, V> walk = new EntryWalk<>(this, 0, 0);
    while (walk.advance()) {
      action.accept(walk.key(), walk.value());
    }
  }

  /** The number of entries, when nobody writes; otherwise about that. */
  public long size() {
    slabs.checkOpen();
    if (!mortal || dead() == 0) {
      return tables.size();
    }
    if (keys.handles == null && values.handles != null && values.handles.isOnePerEntry()) {
      return Math.max(0, tables.size() - dead());
    }
    long[] size = {0};
    forEach((_, _) -> size[0]++);
    return size[0];
  }

  /** Whether there are no entries; exact when nobody writes. */
  public boolean isEmpty() {
    return size() == 0;
  }

  /** Removes what is there, one table after another; keeps the memory for what comes. */
  public void clear() {
    RuntimeException failure = removeAll(true);
    if (failure != null) {
      throw failure;
    }
  }

  private @Nullable RuntimeException removeAll(boolean waits) {
    Removal removal = new Removal();
    try {
      tables.ranges.clear(removal, waits);
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
    return removal.failure;
  }

  private final class Removal implements TableRanges.Removal {
    private final List<DroppedEntry> left = new ArrayList<>();
    private @Nullable RuntimeException failure;

    @Override
    public void removed(Stripe stripe, long key, long value) {
      if (mortal) {
        left.add(DroppedEntry.of(keys, values, tables.hashOf(key), key, value));
      }
      keys.retire(stripe, key);
      values.retire(stripe, value);
    }

    @Override
    public void unlocked() {
      failure = DroppedEntry.releaseAll(keys, values, left, failure);
    }
  }

  /** This map as a {@code ConcurrentMap}; each call gives the same entries. */
  public ConcurrentMap<K, V> asConcurrentMap() {
    return new ConcurrentMapView<>(this);
  }

  /**
   * What the map looks like inside. Takes time for every slot, and the lock of a stripe for one
   * table after another; exact when nobody writes. For people, tests and dashboards.
   *
   * <p>An entry whose block has ended counts until it is taken out.
   */
  public MapInspection inspect() {
    return ConcurrentInspector.inspect(tables);
  }

  /** Native memory that the map has taken. */
  public long reservedBytes() {
    slabs.checkOpen();
    return slabs.reservedBytes();
  }

  /**
   * Frees all memory in one step; later calls do nothing. A map of handles gives the references of
   * its entries back before.
   *
   * @throws dev.lifebound.memory.handle.DeallocationFailedException when deallocators threw; the
   *     map is closed, and every reference given back
   */
  @Override
  public void close() {
    if (!mortal) {
      tables.close();
      return;
    }
    synchronized (keys) {
      if (closing) {
        return;
      }
      closing = true;
    }
    RuntimeException failure = removeAll(false);
    tables.close();
    if (keys.handles != null) {
      keys.handles.close();
    }
    if (values.handles != null) {
      values.handles.close();
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Recounts everything; for tests, while nobody else works. */
  void checkInvariants() {
    ConcurrentInvariants.check(tables);
  }

  @Override
  public String toString() {
    return "ConcurrentNativeMap[name="
        + tables.settings.name()
        + ", keys="
        + keyCodec
        + ", values="
        + values.codec
        + ", size="
        + (slabs.isOpen() ? Long.toString(tables.size()) : "closed")
        + "]";
  }
}
