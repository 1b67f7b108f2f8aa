package dev.lifebound.memory.map;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Goes through a map's tables once, by the order of hash prefixes, from a random start around to
 * it.
 *
 * <p>Nothing is pinned: after each table the walk knows only the prefix at which the next begins.
 * Tables that are split or rebuilt meanwhile cover the same prefixes, so that no prefix is left out
 * and none comes twice.
 */
final class TableWalk {
  private final Engine engine;
  private final int clears;
  private long next;
  private long start;
  private boolean begun;
  private boolean done;

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
    engine.checkRead(entry, "iterate");
    int depth = Entry.depth(entry);
    long span = depth == 0 ? 0 : 1L << (Long.SIZE - depth);
    long first = next & -span;
    if (!begun) {
      start = first;
      begun = true;
    }
    next = first + span;
    done = next == start;
    return (entry & Entry.CHAINED) == 0 ? new long[] {entry} : engine.tables(entry);
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
