package dev.lifebound.finding;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * Lines for a terminal: wrapped at words, coloured when asked, and free of control characters that
 * came with the text.
 */
final class TextLines {
  /** How a piece of text looks; without colours it looks like any other. */
  enum Style {
    PLAIN(""),
    STRONG("\u001b[1m"),
    FAINT("\u001b[2m"),
    RED("\u001b[1;31m"),
    YELLOW("\u001b[1;33m"),
    GREEN("\u001b[1;32m");

    private final String on;

    Style(String on) {
      this.on = on;
    }

    static Style of(Colour colour) {
      return switch (colour) {
        case RED -> RED;
        case YELLOW -> YELLOW;
        case GREEN -> GREEN;
      };
    }
  }

  private static final String OFF = "\u001b[0m";
  private static final String CUT = "...";

  private final Writer out;
  private final int width;
  private final boolean colours;

  TextLines(OutputStream out, int width, boolean colours) {
    this.out = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    this.width = width;
    this.colours = colours;
  }

  void flush() throws IOException {
    out.flush();
  }

  void blank() throws IOException {
    out.write('\n');
  }

  /**
   * Text after {@code head}, wrapped at words; the further lines are indented by {@code indent}
   * columns. A word longer than the line stands alone and whole, so that paths can be copied.
   */
  void wrapped(Style headStyle, String head, int indent, Style style, String text)
      throws IOException {
    styled(headStyle, visible(head));
    int column = columns(head);
    boolean lineStart = true;
    for (String word : visible(text).strip().split(" +", -1)) {
      int gap = lineStart ? 0 : 1;
      if (!lineStart && column + gap + columns(word) > width) {
        out.write('\n');
        out.write(" ".repeat(indent));
        column = indent;
        gap = 0;
      }
      out.write(" ".repeat(gap));
      styled(style, word);
      column += gap + columns(word);
      lineStart = false;
    }
    out.write('\n');
  }

  /** One line after {@code head}, cut at the width. */
  void cut(String head, Style style, String text) throws IOException {
    String shown = visible(text).strip();
    int room = Math.max(CUT.length() + 1, width - columns(head));
    if (columns(shown) > room) {
      int end = shown.offsetByCodePoints(0, room - CUT.length());
      shown = shown.substring(0, end) + CUT;
    }
    out.write(head);
    styled(style, shown);
    out.write('\n');
  }

  private void styled(Style style, String text) throws IOException {
    if (!colours || style == Style.PLAIN || text.isEmpty()) {
      out.write(text);
    } else {
      out.write(style.on);
      out.write(text);
      out.write(OFF);
    }
  }

  private static int columns(String text) {
    return text.codePointCount(0, text.length());
  }

  /**
   * The text on one line with nothing a terminal would act on: white space becomes a space, other
   * control and format characters (escape sequences, direction overrides) become {@code ?}.
   */
  static String visible(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          int type = Character.getType(c);
          if (c == '\t' || c == '\n' || c == '\r') {
            shown.append(' ');
          } else if (type == Character.CONTROL
              || type == Character.FORMAT
              || type == Character.SURROGATE
              || type == Character.LINE_SEPARATOR
              || type == Character.PARAGRAPH_SEPARATOR) {
            shown.append('?');
          } else {
            shown.appendCodePoint(c);
          }
        });
    return shown.toString();
  }
}
