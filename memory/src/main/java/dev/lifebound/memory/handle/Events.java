package dev.lifebound.memory.handle;

import jdk.jfr.FlightRecorder;

/**
 * Whether anybody may be listening to our flight recorder events.
 *
 * <p>Where the module is absent the compiler drops the calls. Where it is there but no recording
 * was ever started, {@link JfrEvents} is not loaded: the first event class would start half of the
 * recorder, which costs more than the rest of this library's start.
 */
final class Events {
  private static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

  private Events() {}

  /** A constant, or one look at a static field. */
  static boolean areOn() {
    return PRESENT && FlightRecorder.isInitialized();
  }
}
