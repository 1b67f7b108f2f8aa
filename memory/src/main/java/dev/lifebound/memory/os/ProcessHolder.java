package dev.lifebound.memory.os;

import java.security.CodeSource;
import java.util.Optional;
import java.util.Properties;

/**
 * Which copy of this library has the process's own state: signal handlers, patched slots, the pool.
 *
 * <p>Class loaders may load the library several times, from one jar or from several versions: in an
 * application and in its plug-ins, say. Statics are one for each copy, signal handlers are one for
 * the process. The system properties are the one table that all copies see.
 */
public final class ProcessHolder {
  /** The system property that names the copy; its value is text for people. */
  public static final String PROPERTY = "dev.lifebound.holder";

  private static boolean held;

  private ProcessHolder() {}

  /**
   * Takes the process for this copy, until {@link #release}.
   *
   * @return empty when this copy has it now, and had not before; else who has it
   */
  public static synchronized Optional<String> claim() {
    Properties properties = System.getProperties();
    Object other = properties.putIfAbsent(PROPERTY, self());
    held |= other == null;
    return Optional.ofNullable(other).map(String::valueOf);
  }

  /** Gives the process back; nothing when this copy has it not. */
  public static synchronized void release() {
    if (held) {
      held = false;
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
