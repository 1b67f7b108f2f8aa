package dev.lifebound.cli.command;

import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerHeader;
import dev.lifebound.memory.ledger.LedgerNotice;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A ledger for people: the process, then one line for each event with its stack below; on a
 * terminal wrapped at its width, with the day on a line of its own and incidents in red.
 */
final class LedgerText {
  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("yyyy-MM-dd", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** Below the name of the event. */
  private static final String INDENT = " ".repeat(18);

  private static final String RED = "\u001b[31m";
  private static final String PLAIN = "\u001b[0m";

  private final OutputStream out;
  private final boolean onTerminal;
  private final boolean colours;
  private final int width;
  private final StringBuilder text = new StringBuilder();
  private String lastDay = "";

  LedgerText(Terminal terminal) {
    this(terminal, terminal.out());
  }

  LedgerText(Terminal terminal, OutputStream out) {
    this.out = out;
    this.colours = terminal.colours();
    this.width = terminal.width();
    // What is piped stays one line for each event, for grep and its like.
    this.onTerminal = colours || width != Terminal.DEFAULT_WIDTH;
  }

  void write(Path file, LedgerFile ledger, List<LedgerEvent> events) throws IOException {
    LedgerHeader header = ledger.header();
    line("ledger   " + file + ", version " + header.version());
    line("process  " + header.pid() + ", " + header.jvm());
    line("written  " + moment(header.opened()) + " to " + state(ledger) + " (UTC)");
    line(
        "events   "
            + events.size()
            + " of "
            + ledger.events().size()
            + "; a time with ~ is that of the last tick, "
            + header.tickNanos() / 1_000
            + " us apart");
    for (LedgerNotice notice : ledger.notices()) {
      line("notice   " + notice.message() + " [" + notice.code() + "]");
    }
    if (!events.isEmpty()) {
      line("");
    }
    more(events);
  }

  /** Events without what goes before them. */
  void more(List<LedgerEvent> events) throws IOException {
    for (LedgerEvent event : events) {
      event(event);
    }
    out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    text.setLength(0);
  }

  /** How a ledger ended that was followed. */
  void end(LedgerFile ledger) throws IOException {
    line(
        ledger.header().closed() == null
            ? "the process has ended without closing the ledger"
            : "the program has closed the ledger");
    more(List.of());
  }

  private static String state(LedgerFile ledger) {
    Instant closed = ledger.header().closed();
    if (closed != null) {
      return moment(closed) + ", closed by the program";
    }
    return ledger.isLive() ? "now, the process is running" : "the end of the process";
  }

  private static String moment(Instant time) {
    return MOMENT.format(time);
  }

  private void event(LedgerEvent event) {
    String day = "";
    if (onTerminal) {
      day = DAY.format(event.time());
      if (!day.equals(lastDay)) {
        line(day);
        lastDay = day;
      }
    }
    String time = (onTerminal ? TIME : MOMENT).format(event.time());
    List<String> parts = new ArrayList<>();
    parts.add(
        time
            + (event.exact() ? "  " : "~ ")
            + String.format(Locale.ROOT, "%-16s", event.typeText())
            + what(event));
    if (event.size() != 0) {
      parts.add(", " + event.size() + " bytes");
    }
    if (event.fault() != null) {
      parts.add(", " + event.fault());
      parts.add(outcome(event));
    }
    if (event.name() != null) {
      parts.add(", " + event.name());
    }
    if (event.key() != null) {
      parts.add(" key " + event.key());
    }
    if (event.pc() != 0) {
      parts.add(", pc " + hex(event.pc()));
    }
    parts.add("  [" + thread(event) + "]");
    parts(parts, event.type().isIncident());
    for (String frame : event.stack()) {
      line((frame.contains(": ") ? "    " : "    at ") + frame);
    }
  }

  private static String what(LedgerEvent event) {
    StringBuilder text = new StringBuilder();
    if (event.block() != 0) {
      text.append(event.guardBlock() ? " guard block " : " block ");
      text.append(LedgerFilter.blockText(event));
    }
    if (event.blocks() > 1) {
      text.append(" and others, ").append(event.blocks()).append(" blocks");
    }
    if (event.address() != 0) {
      text.append(" at ").append(hex(event.address()));
    }
    return text.toString();
  }

  private static String outcome(LedgerEvent event) {
    String fault = String.valueOf(event.fault());
    if (event.delivered()) {
      return ", thrown";
    }
    // A free that is refused, and what is found afterwards, has no instruction that went on.
    return fault.contains("free of") || fault.contains("second") || fault.startsWith("write")
        ? ""
        : ", continued";
  }

  private static String thread(LedgerEvent event) {
    return (event.nativeThread() ? "native thread " : "thread ")
        + (event.threadName() == null ? "" : event.threadName() + " ")
        + "#"
        + event.thread();
  }

  private static String hex(long number) {
    return "0x" + Long.toHexString(number);
  }

  /** One line, or on a narrow terminal as many as it takes. */
  private void parts(List<String> parts, boolean incident) {
    StringBuilder line = new StringBuilder();
    for (String part : parts) {
      String visible = Texts.visible(part);
      if (onTerminal && !line.isEmpty() && line.length() + visible.length() > width) {
        put(line.toString(), incident);
        line.setLength(0);
        line.append(INDENT).append(visible.replaceFirst("^[, ]+", ""));
      } else {
        line.append(visible);
      }
    }
    put(line.toString(), incident);
  }

  private void put(String line, boolean incident) {
    text.append(incident && colours ? RED + line + PLAIN : line).append('\n');
  }

  private void line(String line) {
    text.append(Texts.visible(line)).append('\n');
  }
}
