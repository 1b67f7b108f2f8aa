package dev.lifebound.cli.command;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.Properties;

/**
 * What a command writes to.
 *
 * @param out takes the result; not buffered, not closed by commands
 * @param err takes errors and progress
 * @param colours whether the result may be coloured
 * @param progress whether standard error is a terminal that may show progress
 * @param width columns of the result
 */
public record Terminal(
    OutputStream out, PrintStream err, boolean colours, boolean progress, int width) {
  /** The descriptors that are terminals, set by the launcher: {@code 1}, {@code 2} or both. */
  static final String TERMINALS = "lifebound.terminals";

  /** The columns of the terminal, set by the launcher. */
  static final String COLUMNS = "lifebound.columns";

  /** Columns where there is no terminal: readable in a log and in a mail. */
  public static final int DEFAULT_WIDTH = 100;

  /**
   * The terminal as the launcher describes it. Java itself can only ask whether input and output
   * are terminals together; started without the launcher, nothing counts as a terminal.
   */
  public static Terminal of(
      OutputStream out, PrintStream err, Properties properties, Map<String, String> environment) {
    String terminals = properties.getProperty(TERMINALS, "");
    boolean dumb = "dumb".equals(environment.get("TERM"));
    // no-color.org: present and not empty.
    boolean noColour = !environment.getOrDefault("NO_COLOR", "").isEmpty();
    return new Terminal(
        out,
        err,
        terminals.contains("1") && !dumb && !noColour,
        terminals.contains("2") && !dumb,
        terminals.contains("1") ? columns(properties.getProperty(COLUMNS, "")) : DEFAULT_WIDTH);
  }

  private static int columns(String text) {
    return text.matches("[1-9][0-9]{0,3}") ? Integer.parseInt(text) : DEFAULT_WIDTH;
  }
}
