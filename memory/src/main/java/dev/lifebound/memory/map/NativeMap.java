package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.StaleHandleException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A map in native memory whose keys and values have a {@link Codec}, for one writer, that grows
 * without long pauses.
 *
 * <pre>{@code
 * record Position(double latitude, double longitude) {}
 *
 * try (NativeMap<String, Position> places = NativeMap.create(String.class, Position.class)) {
 *   places.put("Ulm", new Position(48.4, 9.99));
 *   places.get("Ulm"); // Position[latitude=48.4, longitude=9.99]
 *   places.get("Bonn"); // null
 *   places.asMap().keySet().stream().sorted().toList();
 * } // all memory is free, and every use throws MapClosedException
 * }</pre>
 *
 * <p>Keys and values of up to eight bytes stand in the table; others are copied into an arena of
 * the map, which is cleaned, a few entries at each write, when more than half of it is given up.
 * {@code get} makes a new object each time; {@link #read} and {@link #lease} show a value where it
 * is.
 *
 * <p>Keys are equal by what their codec writes: for {@code float} and {@code double} as in Go, for
 * {@code byte[]} and {@code MemorySegment} by content. {@link Codecs} says which types have a
 * codec.
 *
 * <p><b>Lives</b>: where keys or values are handles, see {@link Codecs#handle}, each entry owns one
 * reference of its block. {@code put} takes over the caller's; remove, overwrite, clear and close
 * give it back; and when a block ends elsewhere its entry is gone before its memory is freed, from
 * whichever thread. The reference of a key that is there already stays the caller's.
 *
 * <p><b>Threads</b> and <b>cost</b>: as {@link LongLongMap}. An operation also takes time for the
 * bytes of its key and value. {@code clear} takes a short step for each 64 KiB of the arena, {@code
 * close} frees it in pieces of that size and the tables in pieces of up to 1 MiB; both take time
 * for each entry only where there are handles to give back.
 *
 * @param <K> the type of keys; null is none
 * @param <V> the type of values; null is none
 */
public final class NativeMap<K, V> extends OwningTable<K, V> {
  // Longer than 400 lines: the contract of the public methods is half of it.

  private static final NativeMap<?, ?> NIL_MAP = nilMap();
  private static final VarHandle PINS;

  static {
    try {
      PINS = MethodHandles.lookup().findVarHandle(NativeMap.class, "pins", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Value segments that are lent. */
  @SuppressWarnings("unused") // by PINS
  private int pins;

  /**
   * While {@link #close} gives back what the entries own: deallocators may read then, and no longer
   * write. It comes with a pin, so that writes need no look of their own.
   */
  private boolean closing;

  /** The map's name in the ledger; null for the place where it was made. */
  private final @Nullable String ledgerName;

  NativeMap(
      Settings settings, TypeCodec<K> keys, TypeCodec<V> values, @Nullable String ledgerName) {
    super(settings, keys, values, ledgerName);
    this.ledgerName = ledgerName;
  }

  /**
   * An empty map with the default settings.
   *
   * @throws UnsuitableTypeException when there is no codec for a type, or its values are no keys
   */
  public static <K, V> NativeMap<K, V> create(Class<K> keys, Class<V> values) {
    return builder(keys, values).build();
  }

  /** As above, with codecs of your own. */
  public static <K, V> NativeMap<K, V> create(Codec<K> keys, Codec<V> values) {
    return builder(keys, values).build();
  }

  /** For everything else. */
  public static <K, V> NativeMapBuilder<K, V> builder(Class<K> keys, Class<V> values) {
    return new NativeMapBuilder<>(Codecs.of(keys), Codecs.of(values));
  }

  /** As above, with codecs of your own. */
  public static <K, V> NativeMapBuilder<K, V> builder(Codec<K> keys, Codec<V> values) {
    return new NativeMapBuilder<>(keys, values);
  }

  /**
   * The nil map, as Go has it: it is empty and can be read, iterated, removed from, cleared and
   * closed; adding to it throws {@link NilMapException}.
   */
  @SuppressWarnings("unchecked") // it never has an entry
  public static <K, V> NativeMap<K, V> nil() {
    return (NativeMap<K, V>) NIL_MAP;
  }

  private static NativeMap<Object, Object> nilMap() {
    NativeMap<Object, Object> map =
        new NativeMapBuilder<>(new NilCodec(), new NilCodec()).name("nil").build();
    map.state = NIL;
    return map;
  }

  // Reading.

  /** The number of entries. */
  public long size() {
    checkRead("read");
    return lives == null || lives.dead() == 0 ? size : liveSize(lives);
  }

  private long liveSize(Lives known) {
    if (known.isOnePerEntry()) {
      return Math.max(0, size - known.dead());
    }
    long live = 0;
    NativeCursor<K, V> cursor = new NativeCursor<>(this, false);
    while (cursor.next()) {
      live++;
    }
    return live;
  }

  public boolean isEmpty() {
    return size() == 0;
  }

  /**
   * The key's value, or null when the key is not there.
   *
   * @throws MapClosedException after {@link #close}
   * @throws ConcurrentUseException when another thread was seen writing
   */
  public @Nullable V get(K key) {
    Objects.requireNonNull(key, "key must not be null");
    try {
      if (texts != null && lives == null && key instanceof String text) {
        return valueOfText(texts, text);
      }
      long at = findLive(key);
      return at == NONE ? null : valueAt(at);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "read");
    }
  }

  /** The key's value, or {@code otherwise} when the key is not there. */
  public V get(K key, V otherwise) {
    V value = get(key);
    return value == null ? otherwise : value;
  }

  /** The key's value, or nothing: what Go's {@code v, ok := m[k]} tells. */
  public Optional<V> find(K key) {
    return Optional.ofNullable(get(key));
  }

  public boolean containsKey(K key) {
    Objects.requireNonNull(key, "key must not be null");
    try {
      return findLive(key) != NONE;
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "read");
    }
  }

  /**
   * Shows a value's bytes, as its codec wrote them, without a copy. The segment is read-only and
   * must not be kept: afterwards its memory may be another value's.
   *
   * <p>The map must not be written to meanwhile, and refuses it.
   *
   * @return what the reader answers; empty when the key is not there, or the answer is null
   */
  public <R> Optional<R> read(
      K key, Function<? super MemorySegment, ? extends @Nullable R> reader) {
    Objects.requireNonNull(reader, "reader must not be null");
    pin();
    try {
      MemorySegment segment = segment(key);
      return segment == null ? Optional.empty() : Optional.ofNullable(reader.apply(segment));
    } finally {
      unpin();
    }
  }

  /**
   * As {@link #read}, until the lease is closed; by whichever thread.
   *
   * @return empty when the key is not there
   */
  public Optional<ValueLease> lease(K key) {
    pin();
    MemorySegment segment = null;
    try {
      segment = segment(key);
    } finally {
      if (segment == null) {
        unpin();
      }
    }
    return segment == null ? Optional.empty() : Optional.of(new ValueLease(this, segment));
  }

  private @Nullable MemorySegment segment(K key) {
    Objects.requireNonNull(key, "key must not be null");
    try {
      long at = findLive(key);
      if (at == NONE) {
        return null;
      }
      if (wordValues) {
        return segments[slab(at)]
            .asSlice(offset(at) + Group.VALUE_OFFSET, values.fixedBytes())
            .asReadOnly();
      }
      long position = valueWord(at);
      MemorySegment chunk = cells.chunks[Cells.chunk(position)];
      long offset = Cells.offset(position);
      return chunk.asSlice(offset + Cells.HEADER_BYTES, Cells.size(chunk, offset)).asReadOnly();
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "read");
    }
  }

  private void pin() {
    int _ = (int) PINS.getAndAdd(this, 1);
  }

  void unpin() {
    int _ = (int) PINS.getAndAdd(this, -1);
  }

  // Writing.

  /**
   * Sets the key's value.
   *
   * @return whether the key is new
   * @throws MapFullException when the map has to grow and cannot; it is unchanged
   * @throws MapInUseException inside {@link #read} and while a {@link #lease} is open
   * @throws NilMapException on the nil map
   * @throws MapClosedException after {@link #close}
   * @throws ConcurrentUseException when another thread was seen writing
   */
  public boolean put(K key, V value) {
    long sought = sought(key);
    int keySize = wordKeys ? 0 : keys.byteSize(key);
    int valueSize = valueSize(value);
    begin();
    try {
      keyBytes = keySize;
      valueBytes = valueSize;
      long hash = hash(sought);
      long at = locate(hash, sought, key);
      if (lives != null) {
        at = withoutDead(lives, at, hash, sought, key);
      }
      if (at == NONE) {
        add(hash, sought, key, value);
        return true;
      }
      overwrite(at, hash, key, value);
      return false;
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      finish(key);
    }
  }

  /** Sets the key's value; the one that it had, or null. */
  public @Nullable V getAndPut(K key, V value) {
    V before = get(key);
    put(key, value);
    return before;
  }

  /**
   * Sets the value of a key that is not there.
   *
   * @return whether that was so
   */
  public boolean putIfAbsent(K key, V value) {
    return !containsKey(key) && put(key, value);
  }

  /**
   * Sets the value of a key that is there.
   *
   * @return whether that was so
   */
  public boolean replace(K key, V value) {
    return containsKey(key) && !put(key, value);
  }

  private void begin() {
    enter();
    if ((int) PINS.getOpaque(this) != 0) {
      leave();
      if (closing) {
        throw closed("write");
      }
      throw new MapInUseException(
          "a map must not be written to while values are lent: map="
              + name
              + ", lent="
              + (int) PINS.getOpaque(this)
              + "; write after read() has returned and the leases are closed");
    }
  }

  /**
   * Removes a key with its value. Removing from the nil map is allowed.
   *
   * @return whether the key was there
   */
  public boolean remove(K key) {
    long sought = sought(key);
    if (state == NIL) {
      return false;
    }
    begin();
    try {
      long hash = hash(sought);
      long at = locate(hash, sought, key);
      boolean found = at != NONE;
      if (lives != null) {
        found = found && dropLocated(lives, at, key);
      }
      if (at != NONE) {
        removeLocated(hash, at);
      }
      if (lives != null) {
        boolean _ = sweep(lives);
      }
      return found;
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      finish(key);
    }
  }

  /** Removes a key; the value that it had, or null. */
  public @Nullable V getAndRemove(K key) {
    V before = get(key);
    if (before != null) {
      remove(key);
    }
    return before;
  }

  /** Removes the entry of a NaN, which no key finds; false when it is gone. */
  boolean removeStored(Stored entry) {
    begin();
    try {
      long at = locateStored(entry);
      if (at == NONE) {
        return false;
      }
      removeOther(at);
      return true;
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      finish(entry);
    }
  }

  /**
   * Removes all entries and keeps the memory for new ones. Iterations end. Clearing the nil map is
   * allowed. What deallocators put meanwhile may stay.
   *
   * @throws dev.lifebound.memory.handle.DeallocationFailedException when deallocators threw; the
   *     map is cleared, and every reference given back
   */
  public void clear() {
    if (state == NIL) {
      return;
    }
    RuntimeException failure = lives == null ? null : releaseAll(lives);
    begin();
    try {
      if (lives == null || size == 0) {
        reset();
        cells.reset();
      } else {
        // Entries that deallocators have put: they own references.
        version++;
        clears++;
      }
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "write");
    } finally {
      leave();
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Drops every entry, table by table, and gives its references back; what that throws. */
  private @Nullable RuntimeException releaseAll(Lives bound) {
    RuntimeException failure = null;
    long prefix = 0;
    do {
      if (closing) {
        enter();
      } else {
        begin();
      }
      try {
        prefix = sweep.removeTable(prefix);
      } catch (IllegalStateException | IndexOutOfBoundsException e) {
        throw explain(e, "write");
      } finally {
        Lives.Dropped others = bound.takeOthers();
        leave();
        try {
          bound.release(0, this, others);
        } catch (RuntimeException e) {
          failure = Lives.joined(failure, e);
        }
      }
    } while (prefix != 0);
    return failure;
  }

  /**
   * Sets the key's value to what the function makes of the present one and {@code value}, or to
   * {@code value} when the key is not there; a key for which it gives null is removed. The function
   * may use the map.
   *
   * @return the new value, or null
   */
  public @Nullable V merge(
      K key, V value, BiFunction<? super V, ? super V, ? extends @Nullable V> function) {
    return asMap().merge(key, value, function);
  }

  /**
   * The key's value; when it is not there, what the function gives for the key, which is put unless
   * it is null. The function may use the map.
   */
  public @Nullable V computeIfAbsent(K key, Function<? super K, ? extends @Nullable V> function) {
    return asMap().computeIfAbsent(key, function);
  }

  // The whole.

  /**
   * Calls {@code action} for each entry, in an order that is different each time. The action may
   * change the map, with what {@link NativeCursor} says of it.
   */
  public void forEach(BiConsumer<? super K, ? super V> action) {
    Objects.requireNonNull(action, "action must not be null");
    NativeCursor<K, V> cursor = cursor();
    while (cursor.next()) {
      action.accept(cursor.key(), cursor.value());
    }
  }

  /** A cursor before the first entry. */
  public NativeCursor<K, V> cursor() {
    return new NativeCursor<>(this, true);
  }

  /** Another map with the same entries; the copy of the nil map is the nil map. */
  public NativeMap<K, V> copy() {
    if (state == NIL) {
      return this;
    }
    NativeMap<K, V> copy =
        new NativeMap<>(growth().settings().withHint(size()), keys, values, ledgerName);
    try {
      NativeCursor<K, V> cursor = cursor();
      while (cursor.next()) {
        if (lives == null) {
          copy.put(cursor.key(), cursor.value());
        } else {
          copyBound(lives, cursor, copy);
        }
      }
      return copy;
    } catch (RuntimeException e) {
      copy.close();
      throw e;
    }
  }

  private void copyBound(Lives bound, NativeCursor<K, V> cursor, NativeMap<K, V> copy) {
    if (!bound.retain(cursor.keyWord(), cursor.valueWord())) {
      // Ended meanwhile, and so left the map.
      return;
    }
    boolean put = false;
    try {
      copy.put(cursor.key(), cursor.value());
      put = true;
    } catch (StaleHandleException e) {
      // Likewise.
    } finally {
      if (!put) {
        bound.release(cursor.keyWord(), cursor.valueWord());
      }
    }
  }

  /**
   * What the map looks like inside: dead entries count until a write drops them. Takes time for
   * every slot; for people, tests and dashboards.
   */
  public MapInspection inspect() {
    checkRead("inspect");
    try {
      return Inspector.inspect(this, cells);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw explain(e, "inspect");
    }
  }

  /**
   * The map as a {@link Map}. {@code docs/design/map-semantics.md} says where it differs from this
   * class, row by row. Its iterators are not fail-fast: they go on through changes by the same
   * thread, as {@link NativeCursor} does, but in the same order while the map is not changed.
   */
  public Map<K, V> asMap() {
    return new MapView<>(new NativeMapEntries<>(this));
  }

  /** Where the iterations of a view begin. */
  long order() {
    return LongLongMap.mix(growth().settings().seed());
  }

  /**
   * Frees everything, piece by piece of memory; looks at the entries only if there are handles to
   * give back. A second close does nothing. Deallocators that run meanwhile may read the map; their
   * writes are refused with {@link MapClosedException}.
   *
   * @throws ConcurrentUseException when another thread is writing; the map stays open
   * @throws MapInUseException while values are lent; the map stays open
   */
  @Override
  public void close() {
    if (state == CLOSED || state == NIL || closing) {
      return;
    }
    begin();
    leave();
    if (lives == null) {
      super.close();
    } else {
      closeOwning(lives);
    }
  }

  private void closeOwning(Lives owned) {
    RuntimeException failure;
    pin();
    closing = true;
    try {
      failure = releaseAll(owned);
      super.close();
    } finally {
      // Open still when another thread was at work.
      closing = false;
      unpin();
    }
    owned.close();
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public String toString() {
    return "NativeMap[name="
        + name
        + ", keys="
        + keys.typeName
        + ", values="
        + values.typeName
        + ", entries="
        + size
        + "]";
  }
}
