package dev.lifebound.memory.arena;

import java.util.Locale;
import java.util.Objects;

/** Collects what a {@link MapArena} is built with. Not thread-safe; may build several arenas. */
public final class MapArenaBuilder {
  static final long MIN_SLAB_BYTES = 1 << 10;
  static final long MAX_SLAB_BYTES = 1 << 30;
  private static final long DEFAULT_FIRST_SLAB_BYTES = 16 << 10;
  private static final long DEFAULT_MAX_SLAB_BYTES = 1 << 20;

  private final String tag;
  private long firstSlabBytes = DEFAULT_FIRST_SLAB_BYTES;
  private long maxSlabBytes = DEFAULT_MAX_SLAB_BYTES;
  private long limitBytes = Long.MAX_VALUE;
  private boolean zeroRecycled;
  private boolean checked = checkedByProperty();

  MapArenaBuilder(String tag) {
    this.tag = Objects.requireNonNull(tag, "tag must not be null");
  }

  private static boolean checkedByProperty() {
    String value = System.getProperty(MapArena.CHECK_PROPERTY, "false");
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "", "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "the check switch must be true or false: "
                  + MapArena.CHECK_PROPERTY
                  + "="
                  + value
                  + "; correct the -D"
                  + MapArena.CHECK_PROPERTY
                  + " option");
    };
  }

  /**
   * The sizes between which slabs grow: the first has {@code firstBytes}, each further one as much
   * as all before it, up to {@code maxBytes}. Default 16 KiB and 1 MiB.
   *
   * <p>A new slab takes 0.1 to 0.35 microseconds for each KiB, most of it zeroing. That is the
   * longest pause of an allocation; a map with a bound on its pauses lowers {@code maxBytes}.
   *
   * @param firstBytes from 1 KiB to {@code maxBytes}; a shared arena takes at least 64 KiB
   * @param maxBytes at most 1 GiB
   */
  public MapArenaBuilder slabBytes(long firstBytes, long maxBytes) {
    if (firstBytes < MIN_SLAB_BYTES || maxBytes < firstBytes || maxBytes > MAX_SLAB_BYTES) {
      throw new IllegalArgumentException(
          "slab sizes must satisfy "
              + MIN_SLAB_BYTES
              + " <= first <= max <= "
              + MAX_SLAB_BYTES
              + ": first="
              + firstBytes
              + ", max="
              + maxBytes
              + ", tag="
              + tag);
    }
    firstSlabBytes = firstBytes;
    maxSlabBytes = maxBytes;
    return this;
  }

  /**
   * The most memory that the arena may take from the system. Default: no limit. The JVM sets none
   * either: memory of arenas does not count against {@code -XX:MaxDirectMemorySize}.
   *
   * @param bytes at least 1
   */
  public MapArenaBuilder limitBytes(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException(
          "a limit must be at least one byte: limitBytes=" + bytes + ", tag=" + tag);
    }
    limitBytes = bytes;
    return this;
  }

  /** Has every block zeroed, also where its memory is recycled. */
  public MapArenaBuilder zeroRecycled() {
    zeroRecycled = true;
    return this;
  }

  /** Checked mode on or off; without this call the property {@value MapArena#CHECK_PROPERTY}. */
  public MapArenaBuilder checked(boolean on) {
    checked = on;
    return this;
  }

  /** An arena that allocates for one thread: the first that asks, until it hands the arena over. */
  public MapArena single() {
    return new SingleArena(settings(firstSlabBytes, maxSlabBytes));
  }

  /** An arena that allocates for any number of threads. */
  public MapArena shared() {
    long least = SharedArena.MIN_SLAB_BYTES;
    return new SharedArena(
        settings(Math.max(firstSlabBytes, least), Math.max(maxSlabBytes, least)));
  }

  private ArenaSettings settings(long first, long max) {
    return new ArenaSettings(
        tag,
        Bump.roundUp(first, Slabs.ALIGNMENT),
        Bump.roundUp(max, Slabs.ALIGNMENT),
        limitBytes,
        zeroRecycled,
        checked);
  }
}
