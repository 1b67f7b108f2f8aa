package dev.lifebound.memory.map;

/**
 * What a map is built with.
 *
 * @param name for messages
 * @param seed of the hash function
 * @param capacityHint how many entries to be ready for; only a hint
 * @param limitBytes the most native memory
 */
record Settings(String name, long seed, long capacityHint, long limitBytes, Slabs.Source source) {
  /** The same for a copy of so many entries. */
  Settings withHint(long entries) {
    return new Settings(name, seed, entries, limitBytes, source);
  }
}
