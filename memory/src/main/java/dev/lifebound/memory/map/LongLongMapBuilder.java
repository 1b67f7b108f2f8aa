package dev.lifebound.memory.map;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Collects what a {@link LongLongMap} is built with. Not thread-safe; may build several maps. */
public final class LongLongMapBuilder {
  private String name = "map";
  private long capacityHint;
  private long limitBytes = Long.MAX_VALUE;
  private @Nullable Long seed;
  private Slabs.Source source = Slabs.Source.SYSTEM;

  LongLongMapBuilder() {}

  /** What the map is for, for messages. */
  public LongLongMapBuilder name(String name) {
    this.name = Objects.requireNonNull(name, "name must not be null");
    return this;
  }

  /**
   * How many entries to have tables ready for. Only a hint: it limits nothing, and one that is
   * negative, absurd or past {@link #limitBytes} is ignored.
   */
  public LongLongMapBuilder capacityHint(long entries) {
    capacityHint = entries;
    return this;
  }

  /**
   * The most native memory that the map may take. Default: no limit.
   *
   * @param bytes at least 1
   */
  public LongLongMapBuilder limitBytes(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException(
          "a limit must be at least one byte: limitBytes=" + bytes + ", map=" + name);
    }
    limitBytes = bytes;
    return this;
  }

  /**
   * The seed of the hash function, for tests that want the same layout each time. Without it each
   * map has a random one, and another one after each clear, so that nobody outside can choose keys
   * that collide. Keys that are put in the order in which a map of the same seed yields them make
   * it slower.
   */
  public LongLongMapBuilder seed(long seed) {
    this.seed = seed;
    return this;
  }

  LongLongMapBuilder source(Slabs.Source source) {
    this.source = source;
    return this;
  }

  /**
   * A new map.
   *
   * @throws MapFullException when the limit or the system's memory does not allow even an empty map
   */
  public LongLongMap build() {
    return new LongLongMap(Settings.of(name, seed, capacityHint, limitBytes, source));
  }
}
