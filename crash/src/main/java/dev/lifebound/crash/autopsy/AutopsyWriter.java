package dev.lifebound.crash.autopsy;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes an autopsy in one format, as UTF-8. A writer has no state and may be shared by threads;
 * the same autopsy gives the same bytes.
 */
public interface AutopsyWriter {
  /**
   * Writes the whole autopsy and flushes, but does not close {@code out}.
   *
   * @throws IOException when {@code out} does; what was written until then is incomplete
   */
  void write(Autopsy autopsy, OutputStream out) throws IOException;

  /**
   * For people: the verdict first, then what it rests on. No control character of the files that
   * were read reaches the terminal.
   *
   * @param width columns of the terminal, of which no line has more; less than 30 counts as that
   * @param colours whether to use ANSI colours
   */
  static AutopsyWriter text(int width, boolean colours) {
    return new AutopsyText(width, true, colours);
  }

  /**
   * As above for a file or another program: names stay whole, so that they can be searched for.
   *
   * @param width columns to wrap at between words
   */
  static AutopsyWriter plainText(int width) {
    return new AutopsyText(width, false, false);
  }

  /** The JSON format of {@code docs/formats/autopsy.md}. */
  static AutopsyWriter json() {
    return new AutopsyJson();
  }

  /** One page that needs nothing else: no script, no font, no picture from elsewhere. */
  static AutopsyWriter html() {
    return new AutopsyHtml();
  }
}
