package dev.lifebound.memory.map;

import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Collects what a concurrent map is built with. Not thread-safe; may build several maps. */
public final class ConcurrentMapBuilder {
  private String name = "map";
  private long capacityHint;
  private long limitBytes = Long.MAX_VALUE;
  private @Nullable Long seed;
  private @Nullable LongUnaryOperator testHash;
  private Slabs.Source source = Slabs.Source.SYSTEM;
  private int stripes = ConcurrentSettings.STRIPES;
  private int[] regularGroups = ConcurrentSettings.REGULAR_GROUPS;
  private int maxDirectory = ConcurrentSettings.MAX_DIRECTORY;

  ConcurrentMapBuilder() {}

  /** What the map is for, for messages. */
  public ConcurrentMapBuilder name(String text) {
    name = Objects.requireNonNull(text, "name must not be null");
    return this;
  }

  /**
   * The number of entries to expect. Only a hint: it limits nothing and takes no memory for entries
   * yet, and one that is negative is ignored.
   */
  public ConcurrentMapBuilder capacityHint(long entries) {
    capacityHint = Math.max(0, entries);
    return this;
  }

  /**
   * The most native memory that the map may take. Default: no limit.
   *
   * @param bytes at least 1
   */
  public ConcurrentMapBuilder limitBytes(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException(
          "a limit must be at least one byte: limitBytes=" + bytes + ", map=" + name);
    }
    limitBytes = bytes;
    return this;
  }

  /** The seed of the hashes, which makes the layout repeatable. Default: another for each map. */
  public ConcurrentMapBuilder seed(long number) {
    seed = number;
    return this;
  }

  ConcurrentMapBuilder testHash(LongUnaryOperator worse) {
    testHash = worse;
    return this;
  }

  ConcurrentMapBuilder source(Slabs.Source memory) {
    source = memory;
    return this;
  }

  ConcurrentMapBuilder sizes(int firstStripes, int directory, int... groups) {
    stripes = firstStripes;
    maxDirectory = directory;
    regularGroups = groups.clone();
    return this;
  }

  /** A map from long to long. */
  public ConcurrentLongLongMap buildLongLong() {
    return new ConcurrentLongLongMap(settings(null, false, false));
  }

  /**
   * A map of keys and values with these codecs.
   *
   * @throws UnsuitableTypeException when the type of keys cannot be one
   */
  public <K, V> ConcurrentNativeMap<K, V> build(Codec<K> keys, Codec<V> values) {
    TypeCodec<K> keyCodec = TypeCodec.ofKey(keys);
    LongUnaryOperator canonical =
        keyCodec.isWord() && keyCodec.isKeyUpdated() ? keyCodec::canonical : null;
    TypeCodec<V> valueCodec = TypeCodec.of(values);
    ConcurrentSettings settings = settings(canonical, !keyCodec.isWord(), !valueCodec.isWord());
    return new ConcurrentNativeMap<>(new ConcurrentTables(settings), keyCodec, valueCodec);
  }

  private ConcurrentSettings settings(
      @Nullable LongUnaryOperator canonical, boolean cellKeys, boolean cellValues) {
    Long fixed = seed;
    return new ConcurrentSettings(
        name,
        limitBytes,
        source,
        fixed == null ? ThreadLocalRandom.current().nextLong() : fixed,
        testHash,
        canonical,
        cellKeys,
        cellValues,
        capacityHint,
        stripes,
        regularGroups,
        maxDirectory);
  }
}
