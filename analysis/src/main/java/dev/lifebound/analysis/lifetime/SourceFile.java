package dev.lifebound.analysis.lifetime;

import dev.lifebound.finding.Location;
import dev.lifebound.finding.Region;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One text file and the way from offsets to lines. Lines end with {@code \n}. */
public final class SourceFile {
  private final String path;
  private final String text;
  private final int[] lineStarts;

  /**
   * @param path as findings show it: relative to the analysed root, separated by {@code /}
   * @param text the whole text
   */
  public SourceFile(String path, String text) {
    this.path = path;
    this.text = text;
    this.lineStarts = lineStarts(text);
  }

  public String path() {
    return path;
  }

  public String text() {
    return text;
  }

  /** The number of the line that holds an offset, from 1. */
  public int line(int offset) {
    int found = Arrays.binarySearch(lineStarts, offset);
    return found >= 0 ? found + 1 : -found - 1;
  }

  /** How many lines there are; a text without a line end has one. */
  public int lines() {
    return lineStarts.length;
  }

  /** A line's text without its line end and without indentation; lines count from 1. */
  public String lineText(int line) {
    int start = lineStarts[line - 1];
    int end = line < lineStarts.length ? lineStarts[line] - 1 : text.length();
    return text.substring(start, end).strip();
  }

  /** A span as a location; the snippet is the line on which it starts. */
  public Location location(Span span, @Nullable String function) {
    int startLine = line(span.start());
    int endLine = line(span.end());
    Region region =
        new Region(
            startLine,
            span.start() - lineStarts[startLine - 1] + 1,
            endLine,
            span.end() - lineStarts[endLine - 1] + 1);
    String snippet = lineText(startLine);
    return new Location(path, region, function, snippet.isEmpty() ? null : snippet);
  }

  private static int[] lineStarts(String text) {
    int count = 1;
    for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
      count++;
    }
    int[] starts = new int[count];
    int line = 1;
    for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
      starts[line++] = i + 1;
    }
    return starts;
  }
}
