package dev.lifebound.crash.lab;

import java.util.ArrayList;
import java.util.List;

/** Breaks text into lines that fit. */
final class Wrap {
  private Wrap() {}

  /**
   * A page in Markdown for a terminal: as it is where it fits, else with its paragraphs and items
   * set anew; lines of examples and tables are broken.
   */
  static String page(String markdown, int width) {
    if (markdown.lines().allMatch(line -> line.length() <= width)) {
      return markdown;
    }
    StringBuilder page = new StringBuilder();
    StringBuilder paragraph = new StringBuilder();
    boolean example = false;
    for (String line : (Iterable<String>) markdown.lines()::iterator) {
      boolean fence = line.startsWith("```");
      boolean goesOn =
          !example && !fence && !line.isBlank() && !line.matches("\\s*([-*#|]|\\d+\\.).*");
      if (goesOn && !paragraph.isEmpty()) {
        paragraph.append(' ').append(line.strip());
        continue;
      }
      flush(paragraph, width, page);
      example ^= fence;
      if (line.isBlank()) {
        page.append('\n');
      } else if (example || fence || line.startsWith("#") || line.startsWith("|")) {
        lines(line, width).forEach(part -> page.append(part).append('\n'));
      } else {
        paragraph.append(line);
      }
    }
    flush(paragraph, width, page);
    return page.toString();
  }

  private static void flush(StringBuilder paragraph, int width, StringBuilder page) {
    String text = paragraph.toString();
    paragraph.setLength(0);
    String item = text.startsWith("- ") ? "- " : "";
    String lead = item;
    for (String line : lines(text.substring(item.length()), width - item.length())) {
      page.append(lead).append(line).append('\n');
      lead = " ".repeat(item.length());
    }
  }

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
