package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * A map from long to long in native memory, for any number of threads. Every long is a legal key
 * and a legal value.
 *
 * <p>Operations on one key are linearizable. Reads take no lock and write nothing; writes take the
 * lock of the key's stripe, for well under a microsecond, or some microseconds when a table of at
 * most 256 slots is copied. A function that is given to an update runs under no lock: it holds up
 * writes to its own key only, and runs once.
 *
 * <p>{@link #forEach}, {@link #size} and {@link #clear} are weakly consistent: an entry that is
 * there all the time is met exactly once, others once or not at all.
 *
 * <p>Whoever builds a map closes it; any thread may, at any time. Operations that come later, or
 * that are still on their way, throw {@link MapClosedException} and read nothing.
 */
public final class ConcurrentLongLongMap implements AutoCloseable {
  // Longer than 400 lines: half of it is the contract of the public methods.

  private final ConcurrentTables tables;
  private final ConcurrentSlabs slabs;

  ConcurrentLongLongMap(ConcurrentSettings settings) {
    this.tables = new ConcurrentTables(settings);
    this.slabs = tables.slabs;
  }

  /** A map without a limit. */
  public static ConcurrentLongLongMap create() {
    return builder().buildLongLong();
  }

  /** A map with settings of your own. */
  public static ConcurrentMapBuilder builder() {
    return new ConcurrentMapBuilder();
  }

  /** The value of this key, or 0. */
  public long get(long key) {
    return get(key, 0);
  }

  /** The value of this key, or {@code missing}. */
  public long get(long key, long missing) {
    long hash = tables.hash(key);
    try {
      for (int tried = 0; tried < ConcurrentTables.TRIES; tried++) {
        Stripe stripe = tables.stripe(hash);
        long version = stripe.version;
        long value = read(stripe, hash, key, missing);
        if (stripe.isStill(version)) {
          return value;
        }
        tables.retries.increment();
      }
      Stripe stripe = tables.lockBusy(hash);
      try {
        return read(stripe, hash, key, missing);
      } finally {
        stripe.state.unlock();
      }
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  /**
   * As {@link ConcurrentTables#find}, and the value; one method, so that nothing is loaded twice.
   */
  private long read(Stripe stripe, long hash, long key, long missing) {
    long entry = stripe.entryAcquire(hash);
    long table = ConcurrentTables.position(entry);
    MemorySegment slab = slabs.segment(table);
    long offset = ConcurrentSlabs.offset(table);
    int groups = ConcurrentTables.groups(entry);
    int group = ConcurrentTables.firstGroup(hash, groups);
    long tags = ConcurrentTables.tags(hash);
    for (int probed = 0; probed < groups; probed++) {
      long at = ConcurrentTables.groupOffset(offset, group);
      long control = ConcurrentTables.word(slab, at);
      VarHandle.loadLoadFence();
      for (long match = ConcurrentTables.matches(control, tags); match != 0; match &= match - 1) {
        long slot = at + ConcurrentTables.slotOffset(match);
        if (ConcurrentTables.word(slab, slot) == key) {
          return ConcurrentTables.word(slab, slot + ConcurrentTables.VALUE_OFFSET);
        }
      }
      if (ConcurrentTables.empties(control) != 0) {
        return missing;
      }
      group = group + 1 == groups ? 0 : group + 1;
    }
    return missing;
  }

  /** Whether the key has an entry. */
  public boolean containsKey(long key) {
    long hash = tables.hash(key);
    try {
      for (int tried = 0; tried < ConcurrentTables.TRIES; tried++) {
        Stripe stripe = tables.stripe(hash);
        long version = stripe.version;
        long slot = tables.find(stripe, hash, key, null);
        if (stripe.isStill(version)) {
          return slot != ConcurrentTables.NONE;
        }
        tables.retries.increment();
      }
      Stripe stripe = tables.lockBusy(hash);
      try {
        return tables.find(stripe, hash, key, null) != ConcurrentTables.NONE;
      } finally {
        stripe.state.unlock();
      }
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  /**
   * Sets the value of a key.
   *
   * @return whether the key is new
   * @throws MapFullException when there is no memory for the entry; the map is unchanged
   */
  public boolean put(long key, long value) {
    return write(key, value, 0, true, true, true) == 0;
  }

  /**
   * As {@link #put} when there is no entry; otherwise the entry stays.
   *
   * @return whether the key is new
   */
  public boolean putIfAbsent(long key, long value) {
    return write(key, value, 0, true, false, true) == 0;
  }

  /**
   * Sets the value of a key.
   *
   * @return the value before, or {@code missing}
   * @throws MapFullException when there is no memory for the entry; the map is unchanged
   */
  public long put(long key, long value, long missing) {
    return write(key, value, missing, true, true, false);
  }

  /** As {@link #put} when there is no entry; otherwise the entry stays. */
  public long putIfAbsent(long key, long value, long missing) {
    return write(key, value, missing, true, false, false);
  }

  /** As {@link #put} when there is an entry. */
  public long replace(long key, long value, long missing) {
    return write(key, value, missing, false, true, false);
  }

  /**
   * @param absent whether to make an entry
   * @param present whether to set an entry's value
   * @param tell to answer 1 for an entry that was there and 0 for none, and not its value
   */
  private long write(
      long key, long value, long missing, boolean absent, boolean present, boolean tell) {
    long hash = tables.hash(key);
    try {
      while (true) {
        Stripe stripe = tables.lockNear(hash);
        try {
          long slot = tables.find(stripe, hash, key, null);
          if (slot != ConcurrentTables.NONE) {
            long before = tables.valueWord(slot);
            if (present) {
              tables.setValue(slot, value);
            }
            return tell ? 1 : before;
          }
          if (!absent || tables.insert(stripe, hash, key, value)) {
            return missing;
          }
        } finally {
          stripe.state.unlock();
        }
      }
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  /** Sets the value of a key that has the expected one; whether it had. */
  public boolean compareAndSet(long key, long expected, long value) {
    return exchange(key, expected, value, false);
  }

  /** Removes the entry of a key that has the expected value; whether it had. */
  public boolean compareAndRemove(long key, long expected) {
    return exchange(key, expected, 0, true);
  }

  private boolean exchange(long key, long expected, long value, boolean remove) {
    long hash = tables.hash(key);
    try {
      Stripe stripe = tables.lockNear(hash);
      try {
        long slot = tables.find(stripe, hash, key, null);
        if (slot == ConcurrentTables.NONE || tables.valueWord(slot) != expected) {
          return false;
        }
        if (remove) {
          tables.remove(stripe, hash, slot);
        } else {
          tables.setValue(slot, value);
        }
        return true;
      } finally {
        stripe.state.unlock();
      }
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  /**
   * Removes an entry.
   *
   * @return whether there was one
   */
  public boolean remove(long key) {
    return take(key, 0, true) != 0;
  }

  /**
   * Removes an entry.
   *
   * @return its value, or {@code missing} when there was none
   */
  public long remove(long key, long missing) {
    return take(key, missing, false);
  }

  private long take(long key, long missing, boolean tell) {
    long hash = tables.hash(key);
    try {
      Stripe stripe = tables.lockNear(hash);
      try {
        long slot = tables.find(stripe, hash, key, null);
        if (slot == ConcurrentTables.NONE) {
          return tell ? 0 : missing;
        }
        long before = tables.valueWord(slot);
        tables.remove(stripe, hash, slot);
        return tell ? 1 : before;
      } finally {
        stripe.state.unlock();
      }
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  /**
   * Adds to the value of a key; a key without an entry counts as zero.
   *
   * @return the sum
   * @throws MapFullException when there is no memory for the entry; the map is unchanged
   */
  public long addTo(long key, long amount) {
    long hash = tables.hash(key);
    try {
      while (true) {
        Stripe stripe = tables.lockNear(hash);
        try {
          long slot = tables.find(stripe, hash, key, null);
          if (slot != ConcurrentTables.NONE) {
            long sum = tables.valueWord(slot) + amount;
            tables.setValue(slot, sum);
            return sum;
          }
          if (tables.insert(stripe, hash, key, amount)) {
            return amount;
          }
        } finally {
          stripe.state.unlock();
        }
      }
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  /**
   * The value of a key, which the function makes when there is none. It runs once, and no other
   * write to the key comes between.
   *
   * @throws IllegalStateException when the function writes to this key
   * @throws MapFullException when there is no memory for the entry; the map is unchanged
   */
  public long computeIfAbsent(long key, LongUnaryOperator function) {
    return update(key, true, (_, _) -> function.applyAsLong(key));
  }

  /**
   * Sets the value of a key to {@code value} when there is none, else to what the function makes of
   * the present one and {@code value}. It runs once, and no other write to the key comes between.
   *
   * @return the new value
   * @throws IllegalStateException when the function writes to this key
   * @throws MapFullException when there is no memory for the entry; the map is unchanged
   */
  public long merge(long key, long value, LongBinaryOperator function) {
    return update(
        key, false, (found, present) -> found ? function.applyAsLong(present, value) : value);
  }

  /** What becomes of an entry. */
  private interface Update {
    long of(boolean found, long present);
  }

  private long update(long key, boolean absentOnly, Update update) {
    long hash = tables.hash(key);
    Computation computation = new Computation(hash);
    try {
      boolean found;
      long present = 0;
      Stripe stripe = tables.lockNear(hash);
      try {
        long slot = tables.find(stripe, hash, key, null);
        found = slot != ConcurrentTables.NONE;
        if (found) {
          present = tables.valueWord(slot);
          if (absentOnly) {
            return present;
          }
        }
        stripe.state.begin(computation);
      } finally {
        stripe.state.unlock();
      }
      long value;
      try {
        value = update.of(found, present);
      } catch (Throwable e) {
        tables.end(computation);
        throw e;
      }
      finish(computation, key, value);
      return value;
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  private void finish(Computation computation, long key, long value) {
    long hash = computation.hash;
    boolean done = false;
    while (!done) {
      Stripe stripe = tables.lockBusy(hash);
      try {
        long slot = tables.find(stripe, hash, key, null);
        if (slot != ConcurrentTables.NONE) {
          tables.setValue(slot, value);
          done = true;
        } else {
          done = tables.insert(stripe, hash, key, value);
        }
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

  /** Calls the action for each entry, under no lock. */
  public void forEach(LongLongConsumer action) {
    try {
      RangeCopy copy = new RangeCopy();
      long from = 0;
      do {
        tables.ranges.copy(from, copy);
        for (int i = 0; i < copy.count(); i++) {
          slabs.checkOpen();
          action.accept(copy.key(i), copy.value(i));
        }
        from = copy.end();
      } while (from != 0);
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  /** The number of entries, when nobody writes; otherwise about that. */
  public long size() {
    checkOpen();
    return tables.size();
  }

  /** Removes what is there, one table after another; keeps the memory for what comes. */
  public void clear() {
    try {
      tables.ranges.clear((_, _, _) -> {}, true);
    } catch (IllegalStateException e) {
      throw slabs.closedOr(e);
    }
  }

  /**
   * What the map looks like inside. Takes time for every slot, and the lock of a stripe for one
   * table after another; exact when nobody writes. For people, tests and dashboards.
   */
  public MapInspection inspect() {
    return ConcurrentInspector.inspect(tables);
  }

  private void checkOpen() {
    slabs.checkOpen();
  }

  /** This map as a {@code ConcurrentMap}; each call gives the same entries. */
  public ConcurrentMap<Long, Long> asConcurrentMap() {
    TypeCodec<Long> codec = new WordCodec.OfLong();
    return new ConcurrentMapView<>(new ConcurrentNativeMap<>(tables, codec, codec));
  }

  /** Native memory that the map has taken. */
  public long reservedBytes() {
    checkOpen();
    return slabs.reservedBytes();
  }

  /** Frees all memory in one step; later calls do nothing. */
  @Override
  public void close() {
    tables.close();
  }

  ConcurrentTables tables() {
    return tables;
  }

  /** Recounts everything; for tests, while nobody else works. */
  void checkInvariants() {
    ConcurrentInvariants.check(tables);
  }

  @Override
  public String toString() {
    return "ConcurrentLongLongMap[name="
        + tables.settings.name()
        + ", size="
        + (slabs.isOpen() ? Long.toString(tables.size()) : "closed")
        + "]";
  }
}
