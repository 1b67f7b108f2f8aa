package dev.lifebound.finding;

import dev.lifebound.finding.TextLines.Style;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The format for people; see {@link ReportWriter#text}. */
final class TextReportWriter implements ReportWriter {
  static final int MIN_WIDTH = 40;

  private static final int INDENT = 2;
  private static final int STEP_INDENT = 7;

  private final int width;
  private final boolean colours;

  TextReportWriter(int width, boolean colours) {
    this.width = Math.max(MIN_WIDTH, width);
    this.colours = colours;
  }

  @Override
  public void write(Report report, OutputStream out) throws IOException {
    TextLines lines = new TextLines(out, width, colours);
    for (Finding finding : report.findings()) {
      finding(lines, finding);
      lines.blank();
    }
    for (Notice notice : report.notices()) {
      notice(lines, notice);
    }
    if (!report.notices().isEmpty()) {
      lines.blank();
    }
    summary(lines, report);
    lines.flush();
  }

  private static void finding(TextLines lines, Finding finding) throws IOException {
    String head = finding.colour().text() + " " + finding.rule() + "  ";
    lines.wrapped(
        Style.of(finding.colour()), head, INDENT, Style.STRONG, place(finding.location()));
    lines.wrapped(Style.PLAIN, "  ", INDENT, Style.PLAIN, finding.message());
    int number = 1;
    for (Step step : finding.path()) {
      step(lines, number++, step);
    }
    lines.wrapped(Style.FAINT, "  why: ", STEP_INDENT, Style.PLAIN, finding.colourReason());
    lines.wrapped(Style.FAINT, "  fix: ", STEP_INDENT, Style.PLAIN, finding.remedy());
  }

  private static void step(TextLines lines, int number, Step step) throws IOException {
    String head = String.format(Locale.ROOT, "  %3d. %-6s ", number, step.role());
    lines.wrapped(
        Style.STRONG,
        head,
        STEP_INDENT,
        Style.PLAIN,
        step.location().text() + ": " + step.message());
    String snippet = step.location().snippet();
    if (snippet != null) {
      lines.cut("       | ", Style.FAINT, snippet);
    }
  }

  private static void notice(TextLines lines, Notice notice) throws IOException {
    Location location = notice.location();
    String place = location == null ? "" : location.text() + ": ";
    lines.wrapped(
        Style.FAINT,
        "notice ",
        INDENT,
        Style.PLAIN,
        place + notice.message() + " [" + notice.code() + "]");
  }

  private static void summary(TextLines lines, Report report) throws IOException {
    List<String> colours = new ArrayList<>();
    for (Colour colour : Colour.values()) {
      colours.add(report.count(colour) + " " + colour.text());
    }
    StringBuilder text = new StringBuilder(String.join(", ", colours));
    report
        .counts()
        .forEach((noun, count) -> text.append("; ").append(noun).append(": ").append(count));
    if (!report.notices().isEmpty()) {
      text.append("; notices: ").append(report.notices().size());
    }
    Style style =
        report.findings().isEmpty() ? Style.GREEN : Style.of(report.findings().getFirst().colour());
    lines.wrapped(style, "findings: ", INDENT, Style.STRONG, text.toString());
  }

  private static String place(Location location) {
    String function = location.function();
    return function == null ? location.text() : location.text() + " in " + function;
  }
}
