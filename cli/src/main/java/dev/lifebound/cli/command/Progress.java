package dev.lifebound.cli.command;

import java.io.PrintStream;

/** One line on a terminal that says what is being done, replaced as work goes on. */
final class Progress implements AutoCloseable {
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream err;
  private final boolean shown;
  private final int width;
  private boolean dirty;

  Progress(Terminal terminal) {
    err = terminal.err();
    shown = terminal.progress();
    width = terminal.width();
  }

  /** Replaces the line; nothing when standard error is not a terminal. */
  synchronized void step(String text) {
    if (shown) {
      String line = Texts.visible(text);
      int end = Math.min(line.length(), Math.max(1, width - 1));
      err.print(CLEAR_LINE + line.substring(0, end));
      err.flush();
      dirty = true;
    }
  }

  /** Takes the line away. */
  @Override
  public synchronized void close() {
    if (dirty) {
      err.print(CLEAR_LINE);
      err.flush();
      dirty = false;
    }
  }
}
