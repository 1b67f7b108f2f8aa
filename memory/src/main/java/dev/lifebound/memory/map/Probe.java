package dev.lifebound.memory.map;

/** A key that is looked for and does not fit into a word: compares itself with stored ones. */
interface Probe {
  /**
   * Whether the cell that this word names holds the key. The word may be anything when a writer has
   * recycled the memory it was read from; the answer is then anything, but not an exception.
   */
  boolean matches(long word);
}
