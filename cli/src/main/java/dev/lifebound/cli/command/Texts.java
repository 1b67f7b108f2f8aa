package dev.lifebound.cli.command;

/** Text on its way to standard error. */
final class Texts {
  private Texts() {}

  /** The text on one line; a control character of a file name or argument becomes {@code ?}. */
  static String visible(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> shown.appendCodePoint(c == '\n' ? ' ' : Character.isISOControl(c) ? '?' : c));
    return shown.toString();
  }
}
