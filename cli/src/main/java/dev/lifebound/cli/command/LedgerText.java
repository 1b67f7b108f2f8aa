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
import java.util.List;
import java.util.Locale;

/** A ledger for people: the process, then one line for each event with its stack below. */
final class LedgerText {
  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final OutputStream out;
  private final StringBuilder text = new StringBuilder();

  LedgerText(OutputStream out) {
    this.out = out;
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
    StringBuilder line = new StringBuilder();
    line.append(moment(event.time())).append(event.exact() ? "  " : "~ ");
    line.append(String.format(Locale.ROOT, "%-14s", event.typeText()));
    if (event.block() != 0) {
      line.append(event.guardBlock() ? " guard block " : " block ");
      line.append(hex(event.block()));
    }
    if (event.blocks() != 0) {
      line.append(" and others, ").append(event.blocks()).append(" blocks");
    }
    if (event.address() != 0) {
      line.append(" at ").append(hex(event.address()));
    }
    if (event.size() != 0) {
      line.append(", ").append(event.size()).append(" bytes");
    }
    if (event.fault() != null) {
      line.append(", ").append(event.fault());
      line.append(event.delivered() ? ", thrown" : ", continued");
    }
    if (event.name() != null) {
      line.append(", ").append(event.name());
    }
    if (event.key() != null) {
      line.append(" key ").append(event.key());
    }
    if (event.pc() != 0) {
      line.append(", pc ").append(hex(event.pc()));
    }
    line.append(event.nativeThread() ? "  [native thread " : "  [thread ");
    if (event.threadName() != null) {
      line.append(event.threadName()).append(' ');
    }
    line.append('#').append(event.thread()).append(']');
    line(line.toString());
    for (String frame : event.stack()) {
      line("    at " + frame);
    }
  }

  private static String hex(long number) {
    return "0x" + Long.toHexString(number);
  }

  private void line(String line) {
    text.append(Texts.visible(line)).append('\n');
  }
}
