package dev.lifebound.memory.os;

import java.util.Locale;

/** What this process runs on, as far as the module cares. */
public final class Platform {
  private static final String OS = System.getProperty("os.name", "unknown");
  private static final String ARCH = System.getProperty("os.arch", "unknown");

  private Platform() {}

  /** Whether this is Linux. */
  public static boolean isLinux() {
    return OS.toLowerCase(Locale.ROOT).contains("linux");
  }

  /** {@code os.name/os.arch}, for messages. */
  public static String text() {
    return OS + "/" + ARCH;
  }

  /** The processor as listings of machine code name it. */
  static String processor() {
    return ARCH.equals("amd64") ? "x86_64" : ARCH;
  }

  /** The number of {@code userfaultfd(2)}, or -1 where this module does not know it. */
  static long userfaultfdNumber() {
    return switch (ARCH) {
      case "amd64", "x86_64" -> 323;
      case "aarch64" -> 282;
      default -> -1;
    };
  }

  /**
   * Whether restricted foreign-memory calls by this module pass without a warning: {@code
   * --enable-native-access} names this module, or {@code ALL-UNNAMED} when it is on the class path.
   */
  public static boolean isNativeAccessEnabled() {
    return Platform.class.getModule().isNativeAccessEnabled();
  }
}
