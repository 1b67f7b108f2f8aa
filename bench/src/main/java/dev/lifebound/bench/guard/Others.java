package dev.lifebound.bench.guard;

/** The parts of the topic that measure the watch and a real service. */
final class Others {
  private Others() {}

  /** Their figures, each followed by a blank. */
  static String figures(boolean quick) {
    return quick ? "" : "";
  }
}
