package dev.lifebound.memory.agent;

/** Standard error: each text in one write, so that the program's own lines do not come between. */
final class Console {
  private Console() {}

  static void print(String text) {
    System.err.print("lifebound: " + text + System.lineSeparator());
    System.err.flush();
  }
}
