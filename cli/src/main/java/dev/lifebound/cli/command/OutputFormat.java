package dev.lifebound.cli.command;

import dev.lifebound.finding.ReportWriter;
import java.util.Locale;

/** The formats of a report. */
enum OutputFormat {
  TEXT,
  JSON,
  SARIF;

  ReportWriter writer(int width, boolean colours) {
    return switch (this) {
      case TEXT -> ReportWriter.text(width, colours);
      case JSON -> ReportWriter.json();
      case SARIF -> ReportWriter.sarif();
    };
  }

  /** The name as written on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
