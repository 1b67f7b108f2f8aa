package dev.lifebound.analysis.lifetime;

/**
 * A range of a {@link SourceFile}'s text, in UTF-16 code units.
 *
 * @param start the first, from 0
 * @param end after the last, at least {@code start}
 */
public record Span(int start, int end) {
  public Span {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException(
          "a span must not end before it starts: start=" + start + ", end=" + end);
    }
  }
}
