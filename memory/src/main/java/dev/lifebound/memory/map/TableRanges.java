package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;

/**
 * Walking along the hashes of a concurrent map, one table after another: each table holds one range
 * of hashes, so the end of one is the beginning of the next, whatever was split or joined
 * meanwhile.
 */
final class TableRanges {
  private final ConcurrentTables tables;
  private final ConcurrentSlabs slabs;

  TableRanges(ConcurrentTables tables) {
    this.tables = tables;
    this.slabs = tables.slabs;
  }

  /**
   * Copies what the table whose range holds this hash has from this hash on. That is all of it,
   * unless two tables have been joined since the walk came to one of them.
   */
  void copy(long hash, RangeCopy into) {
    for (int tried = 0; tried < ConcurrentTables.TRIES; tried++) {
      Stripe stripe = tables.stripe(hash);
      long version = stripe.version;
      copy(stripe, version, hash, into, true);
      if (stripe.isStill(version)) {
        return;
      }
      tables.retries.increment();
    }
    Stripe stripe = tables.lockBusy(hash);
    try {
      copy(stripe, stripe.version, hash, into, true);
    } finally {
      stripe.state.unlock();
    }
  }

  /** Under the lock: copies all of the table of a hash. */
  void copyLocked(Stripe stripe, long hash, RangeCopy into) {
    copy(stripe, stripe.version, hash, into, false);
  }

  private void copy(Stripe stripe, long version, long hash, RangeCopy into, boolean fromHash) {
    long entry = stripe.entryAcquire(hash);
    long table = ConcurrentTables.position(entry);
    into.begin(hash, ConcurrentTables.depth(entry));
    into.addAll(
        slabs.segment(table), ConcurrentSlabs.offset(table), ConcurrentTables.groups(entry));
    if (fromHash && hash << ConcurrentTables.depth(entry) != 0) {
      into.keep(key -> isFrom(hash, key));
    }
    into.copied(stripe, version);
  }

  /** Of a key word that was read without the lock; of a recycled one any answer will do. */
  private boolean isFrom(long hash, long key) {
    return (!tables.settings.cellKeys()
            || ConcurrentCells.isCell(slabs, key, ConcurrentCells.KEY_HEADER_BYTES))
        && Long.compareUnsigned(tables.hashOf(key), hash) >= 0;
  }

  /** What {@link #clear} tells of each entry that it removes. */
  interface Removal {
    void removed(Stripe stripe, long key, long value);

    /** Called after the lock of the stripe was given back. */
    default void unlocked() {}
  }

  /**
   * Removes what is there, one table after another; under no lock. An entry that is put meanwhile
   * stays or not.
   *
   * @param waits for functions of the program that run for a key
   */
  void clear(Removal removal, boolean waits) {
    RangeCopy copy = new RangeCopy();
    long from = 0;
    do {
      Stripe stripe = waits ? lockRange(from) : tables.lockBusy(from);
      try {
        clear(stripe, from, copy);
        for (int i = 0; i < copy.count(); i++) {
          removal.removed(stripe, copy.key(i), copy.value(i));
        }
      } finally {
        stripe.state.unlock();
      }
      removal.unlocked();
      from = copy.end();
    } while (from != 0);
  }

  private void clear(Stripe stripe, long from, RangeCopy copy) {
    copy(stripe, stripe.version, from, copy, false);
    long entry = stripe.entryAcquire(from);
    long table = ConcurrentTables.position(entry);
    MemorySegment slab = slabs.segment(table);
    long offset = ConcurrentSlabs.offset(table);
    for (int group = 0; copy.count() > 0 && group < ConcurrentTables.groups(entry); group++) {
      long at = ConcurrentTables.groupOffset(offset, group);
      long control = ConcurrentTables.word(slab, at);
      long full = ConcurrentTables.fulls(control) >>> ConcurrentTables.TAG_SHIFT;
      ConcurrentTables.setWordRelease(
          slab, at, (control & ~(full * 0xff)) | full * ConcurrentTables.REMOVED);
    }
    if (copy.count() > 0) {
      ConcurrentTables.setWord(
          slab, offset, TableGrowth.header(ConcurrentTables.word(slab, offset), -copy.count(), 0));
      stripe.state.addSize(-copy.count());
    }
  }

  /** Takes the lock of a hash, once no function runs for any key of the table that holds it. */
  private Stripe lockRange(long hash) {
    while (true) {
      Stripe stripe = tables.lockBusy(hash);
      int unshared = Long.SIZE - ConcurrentTables.depth(stripe.entryAcquire(hash));
      Computation busy = stripe.state.computations;
      while (busy != null && (busy.hash ^ hash) >>> unshared != 0) {
        busy = busy.next;
      }
      if (busy == null) {
        return stripe;
      }
      stripe.state.unlock();
      busy.await(tables.settings.name());
    }
  }
}
