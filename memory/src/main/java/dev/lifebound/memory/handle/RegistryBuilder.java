package dev.lifebound.memory.handle;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** Settings of a registry; see {@link Registry#builder()}. Not for concurrent use. */
public final class RegistryBuilder {
  private static final System.Logger LOG = System.getLogger("dev.lifebound.memory");
  private static final Duration SECTION_WARNING = Duration.ofSeconds(1);

  Tracking tracking = Tracking.fromProperty();
  long byteLimit = Long.MAX_VALUE;
  final Map<String, Long> tagLimits = new HashMap<>();
  long sectionWarningNanos = SECTION_WARNING.toNanos();
  Consumer<LongSection> sectionWarning = RegistryBuilder::log;

  RegistryBuilder() {}

  /** How much to remember of each block; the default is the property {@code lifebound.tracking}. */
  public RegistryBuilder tracking(Tracking level) {
    this.tracking = Objects.requireNonNull(level, "tracking must not be null");
    return this;
  }

  /** The most bytes that all blocks together may have, adopted ones included. */
  public RegistryBuilder byteLimit(long bytes) {
    this.byteLimit = positive(bytes);
    return this;
  }

  /** The most bytes that the blocks of one tag may have. */
  public RegistryBuilder byteLimit(String tag, long bytes) {
    tagLimits.put(tag, positive(bytes));
    return this;
  }

  /** After which time a read section that keeps frees waiting is reported, and to whom. */
  public RegistryBuilder sectionWarning(Duration after, Consumer<LongSection> report) {
    this.sectionWarningNanos = after.toNanos();
    this.sectionWarning = Objects.requireNonNull(report, "report must not be null");
    return this;
  }

  private static long positive(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("a byte limit must be at least 1: bytes=" + bytes);
    }
    return bytes;
  }

  private static void log(LongSection section) {
    StringBuilder text =
        new StringBuilder("a read section must be short: thread=")
            .append(section.thread())
            .append(", heldMillis=")
            .append(section.heldNanos() / 1_000_000)
            .append(", waitingFrees=")
            .append(section.waitingFrees())
            .append("; close it with try-with-resources");
    section.stack().forEach(frame -> text.append("\n    at ").append(frame));
    LOG.log(System.Logger.Level.WARNING, text::toString);
  }

  /**
   * The registry.
   *
   * @throws IllegalStateException when 1,023 registries are open
   */
  public Registry build() {
    return new Registry(this);
  }
}
