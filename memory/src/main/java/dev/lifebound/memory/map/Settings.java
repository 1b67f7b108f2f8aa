package dev.lifebound.memory.map;

import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a map is built with.
 *
 * @param name for messages
 * @param seed of the hash function, the first one
 * @param seedGiven whether it was asked for, and is to stay
 * @param capacityHint how many entries to be ready for; only a hint
 * @param limitBytes the most native memory
 */
record Settings(
    String name,
    long seed,
    boolean seedGiven,
    long capacityHint,
    long limitBytes,
    Slabs.Source source) {
  /** With this seed, or a random one. */
  static Settings of(
      String name, @Nullable Long seed, long hint, long limitBytes, Slabs.Source source) {
    long first = seed == null ? ThreadLocalRandom.current().nextLong() : seed;
    return new Settings(name, first, seed != null, hint, limitBytes, source);
  }

  /** The same for a copy of so many entries. */
  Settings withHint(long entries) {
    return new Settings(name, nextSeed(), seedGiven, entries, limitBytes, source);
  }

  /**
   * For a map that begins anew: entries may come back in the order in which the old seed had them,
   * which is the worst one for a map of that seed.
   */
  long nextSeed() {
    return seedGiven ? seed : ThreadLocalRandom.current().nextLong();
  }
}
