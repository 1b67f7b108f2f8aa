package dev.lifebound.crash.lab;

import java.util.ArrayList;
import java.util.List;

/** Breaks text into lines that fit. */
final class Wrap {
  private Wrap() {}

  /**
   * The text in lines of at most {@code width} characters, broken at spaces where that leaves no
   * line almost empty. Line breaks and indents of the text stay; other control characters become
   * {@code ?}, since the text may come from a dying process.
   */
  static List<String> lines(String text, int width) {
    List<String> lines = new ArrayList<>();
    for (String paragraph : (Iterable<String>) text.lines()::iterator) {
      String rest = paragraph.replaceAll("\\p{Cntrl}", "?").stripTrailing();
      String words = rest.stripLeading();
      String indent = " ".repeat(Math.min(rest.length() - words.length(), width / 2));
      int room = width - indent.length();
      while (words.length() > room) {
        int space = words.lastIndexOf(' ', room);
        int end = space > room / 3 ? space : room;
        lines.add(indent + words.substring(0, end).stripTrailing());
        words = words.substring(end).stripLeading();
      }
      if (!words.isEmpty()) {
        lines.add(indent + words);
      }
    }
    return lines;
  }
}
