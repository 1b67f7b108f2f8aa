package dev.lifebound.memory.map;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Collects what a {@link NativeSet} is built with. Not thread-safe; may build several maps. */
public final class NativeSetBuilder<E> {
  private final TypeCodec<E> elements;
  private @Nullable String name;
  private long capacityHint;
  private long limitBytes = Long.MAX_VALUE;
  private @Nullable Long seed;
  private Slabs.Source source = Slabs.Source.SYSTEM;

  NativeSetBuilder(Codec<E> elements) {
    this.elements = TypeCodec.ofKey(Objects.requireNonNull(elements, "a codec must not be null"));
  }

  /** What the set is for, for messages, and for the ledger's events of its handles. */
  public NativeSetBuilder<E> name(String name) {
    this.name = Objects.requireNonNull(name, "name must not be null");
    return this;
  }

  /**
   * How many elements to have tables ready for. Only a hint: it limits nothing, and one that is
   * negative, absurd or past {@link #limitBytes} is ignored.
   */
  public NativeSetBuilder<E> capacityHint(long elements) {
    capacityHint = elements;
    return this;
  }

  /**
   * The most native memory that the set may take. Default: no limit. What removed elements leave is
   * room for others of about their size.
   *
   * @param bytes at least 1
   */
  public NativeSetBuilder<E> limitBytes(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException(
          "a limit must be at least one byte: limitBytes=" + bytes + ", set=" + name);
    }
    limitBytes = bytes;
    return this;
  }

  /**
   * The seed of the hash function, for tests that want the same layout each time. Without it each
   * set has a random one, and another one after each clear, so that nobody outside can choose
   * elements that collide. Elements that are added in the order in which a set of the same seed
   * yields them make it slower.
   */
  public NativeSetBuilder<E> seed(long seed) {
    this.seed = seed;
    return this;
  }

  NativeSetBuilder<E> source(Slabs.Source source) {
    this.source = source;
    return this;
  }

  /**
   * A new set.
   *
   * @throws MapFullException when the limit or the system's memory does not allow even an empty set
   */
  public NativeSet<E> build() {
    return NativeSet.over(
        Settings.of(name == null ? "set" : name, seed, capacityHint, limitBytes, source),
        elements,
        name);
  }
}
