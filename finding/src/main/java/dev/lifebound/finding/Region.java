package dev.lifebound.finding;

/**
 * A range of text. Lines and columns count from 1; the end column is exclusive.
 *
 * @param startLine first line
 * @param startColumn first column
 * @param endLine last line, at least {@code startLine}
 * @param endColumn column after the last character, on {@code endLine}
 */
public record Region(int startLine, int startColumn, int endLine, int endColumn) {
  public Region {
    if (startLine < 1
        || startColumn < 1
        || endLine < startLine
        || (endLine == startLine && endColumn < startColumn)
        || endColumn < 1) {
      throw new IllegalArgumentException(
          "a region must start at 1 or later and not end before it starts: startLine="
              + startLine
              + ", startColumn="
              + startColumn
              + ", endLine="
              + endLine
              + ", endColumn="
              + endColumn);
    }
  }
}
