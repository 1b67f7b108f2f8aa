package dev.lifebound.memory.os;

import java.security.CodeSource;
import java.util.Optional;
import java.util.Properties;

/**
 * Which copy of this library has the process's own state: signal handlers, patched slots, the pool.
 *
 * <p>Statics are one for each copy, signal handlers are one for the process. The system properties
 * are the one table that all copies of all versions see; {@link Copies} is how they talk.
 */
public final class ProcessHolder {
  /** The system property that names the copy; its value is text for people. */
  public static final String PROPERTY = "dev.lifebound.holder";

  private static int holds;

  private ProcessHolder() {}

  /**
   * Takes the process for this copy, once more if it has it already, until {@link #release} was
   * called as often.
   *
   * @return empty when this copy has it; else who has it
   */
  public static synchronized Optional<String> claim() {
    Properties properties = System.getProperties();
    Object other = holds > 0 ? null : properties.putIfAbsent(PROPERTY, self());
    if (other == null) {
      holds++;
    }
    return Optional.ofNullable(other == null ? null : other.toString());
  }

  /** Whether this copy has the process. */
  public static synchronized boolean isHere() {
    return holds > 0;
  }

  /** Gives one claim back; nothing when this copy has none. */
  public static synchronized void release() {
    if (holds > 0 && --holds == 0) {
      System.getProperties().remove(PROPERTY);
    }
  }

  /** The version of this copy, its place and its class loader. */
  public static String self() {
    return describe(ProcessHolder.class);
  }

  private static String describe(Class<?> type) {
    String version = type.getPackage().getImplementationVersion();
    CodeSource source = type.getProtectionDomain().getCodeSource();
    ClassLoader loader = type.getClassLoader();
    String name = loader == null ? "boot" : loader.getName();
    return "lifebound-memory "
        + (version == null ? "(no version)" : version)
        + " from "
        + (source == null ? "(unknown place)" : source.getLocation())
        + ", loader "
        + (name == null && loader != null ? loader.getClass().getName() : name);
  }
}
