package dev.lifebound.memory.map;

/**
 * What growth has done, in all and at most within one operation. The maxima do not depend on the
 * size of the map; that is what bounds its pauses.
 */
final class GrowthCounters {
  long splits;
  long rebuildsLarger;
  long rebuildsSame;
  long chainings;
  long joins;

  long bytesZeroed;
  long entriesMoved;
  long wordsCopied;

  long maxBytesZeroed;
  long maxEntriesMoved;
  long maxWordsCopied;

  /** Of the present operation. */
  long moved;

  MapInspection.Trigger lastTrigger = MapInspection.Trigger.NONE;

  /** Ends an operation that has grown the map. */
  void end(Growth growth) {
    long zeroed = growth.tables.takeZeroedBytes();
    long words = growth.directory.takeWordsCopied();
    bytesZeroed += zeroed;
    entriesMoved += moved;
    wordsCopied += words;
    maxBytesZeroed = Math.max(maxBytesZeroed, zeroed);
    maxEntriesMoved = Math.max(maxEntriesMoved, moved);
    maxWordsCopied = Math.max(maxWordsCopied, words);
    moved = 0;
  }

  /** Forgets what building the map took, which is no operation on it. */
  void begin(Growth growth) {
    end(growth);
    maxBytesZeroed = 0;
    maxEntriesMoved = 0;
    maxWordsCopied = 0;
  }
}
