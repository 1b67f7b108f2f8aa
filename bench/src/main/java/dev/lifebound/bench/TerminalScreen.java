package dev.lifebound.bench;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lines a terminal shows after it printed a text: carriage returns overwrite, "erase to the end
 * of the line" erases, tabs go to the next multiple of eight, wide characters take two cells. Other
 * escape sequences and control characters show nothing.
 */
final class TerminalScreen {
  /** Text of one style that begins at a column and takes some cells. */
  record Run(int column, int cells, String text, TerminalStyle style) {}

  /** One cell; the second cell of a wide character holds an empty text. */
  private record Cell(String text, TerminalStyle style) {}

  private static final Cell BLANK = new Cell(" ", TerminalStyle.PLAIN);
  private static final char ESCAPE = '\u001b';
  private static final char BELL = '\u0007';
  private static final int TAB = 8;

  private final List<List<Cell>> screen = new ArrayList<>();
  private TerminalStyle style = TerminalStyle.PLAIN;
  private int column;

  private TerminalScreen() {
    screen.add(new ArrayList<>());
  }

  static TerminalScreen of(String text) {
    TerminalScreen screen = new TerminalScreen();
    int at = 0;
    while (at < text.length()) {
      at = text.charAt(at) == ESCAPE ? screen.escape(text, at + 1) : screen.print(text, at);
    }
    screen.dropEmptyEnd();
    return screen;
  }

  /** The number of cells of the longest line. */
  int columns() {
    return screen.stream().mapToInt(List::size).max().orElse(0);
  }

  /** The lines from the top, each as its runs of one style. */
  List<List<Run>> lines() {
    return screen.stream().map(TerminalScreen::runs).toList();
  }

  private int print(String text, int at) {
    int c = text.codePointAt(at);
    switch (c) {
      case '\n' -> {
        screen.add(new ArrayList<>());
        column = 0;
      }
      case '\r' -> column = 0;
      case '\b' -> column = Math.max(0, column - 1);
      case '\t' -> column += TAB - column % TAB;
      default -> put(c);
    }
    return at + Character.charCount(c);
  }

  private void put(int c) {
    int type = Character.getType(c);
    if (type == Character.CONTROL || type == Character.FORMAT || type == Character.SURROGATE) {
      return;
    }
    List<Cell> line = screen.getLast();
    String text = Character.toString(c);
    if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
      @Nullable Cell before = column > 0 && column <= line.size() ? line.get(column - 1) : null;
      if (before != null) {
        line.set(column - 1, new Cell(before.text() + text, before.style()));
      }
      return;
    }
    set(line, new Cell(text, style));
    if (wide(c)) {
      set(line, new Cell("", style));
    }
  }

  private void set(List<Cell> line, Cell cell) {
    while (line.size() <= column) {
      line.add(BLANK);
    }
    line.set(column++, cell);
  }

  /** Reads one escape sequence after its first character; the index behind it. */
  private int escape(String text, int at) {
    if (at >= text.length()) {
      return at;
    }
    char kind = text.charAt(at);
    if (kind == ']') {
      return endOfString(text, at + 1);
    }
    if (kind != '[') {
      // Two characters, or three where the first selects a character set.
      return at + ("()*+#".indexOf(kind) >= 0 ? 2 : 1);
    }
    int end = at + 1;
    while (end < text.length() && (text.charAt(end) < '@' || text.charAt(end) > '~')) {
      end++;
    }
    if (end < text.length()) {
      control(text.substring(at + 1, end), text.charAt(end));
    }
    return end + 1;
  }

  private static int endOfString(String text, int at) {
    int end = at;
    while (end < text.length() && text.charAt(end) != BELL && text.charAt(end) != ESCAPE) {
      end++;
    }
    return end < text.length() && text.charAt(end) == ESCAPE ? end + 2 : end + 1;
  }

  private void control(String parameters, char end) {
    List<Cell> line = screen.getLast();
    if (end == 'm') {
      style = style.with(numbers(parameters));
    } else if (end == 'K') {
      int mode = numbers(parameters).getFirst();
      if (mode == 0 && column < line.size()) {
        line.subList(column, line.size()).clear();
      } else if (mode == 2) {
        line.clear();
      }
    }
  }

  private static List<Integer> numbers(String parameters) {
    List<Integer> numbers = new ArrayList<>();
    for (String number : parameters.split("[;:]", -1)) {
      numbers.add(number.matches("[0-9]{1,3}") ? Integer.parseInt(number) : 0);
    }
    return numbers;
  }

  private void dropEmptyEnd() {
    while (screen.size() > 1 && runs(screen.getLast()).isEmpty()) {
      screen.removeLast();
    }
  }

  private static List<Run> runs(List<Cell> line) {
    List<Run> runs = new ArrayList<>();
    int start = 0;
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < line.size(); i++) {
      Cell cell = line.get(i);
      text.append(cell.text());
      @Nullable TerminalStyle next = i + 1 < line.size() ? line.get(i + 1).style() : null;
      if (!cell.style().equals(next)) {
        Run run = new Run(start, i + 1 - start, text.toString(), cell.style());
        if (!run.text().isBlank() || run.style().shownBackground() != null) {
          runs.add(run);
        }
        start = i + 1;
        text.setLength(0);
      }
    }
    return runs;
  }

  /** The blocks of East Asian scripts and of pictographs, which terminals draw two cells wide. */
  private static boolean wide(int c) {
    return (c >= 0x1100 && c <= 0x115f)
        || (c >= 0x2e80 && c <= 0x303e)
        || (c >= 0x3041 && c <= 0xa4cf)
        || (c >= 0xac00 && c <= 0xd7a3)
        || (c >= 0xf900 && c <= 0xfaff)
        || (c >= 0xfe30 && c <= 0xfe6f)
        || (c >= 0xff00 && c <= 0xff60)
        || (c >= 0xffe0 && c <= 0xffe6)
        || (c >= 0x1f300 && c <= 0x1faff)
        || (c >= 0x20000 && c <= 0x3fffd);
  }
}
