package dev.lifebound.memory.map;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Collects what a {@link NativeMap} is built with. Not thread-safe; may build several maps. */
public final class NativeMapBuilder<K, V> {
  private final TypeCodec<K> keys;
  private final TypeCodec<V> values;
  private @Nullable String name;
  private long capacityHint;
  private long limitBytes = Long.MAX_VALUE;
  private @Nullable Long seed;
  private Slabs.Source source = Slabs.Source.SYSTEM;

  NativeMapBuilder(Codec<K> keys, Codec<V> values) {
    this.keys = TypeCodec.ofKey(Objects.requireNonNull(keys, "a codec must not be null"));
    this.values = TypeCodec.of(Objects.requireNonNull(values, "a codec must not be null"));
  }

  /** What the map is for, for messages, and for the ledger's events of its handles. */
  public NativeMapBuilder<K, V> name(String name) {
    this.name = Objects.requireNonNull(name, "name must not be null");
    return this;
  }

  /**
   * How many entries to have tables ready for. Only a hint: it limits nothing, and one that is
   * negative, absurd or past {@link #limitBytes} is ignored.
   */
  public NativeMapBuilder<K, V> capacityHint(long entries) {
    capacityHint = entries;
    return this;
  }

  /**
   * The most native memory that the map may take. Default: no limit. What removed entries leave is
   * room for others of about their size.
   *
   * @param bytes at least 1
   */
  public NativeMapBuilder<K, V> limitBytes(long bytes) {
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
  public NativeMapBuilder<K, V> seed(long seed) {
    this.seed = seed;
    return this;
  }

  NativeMapBuilder<K, V> source(Slabs.Source source) {
    this.source = source;
    return this;
  }

  /**
   * A new map.
   *
   * @throws MapFullException when the limit or the system's memory does not allow even an empty map
   */
  public NativeMap<K, V> build() {
    return new NativeMap<>(
        Settings.of(name == null ? "map" : name, seed, capacityHint, limitBytes, source),
        keys,
        values,
        name);
  }
}
