package dev.lifebound.crash.autopsy;

import dev.lifebound.finding.Notice;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** An autopsy as one page that needs no network: style and pictures are in it, scripts are not. */
final class AutopsyHtml implements AutopsyWriter {
  private static final int MOST_FRAMES = 24;

  /** A browser shows that many at once, and nobody reads more. */
  private static final int MOST_EVENTS = 1000;

  @Override
  public void write(Autopsy autopsy, OutputStream out) throws IOException {
    out.write(page(autopsy).getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static String style() throws IOException {
    try (InputStream in = AutopsyHtml.class.getResourceAsStream("autopsy.css")) {
      if (in == null) {
        throw new IOException("the style of the page must be in the jar: name=autopsy.css");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String page(Autopsy autopsy) throws IOException {
    StringBuilder html = new StringBuilder();
    FailureKind kind = autopsy.verdict().kind();
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta http-equiv=\"Content-Security-Policy\"")
        .append(" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        .append(Markup.text(kind.text() + ": " + autopsy.verdict().headline()))
        .append("</title>\n<style>\n")
        .append(style())
        .append("</style>\n</head>\n<body>\n<main>\n");
    html.append("<p class=\"kind ")
        .append(kind.isExplained() ? kind == FailureKind.NOT_OURS ? "calm" : "bad" : "open")
        .append("\">")
        .append(Markup.text(kind.text()))
        .append("</p>\n<h1>")
        .append(Markup.text(autopsy.verdict().headline()))
        .append("</h1>\n");
    list(html, autopsy.verdict().reasons());
    block(html, autopsy);
    holders(html, autopsy);
    crash(html, autopsy);
    advice(html, autopsy);
    notices(html, autopsy);
    html.append("</main>\n</body>\n</html>\n");
    return html.toString();
  }

  private static void heading(StringBuilder html, String words) {
    html.append("<h2>").append(words).append("</h2>\n");
  }

  private static void list(StringBuilder html, List<String> lines) {
    html.append("<ul>\n");
    lines.forEach(line -> html.append("<li>").append(Markup.text(line)).append("</li>\n"));
    html.append("</ul>\n");
  }

  private static void row(StringBuilder html, String label, String value) {
    html.append("<dt>")
        .append(label)
        .append("</dt><dd>")
        .append(Markup.text(value))
        .append("</dd>\n");
  }

  private static void block(StringBuilder html, Autopsy autopsy) {
    BlockLife block = autopsy.block();
    Long address = autopsy.address();
    if (block != null) {
      heading(html, "The block");
      html.append("<dl>\n");
      row(html, "block", block.name() + (block.tag() == null ? "" : " (" + block.tag() + ")"));
      if (block.size() != 0) {
        row(html, "memory", Words.bytes(block.size()) + " at " + Words.hex(block.address()));
      }
      Long offset = autopsy.offset();
      if (offset != null && address != null) {
        row(html, "touched", AutopsyText.offset(block, offset) + ", " + Words.hex(address));
      }
      for (BlockLife earlier : autopsy.earlier()) {
        row(html, "before it", earlier.name() + " had the address");
      }
      LedgerEvent freed = block.freed();
      if (freed != null) {
        row(html, "freed", Words.when(autopsy, freed.time()) + Words.lived(block));
      }
      html.append("</dl>\n<figure>\n")
          .append(TimelineSvg.draw(autopsy, block))
          .append("</figure>\n");
      events(html, block);
    }
    if (address != null && (block != null || !autopsy.neighbours().isEmpty())) {
      heading(html, "The memory around the address");
      html.append("<figure>\n")
          .append(PageSvg.draw(autopsy, address))
          .append(
              "<figcaption>Each row holds blocks; those with a dashed edge are dead. The strip below is"
                  + " what the process had mapped; an empty one was not.</figcaption>\n</figure>\n");
    }
  }

  private static void events(StringBuilder html, BlockLife block) {
    List<LedgerEvent> told =
        block.events().stream().filter(event -> Words.isTold(event.type())).toList();
    html.append("<table>\n<caption>Events of the block</caption>\n<tr><th scope=\"col\">when</th>")
        .append("<th scope=\"col\">what</th><th scope=\"col\">who and where</th></tr>\n");
    for (LedgerEvent event : told.subList(Math.max(0, told.size() - MOST_EVENTS), told.size())) {
      html.append("<tr><td>")
          .append(Markup.text(Words.since(told.getFirst(), event)))
          .append("</td><td>")
          .append(Markup.text(Words.deed(event)))
          .append("</td><td>")
          .append(Markup.text(Words.thread(event)));
      event
          .stack()
          .forEach(frame -> html.append("<br><code>").append(Markup.text(frame)).append("</code>"));
      html.append("</td></tr>\n");
    }
    html.append("</table>\n");
    if (told.size() > MOST_EVENTS) {
      html.append("<p>")
          .append(Words.count(told.size() - (long) MOST_EVENTS))
          .append(" earlier events are left out; lifebound ledger has them.</p>\n");
    }
  }

  private static void holders(StringBuilder html, Autopsy autopsy) {
    if (autopsy.block() == null && autopsy.holders().isEmpty()) {
      return;
    }
    heading(html, "Who holds it");
    if (autopsy.holders().isEmpty()) {
      html.append("<p>No map that the ledger knows.</p>\n");
      return;
    }
    html.append("<ul>\n");
    for (Holder holder : autopsy.holders()) {
      html.append("<li><strong>")
          .append(Markup.text(holder.text()))
          .append("</strong>")
          .append(Markup.text(Words.held(autopsy, holder).substring(holder.text().length())));
      if (!holder.chain().isEmpty()) {
        html.append("<br><code>")
            .append(Markup.text(String.join(" < ", holder.chain().reversed())))
            .append("</code>");
      }
      html.append("</li>\n");
    }
    html.append("</ul>\n");
  }

  private static void crash(StringBuilder html, Autopsy autopsy) {
    HsErr log = autopsy.hsErr();
    if (log == null && !(autopsy.log() instanceof AbortMessage)) {
      return;
    }
    heading(html, "The crash");
    if (log == null) {
      if (autopsy.log() instanceof AbortMessage message) {
        html.append("<p>").append(Markup.text(message.text())).append("</p>\n");
      }
      return;
    }
    html.append("<dl>\n");
    row(html, "error", Words.signal(log));
    if (log.thread().name() != null) {
      row(html, "thread", log.thread().name());
    }
    if (log.process().jvm() != null) {
      row(html, "JVM", log.process().jvm());
    }
    html.append("</dl>\n<pre>");
    Words.frames(log, MOST_FRAMES).forEach(frame -> html.append(Markup.text(frame)).append('\n'));
    html.append("</pre>\n");
  }

  private static void advice(StringBuilder html, Autopsy autopsy) {
    heading(html, "What to change");
    list(html, autopsy.advice());
    if (!autopsy.rules().isEmpty()) {
      // No links: the page is passed on alone, and where the sources are is not known from it.
      html.append("<p>More, in the sources of Lifebound: ")
          .append(
              autopsy.rules().stream()
                  .map(rule -> "<code>" + Words.page(rule) + "</code>")
                  .collect(Collectors.joining(", ")))
          .append("</p>\n");
    }
  }

  private static void notices(StringBuilder html, Autopsy autopsy) {
    if (!autopsy.notices().isEmpty()) {
      heading(html, "Notices");
      html.append("<ul>\n");
      for (Notice notice : autopsy.notices()) {
        html.append("<li>")
            .append(Markup.text(notice.message()))
            .append(" [")
            .append(notice.code())
            .append("]</li>\n");
      }
      html.append("</ul>\n");
    }
  }
}
