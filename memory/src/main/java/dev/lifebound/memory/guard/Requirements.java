package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.Platform;

/** What must be given before anything is armed. */
final class Requirements {
  private Requirements() {}

  /**
   * @param what wants to work, for the message
   * @throws GuardUnavailableException on another system
   */
  static void linux(String what) {
    if (!Platform.isLinux()) {
      throw new GuardUnavailableException(
          what
              + " must run on Linux: platform="
              + Platform.text()
              + "; handles and leases work everywhere");
    }
  }

  /**
   * @param what wants to work, for the message
   * @throws GuardUnavailableException where native access was not granted
   */
  static void nativeAccess(String what) {
    if (!Platform.isNativeAccessEnabled()) {
      throw new GuardUnavailableException(
          what
              + " must have native access: module="
              + Requirements.class.getModule()
              + "; start java with --enable-native-access=ALL-UNNAMED (class path) or"
              + " --enable-native-access=dev.lifebound.memory (module path)");
    }
  }
}
