package dev.lifebound.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * Draws what a terminal showed as an SVG picture: text with ANSI colours on standard input, the
 * picture on standard output. The pictures in the documentation are real output; to make one again:
 *
 * <pre>
 * script -qec './lifebound lab' /dev/null \
 *   | java -cp bench/target/classes dev.lifebound.bench.TerminalSvg '$ ./lifebound lab' &gt; docs/lab/lab.svg
 * </pre>
 *
 * <p>The same input gives the same picture. Each run of one style is stretched to its number of
 * cells, so that columns stay aligned in whatever monospaced font the reader has.
 */
final class TerminalSvg {
  private static final double CELL_WIDTH = 8.4;
  private static final int LINE_HEIGHT = 20;
  private static final int FONT_SIZE = 14;
  private static final int MARGIN = 18;
  private static final int BAR_HEIGHT = 38;
  private static final int LEAST_COLUMNS = 40;
  private static final String BACKGROUND = "#0d1117";
  private static final String BAR = "#21262d";
  private static final String BAR_TEXT = "#8b949e";
  private static final List<String> BUTTONS = List.of("#ff5f57", "#febc2e", "#28c840");
  private static final String FONTS =
      "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

  private TerminalSvg() {}

  public static void main(String[] arguments) throws IOException {
    String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    String title = arguments.length > 0 ? arguments[0] : "lifebound";
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    out.print(draw(title, text));
    out.flush();
  }

  /** The picture of a terminal window that shows {@code text}. */
  static String draw(String title, String text) {
    TerminalScreen screen = TerminalScreen.of(text);
    int columns = Math.max(LEAST_COLUMNS, screen.columns());
    double width = 2 * MARGIN + columns * CELL_WIDTH;
    int height = BAR_HEIGHT + screen.lines().size() * LINE_HEIGHT + MARGIN + MARGIN / 2;
    StringBuilder svg = new StringBuilder();
    line(
        svg,
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.1f\" height=\"%d\""
                + " viewBox=\"0 0 %.1f %d\" role=\"img\" aria-label=\"%s\">",
            width,
            height,
            width,
            height,
            escape(title)));
    line(
        svg,
        String.format(
            Locale.ROOT,
            "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"%s\"/>",
            BACKGROUND));
    line(
        svg,
        String.format(
            Locale.ROOT,
            "<path d=\"M0 %d V8 Q0 0 8 0 H%.1f Q%.1f 0 %.1f 8 V%d Z\" fill=\"%s\"/>",
            BAR_HEIGHT - 8,
            width - 8,
            width,
            width,
            BAR_HEIGHT - 8,
            BAR));
    for (int i = 0; i < BUTTONS.size(); i++) {
      line(
          svg,
          String.format(
              Locale.ROOT,
              "<circle cx=\"%d\" cy=\"15\" r=\"6\" fill=\"%s\"/>",
              20 + 20 * i,
              BUTTONS.get(i)));
    }
    line(
        svg,
        String.format(Locale.ROOT, "<g font-family=\"%s\" font-size=\"%d\">", FONTS, FONT_SIZE));
    line(
        svg,
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"20\" text-anchor=\"middle\" fill=\"%s\">%s</text>",
            width / 2,
            BAR_TEXT,
            escape(title)));
    for (int row = 0; row < screen.lines().size(); row++) {
      int top = BAR_HEIGHT + MARGIN / 2 + row * LINE_HEIGHT;
      for (TerminalScreen.Run run : screen.lines().get(row)) {
        run(svg, run, top);
      }
    }
    svg.append("</g>\n</svg>\n");
    return svg.toString();
  }

  private static void run(StringBuilder svg, TerminalScreen.Run run, int top) {
    double x = MARGIN + run.column() * CELL_WIDTH;
    double width = run.cells() * CELL_WIDTH;
    TerminalStyle style = run.style();
    String background = style.shownBackground();
    if (background != null) {
      line(
          svg,
          String.format(
              Locale.ROOT,
              "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
              x,
              top,
              width,
              LINE_HEIGHT,
              background));
    }
    if (!run.text().isBlank()) {
      line(
          svg,
          String.format(
              Locale.ROOT,
              "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\" lengthAdjust=\"spacingAndGlyphs\""
                  + " xml:space=\"preserve\" fill=\"%s\"%s>%s</text>",
              x,
              top + LINE_HEIGHT - 5,
              width,
              style.shownForeground(),
              style.attributes(),
              escape(run.text())));
    }
  }

  private static void line(StringBuilder svg, String element) {
    svg.append(element).append('\n');
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
