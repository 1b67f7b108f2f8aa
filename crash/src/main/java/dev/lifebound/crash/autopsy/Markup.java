package dev.lifebound.crash.autopsy;

import java.util.Locale;

/** Pieces of HTML and SVG; whatever comes from outside goes through {@link #text}. */
final class Markup {
  private Markup() {}

  /** Text that means nothing to a browser. */
  static String text(String raw) {
    StringBuilder safe = new StringBuilder();
    Words.visible(raw)
        .chars()
        .forEach(c -> {
          switch (c) {
            case '&' -> safe.append("&amp;");
            case '<' -> safe.append("&lt;");
            case '>' -> safe.append("&gt;");
            case '"' -> safe.append("&quot;");
            case '\'' -> safe.append("&#39;");
            default -> safe.append((char) c);
          }
        });
    return safe.toString();
  }

  static String rectangle(
      String style, double x, double y, double width, double height, String title) {
    return String.format(
        Locale.ROOT,
        "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\"><title>%s</title></rect>\n",
        style,
        x,
        y,
        Math.max(width, 1),
        height,
        text(title));
  }

  static String line(String style, double x1, double y1, double x2, double y2) {
    return String.format(
        Locale.ROOT,
        "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
        style,
        x1,
        y1,
        x2,
        y2);
  }

  static String circle(String style, double x, double y, double radius) {
    return String.format(
        Locale.ROOT,
        "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>\n",
        style,
        x,
        y,
        radius);
  }

  /**
   * @param anchor {@code start}, {@code middle} or {@code end}
   */
  static String label(String style, double x, double y, String anchor, String words) {
    return String.format(
        Locale.ROOT,
        "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
        style,
        x,
        y,
        anchor,
        text(words));
  }

  /** A picture that says in words what it shows. */
  static String picture(String id, int width, int height, String title, String shown, String body) {
    return String.format(
        Locale.ROOT,
        "<svg role=\"img\" aria-labelledby=\"%s-t %s-d\" viewBox=\"0 0 %d %d\""
            + " xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"%s-t\">%s</title>\n<desc"
            + " id=\"%s-d\">%s</desc>\n%s</svg>\n",
        id,
        id,
        width,
        height,
        id,
        text(title),
        id,
        text(shown),
        body);
  }
}
