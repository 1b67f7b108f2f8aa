package dev.lifebound.memory.handle;

import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Settings of a registry; see {@link Registry#builder()}. Not for concurrent use. */
public final class RegistryBuilder {
  /** The system property that switches checked mode on for registries built without a choice. */
  public static final String CHECK_PROPERTY = "lifebound.check";

  private static final System.Logger LOG = System.getLogger("dev.lifebound.memory");
  private static final Duration SECTION_WARNING = Duration.ofSeconds(1);

  Tracking tracking = Tracking.fromProperty();
  long byteLimit = Long.MAX_VALUE;
  final Map<String, Long> tagLimits = new HashMap<>();
  long sectionWarningNanos = SECTION_WARNING.toNanos();
  Consumer<LongSection> sectionWarning = RegistryBuilder::log;
  Consumer<Leak> leakListener = Leaks::log;
  boolean checked = checkedByProperty();
  private @Nullable String mxBean;

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

  /**
   * Who hears of leaks; the default is the logger {@code dev.lifebound.memory}. Called by the
   * thread that closes the registry, or by the cleaner's. Must not refer to the registry, which
   * could then never be found dropped; nor must deallocators.
   */
  public RegistryBuilder leakListener(Consumer<Leak> listener) {
    this.leakListener = Objects.requireNonNull(listener, "listener must not be null");
    return this;
  }

  /**
   * Checked mode: size, alignment and place of a block are verified whenever it is adopted or
   * leased, blocks must not overlap, and {@link Registry#check} refuses pointers that have left
   * their block. Each of these takes one lock. The default is the property {@code lifebound.check}.
   */
  public RegistryBuilder checked(boolean on) {
    this.checked = on;
    return this;
  }

  /**
   * Shows the registry to JMX tools as {@code dev.lifebound:type=Registry,name="NAME"} until it is
   * closed, with the attributes of {@link RegistryMXBean}. Needs the module {@code
   * java.management}, as only this method does.
   */
  public RegistryBuilder mxBean(String name) {
    this.mxBean = Objects.requireNonNull(name, "name must not be null");
    return this;
  }

  private static boolean checkedByProperty() {
    String value = System.getProperty(CHECK_PROPERTY, "false");
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "", "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "the check switch must be true or false: "
                  + CHECK_PROPERTY
                  + "="
                  + value
                  + "; correct the -D"
                  + CHECK_PROPERTY
                  + " option");
    };
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
   * @throws IllegalArgumentException when the MXBean's name is taken
   * @throws UnsupportedOperationException when an MXBean is asked for and this JVM has no module
   *     {@code java.management}
   */
  public Registry build() {
    String name = mxBean;
    if (name != null && ModuleLayer.boot().findModule("java.management").isEmpty()) {
      throw new UnsupportedOperationException(
          "an MXBean needs the module java.management: name="
              + name
              + "; run with --add-modules java.management");
    }
    Registry registry = new Registry(this);
    if (name != null) {
      try {
        registry.table().whenClosing = Management.register(name, registry.table());
      } catch (RuntimeException e) {
        registry.close();
        throw e;
      }
    }
    return registry;
  }
}
