package dev.lifebound.memory.map;

/**
 * What growth has done in one stripe, in all and at most within one operation. Under the stripe's
 * lock.
 */
final class GrowthTally {
  long splits;
  long doublings;
  long rebuilds;

  /** Of the rebuilds: those in a table's own place. */
  long inPlace;

  /** Two tables that became one. */
  long joins;

  /** How often the version changed, so that memory could be used again. */
  long recycles;

  MapInspection.Trigger lastTrigger = MapInspection.Trigger.NONE;

  /** Of the present operation. */
  long zeroed;

  long moved;
  long words;

  long allZeroed;
  long allMoved;
  long allWords;
  long maxZeroed;
  long maxMoved;
  long maxWords;

  /** Ends an operation that made room. */
  void end() {
    allZeroed += zeroed;
    allMoved += moved;
    allWords += words;
    maxZeroed = Math.max(maxZeroed, zeroed);
    maxMoved = Math.max(maxMoved, moved);
    maxWords = Math.max(maxWords, words);
    zeroed = 0;
    moved = 0;
    words = 0;
  }

  /** Adds another stripe's. */
  void add(GrowthTally other) {
    splits += other.splits;
    doublings += other.doublings;
    rebuilds += other.rebuilds;
    inPlace += other.inPlace;
    joins += other.joins;
    recycles += other.recycles;
    if (other.lastTrigger != MapInspection.Trigger.NONE) {
      lastTrigger = other.lastTrigger;
    }
    allZeroed += other.allZeroed;
    allMoved += other.allMoved;
    allWords += other.allWords;
    maxZeroed = Math.max(maxZeroed, other.maxZeroed);
    maxMoved = Math.max(maxMoved, other.maxMoved);
    maxWords = Math.max(maxWords, other.maxWords);
  }
}
