package dev.lifebound.memory.map;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Goes through a map's tables once, by the order of hash prefixes, from a random start around to
 * it.
 *
 * <p>Nothing is pinned: after each table the walk knows only the hash at which the next begins.
 * Tables that are split or rebuilt meanwhile cover the same hashes. One that was joined with a
 * table that came before, or with the one at the start, is handed out in part: see {@link #covers}.
 * So no hash is left out and none comes twice.
 */
final class TableWalk {
  private final Engine engine;
  private final int clears;

  /** The first hash that was not handed out. */
  private long next;

  /** Where the walk began and ends. */
  private long start;

  private boolean begun;
  private boolean done;

  /** Of the present tables' range: the first hash, and that after the last one. */
  private long low;

  private long high;
  private boolean partial;

  TableWalk(Engine engine) {
    this(engine, ThreadLocalRandom.current().nextLong());
  }

  /** As above, from this hash on. */
  TableWalk(Engine engine, long from) {
    this.engine = engine;
    this.clears = engine.clears;
    this.next = from;
    this.done = engine.size == 0;
  }

  /**
   * The tables of the next prefix, mostly one.
   *
   * @return their entries; without length at the end, or when the map was cleared
   */
  long[] next() {
    if (done || engine.clears != clears) {
      done = true;
      return new long[0];
    }
    long entry = entry();
    engine.checkRead("iterate");
    int depth = Entry.depth(entry);
    long span = depth == 0 ? 0 : 1L << (Long.SIZE - depth);
    long first = next & -span;
    if (begun) {
      advance(first, first + span);
    } else {
      begun = true;
      start = first;
      low = first;
      high = first + span;
      done = high == start;
    }
    next = high;
    return (entry & Entry.CHAINED) == 0 ? new long[] {entry} : engine.tables(entry);
  }

  /** Goes on with the hashes of a table that were not handed out. Hashes go round. */
  private void advance(long first, long end) {
    low = next;
    high = end;
    // The whole circle is never left here, so that no difference stands for it but that of a table
    // that has become the only one.
    done = end == low || Long.compareUnsigned(end - low, start - low) >= 0;
    if (done) {
      high = start;
    }
    partial = low != first || high != end;
  }

  /** Whether only those entries of the present tables are meant whose hashes are covered. */
  boolean isPartial() {
    return partial;
  }

  /** Whether an entry of this hash has its turn with the present tables. */
  boolean covers(long hash) {
    return Long.compareUnsigned(hash - low, high - low) < 0;
  }

  private long entry() {
    long[] leaf = engine.root[(int) (next >>> engine.rootShift)];
    return leaf[Directory.index(leaf, next)];
  }

  /** Whether what was copied from a table may still be handed out. */
  boolean isCleared() {
    return engine.clears != clears;
  }
}
