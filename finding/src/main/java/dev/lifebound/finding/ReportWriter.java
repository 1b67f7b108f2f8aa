package dev.lifebound.finding;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes a report in one format, as UTF-8.
 *
 * <p>A writer has no state and may be shared by threads. The same report gives the same bytes: no
 * format carries a time, a machine or a process.
 */
public interface ReportWriter {
  /**
   * Writes the whole report and flushes, but does not close {@code out}.
   *
   * @throws IOException when {@code out} does; what was written until then is incomplete
   */
  void write(Report report, OutputStream out) throws IOException;

  /**
   * For people: each finding with its path as numbered steps, then the notices, then one summary
   * line. Control characters of the analysed sources never reach the terminal.
   *
   * @param width columns to wrap at; less than {@link TextReportWriter#MIN_WIDTH} counts as that
   * @param colours whether to use ANSI colours
   */
  static ReportWriter text(int width, boolean colours) {
    return new TextReportWriter(width, colours);
  }

  /** The JSON format of {@code docs/formats/findings.md}. */
  static ReportWriter json() {
    return new JsonReportWriter();
  }

  /** SARIF 2.1.0 in the profile of {@code docs/formats/sarif.md}; loses nothing. */
  static ReportWriter sarif() {
    return new SarifReportWriter();
  }
}
