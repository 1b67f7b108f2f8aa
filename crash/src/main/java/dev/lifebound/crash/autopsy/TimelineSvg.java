package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A block's life from left to right: a bar while it lived, another one from its free to the crash.
 * The events stand at equal distances, since their times differ by powers of ten; each tells its
 * own.
 */
final class TimelineSvg {
  private static final int WIDTH = 960;
  private static final int MARGIN = 90;
  private static final int BAR_Y = 120;
  private static final int BAR_HEIGHT = 22;
  private static final int LINE = 16;
  private static final int HEIGHT = 262;
  private static final int MOST_EVENTS = 7;
  private static final int MOST_LETTERS = 24;

  private TimelineSvg() {}

  private record Stop(@Nullable LedgerEvent event, List<String> lines) {}

  /** The picture, or nothing when the ledger tells of no event. */
  static String draw(Autopsy autopsy, BlockLife block) {
    List<Stop> stops = stops(autopsy, block);
    if (stops.size() < 2) {
      return "";
    }
    StringBuilder body = new StringBuilder();
    double step = (WIDTH - 2.0 * MARGIN) / (stops.size() - 1);
    double freed = WIDTH - MARGIN;
    double born = MARGIN;
    for (int i = 0; i < stops.size(); i++) {
      LedgerEvent event = stops.get(i).event;
      if (event != null && BlockLife.isFree(event.type())) {
        freed = Math.min(freed, MARGIN + i * step);
      }
      if (event != null && BlockLife.isAllocation(event.type())) {
        born = Math.max(born, MARGIN + i * step);
      }
    }
    double end = WIDTH - MARGIN;
    body.append(
        Markup.rectangle("live", born, BAR_Y, Math.max(0, freed - born), BAR_HEIGHT, "alive"));
    if (freed < end) {
      body.append(Markup.rectangle("dead", freed, BAR_Y, end - freed, BAR_HEIGHT, "dead"));
    }
    for (int i = 0; i < stops.size(); i++) {
      stop(body, stops.get(i), MARGIN + i * step, i % 2 == 0, i == stops.size() - 1);
    }
    return Markup.picture(
        "life",
        WIDTH,
        HEIGHT,
        "The life of " + block.name(),
        "From left to right: "
            + String.join("; ", stops.stream().map(stop -> String.join(", ", stop.lines)).toList()),
        body.toString());
  }

  private static void stop(StringBuilder body, Stop stop, double x, boolean above, boolean last) {
    double middle = BAR_Y + BAR_HEIGHT / 2.0;
    double lineEnd = above ? BAR_Y - 22 : BAR_Y + BAR_HEIGHT + 22;
    body.append(Markup.line("tick", x, middle, x, lineEnd));
    body.append(Markup.circle(last ? "crash" : "dot", x, middle, last ? 9 : 5));
    List<String> lines = stop.lines;
    double y = above ? lineEnd - 6 - (lines.size() - 1) * LINE : lineEnd + LINE;
    for (int i = 0; i < lines.size(); i++) {
      body.append(
          Markup.label(
              i == 0 ? (last ? "name bad" : "name") : "small",
              x,
              y + i * LINE,
              "middle",
              cut(lines.get(i))));
    }
  }

  /** Of a place the end is told: that has the line. */
  private static String cut(String words) {
    if (words.length() <= MOST_LETTERS) {
      return words;
    }
    return words.matches(".*:\\d+")
        ? "…" + words.substring(words.length() - MOST_LETTERS + 1)
        : words.substring(0, MOST_LETTERS - 1) + "…";
  }

  private static List<Stop> stops(Autopsy autopsy, BlockLife block) {
    List<LedgerEvent> told =
        block.events().stream().filter(event -> Words.isTold(event.type())).toList();
    List<Stop> stops = new ArrayList<>();
    int skipped = Math.max(0, told.size() - MOST_EVENTS);
    for (int i = 0; i < told.size(); i++) {
      LedgerEvent event = told.get(i);
      // The first and the last ones tell the story.
      if (i >= 2 && i < 2 + skipped) {
        if (i == 2) {
          stops.add(new Stop(null, List.of("…", skipped + " more events")));
        }
        continue;
      }
      stops.add(
          new Stop(event, List.of(name(event), where(event), Words.since(told.getFirst(), event))));
    }
    HsErr log = autopsy.hsErr();
    if (log != null) {
      stops.add(
          new Stop(
              null,
              List.of(
                  "crash",
                  log.error(),
                  log.thread().name() == null ? "" : "thread " + log.thread().name())));
    }
    return stops;
  }

  private static String name(LedgerEvent event) {
    return switch (event.type()) {
      case ALLOCATE, ALLOCATE_BY_C, REPORT_ALLOCATED -> "allocated";
      case ADOPT -> "adopted";
      case FREE, REPORT_FREED -> "freed";
      case FREE_BY_C -> "freed by C";
      case BIND -> "into " + entry(event);
      case UNBIND -> "out of " + entry(event);
      case STALE_USE -> "stale use refused";
      case DOUBLE_FREE -> "second free refused";
      case LEASE_ANOMALY -> "lease misused";
      case FAULT, REPORT -> String.valueOf(event.fault());
      case LEAK, NOTE, THREAD, LEASE_REMARK, UNKNOWN -> event.typeText();
    };
  }

  private static String entry(LedgerEvent event) {
    return event.name() + (event.key() == null ? "" : "[" + event.key() + "]");
  }

  private static String where(LedgerEvent event) {
    if (event.stack().isEmpty() || event.type() == EventType.THREAD) {
      return Words.thread(event);
    }
    String frame = event.stack().getFirst();
    int open = frame.indexOf('(');
    return open < 0 ? frame : frame.substring(open + 1).replace(")", "");
  }
}
