package dev.lifebound.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How text looks, as ANSI "select graphic rendition" sets it. Colours are {@code #rrggbb}; null is
 * the terminal's own.
 */
record TerminalStyle(
    @Nullable String foreground,
    @Nullable String background,
    boolean bold,
    boolean faint,
    boolean italic,
    boolean underlined,
    boolean reversed) {
  static final TerminalStyle PLAIN =
      new TerminalStyle(null, null, false, false, false, false, false);

  private static final String DEFAULT_FOREGROUND = "#e6edf3";
  private static final String DEFAULT_BACKGROUND = "#0d1117";

  /** The sixteen named colours: black red green yellow blue magenta cyan white, then bright. */
  private static final List<String> NAMED =
      List.of(
          "#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
          "#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#ffffff");

  /** The style after one sequence of parameters; unknown ones change nothing. */
  TerminalStyle with(List<Integer> codes) {
    TerminalStyle style = this;
    for (int i = 0; i < codes.size(); i++) {
      int code = codes.get(i);
      if (code == 38 || code == 48) {
        int used = mode(codes, i) == 2 ? 4 : 2;
        String colour = extended(codes, i);
        style = code == 38 ? style.foreground(colour) : style.background(colour);
        i += used;
      } else {
        style = style.with(code);
      }
    }
    return style;
  }

  private TerminalStyle with(int code) {
    return switch (code) {
      case 0 -> PLAIN;
      case 1 -> weight(true, faint);
      case 2 -> weight(bold, true);
      case 22 -> weight(false, false);
      case 3, 23 ->
          new TerminalStyle(foreground, background, bold, faint, code == 3, underlined, reversed);
      case 4, 24 ->
          new TerminalStyle(foreground, background, bold, faint, italic, code == 4, reversed);
      case 7, 27 ->
          new TerminalStyle(foreground, background, bold, faint, italic, underlined, code == 7);
      case 30, 31, 32, 33, 34, 35, 36, 37 -> foreground(NAMED.get(code - 30));
      case 90, 91, 92, 93, 94, 95, 96, 97 -> foreground(NAMED.get(code - 90 + 8));
      case 39 -> foreground(null);
      case 40, 41, 42, 43, 44, 45, 46, 47 -> background(NAMED.get(code - 40));
      case 100, 101, 102, 103, 104, 105, 106, 107 -> background(NAMED.get(code - 100 + 8));
      case 49 -> background(null);
      default -> this;
    };
  }

  String shownForeground() {
    String own = foreground == null ? DEFAULT_FOREGROUND : foreground;
    return reversed ? (background == null ? DEFAULT_BACKGROUND : background) : own;
  }

  @Nullable String shownBackground() {
    return reversed ? (foreground == null ? DEFAULT_FOREGROUND : foreground) : background;
  }

  /** SVG attributes beside the colours, each with a space before it. */
  String attributes() {
    return (bold ? " font-weight=\"bold\"" : "")
        + (faint ? " opacity=\"0.65\"" : "")
        + (italic ? " font-style=\"italic\"" : "")
        + (underlined ? " text-decoration=\"underline\"" : "");
  }

  private TerminalStyle weight(boolean strong, boolean weak) {
    return new TerminalStyle(foreground, background, strong, weak, italic, underlined, reversed);
  }

  private TerminalStyle foreground(@Nullable String colour) {
    return new TerminalStyle(colour, background, bold, faint, italic, underlined, reversed);
  }

  private TerminalStyle background(@Nullable String colour) {
    return new TerminalStyle(foreground, colour, bold, faint, italic, underlined, reversed);
  }

  private static int mode(List<Integer> codes, int at) {
    return at + 1 < codes.size() ? codes.get(at + 1) : 0;
  }

  /** The colour of {@code 38;5;n} or {@code 38;2;r;g;b}; null when parameters are missing. */
  private static @Nullable String extended(List<Integer> codes, int at) {
    if (mode(codes, at) == 2 && at + 4 < codes.size()) {
      return colour(codes.get(at + 2), codes.get(at + 3), codes.get(at + 4));
    }
    if (mode(codes, at) != 5 || at + 2 >= codes.size()) {
      return null;
    }
    int number = Math.clamp(codes.get(at + 2), 0, 255);
    if (number < 16) {
      return NAMED.get(number);
    }
    if (number >= 232) {
      int grey = 8 + 10 * (number - 232);
      return colour(grey, grey, grey);
    }
    int cube = number - 16;
    return colour(level(cube / 36), level(cube / 6 % 6), level(cube % 6));
  }

  private static int level(int step) {
    return step == 0 ? 0 : 55 + 40 * step;
  }

  private static String colour(int red, int green, int blue) {
    return String.format(
        "#%02x%02x%02x",
        Math.clamp(red, 0, 255), Math.clamp(green, 0, 255), Math.clamp(blue, 0, 255));
  }
}
