package dev.lifebound.cli.command;

import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerHeader;
import dev.lifebound.memory.ledger.LedgerNotice;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** A ledger as JSON; the schema is in docs/formats/ledger.md. */
final class LedgerJson {
  private static final JsonMapper LINES =
      JsonMapper.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();
  private static final JsonMapper INDENTED =
      LINES.rebuild().enable(SerializationFeature.INDENT_OUTPUT).build();

  private LedgerJson() {}

  /** One object, indented, and a line break. */
  static void write(Path file, LedgerFile ledger, List<LedgerEvent> events, OutputStream out)
      throws IOException {
    Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    try (JsonGenerator json = INDENTED.createGenerator(writer)) {
      json.writeStartObject();
      header(json, file, ledger);
      json.writeArrayPropertyStart("notices");
      for (LedgerNotice notice : ledger.notices()) {
        json.writeStartObject();
        json.writeStringProperty("code", notice.code());
        json.writeStringProperty("message", notice.message());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayPropertyStart("events");
      for (LedgerEvent event : events) {
        event(json, event);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (JacksonIOException e) {
      throw e.getCause();
    }
    writer.write('\n');
    writer.flush();
  }

  /** One object and a line break for each event. */
  static void writeLines(List<LedgerEvent> events, OutputStream out) throws IOException {
    Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    for (LedgerEvent event : events) {
      try (JsonGenerator json = LINES.createGenerator(writer)) {
        event(json, event);
      } catch (JacksonIOException e) {
        throw e.getCause();
      }
      writer.write('\n');
    }
    writer.flush();
  }

  private static void header(JsonGenerator json, Path file, LedgerFile ledger) {
    LedgerHeader header = ledger.header();
    json.writeStringProperty("format", "lifebound-ledger/1");
    json.writeStringProperty("file", file.toString());
    json.writeStringProperty(
        "state", header.closed() != null ? "closed" : ledger.isLive() ? "running" : "ended");
    json.writeStringProperty("version", header.version());
    json.writeStringProperty(
        "byte_order", header.byteOrder() == ByteOrder.LITTLE_ENDIAN ? "little" : "big");
    json.writeNumberProperty("pid", header.pid());
    json.writeStringProperty("jvm", header.jvm());
    text(json, "jvm_started", time(header.jvmStarted()));
    text(json, "opened", time(header.opened()));
    text(json, "closed", time(header.closed()));
    json.writeNumberProperty("tick_ns", header.tickNanos());
    json.writeNumberProperty("stack_one_in", header.stackOneIn());
    json.writeNumberProperty("dropped", header.droppedEvents());
    json.writeNumberProperty("damaged", ledger.damaged());
    json.writeNumberProperty("missing", ledger.missing());
    json.writeNumberProperty("unfinished", ledger.unfinished());
  }

  private static void event(JsonGenerator json, LedgerEvent event) {
    json.writeStartObject();
    json.writeStringProperty("time", event.time().toString());
    json.writeBooleanProperty("exact", event.exact());
    json.writeStringProperty("event", event.typeText());
    json.writeNumberProperty("thread", event.thread());
    text(json, "thread_name", event.threadName());
    json.writeBooleanProperty("native", event.nativeThread());
    text(json, "block", hex(event.block()));
    String block = LedgerFilter.blockText(event);
    text(json, "block_text", block.isEmpty() ? null : block);
    json.writeBooleanProperty("guard_block", event.guardBlock());
    text(json, "address", hex(event.address()));
    text(json, "pc", hex(event.pc()));
    number(json, "size", event.size());
    number(json, "blocks", event.blocks());
    text(json, "name", event.name());
    text(json, "key", event.key());
    text(json, "fault", event.fault());
    if (event.fault() != null) {
      json.writeBooleanProperty("delivered", event.delivered());
    } else {
      json.writeNullProperty("delivered");
    }
    json.writeArrayPropertyStart("stack");
    event.stack().forEach(json::writeString);
    json.writeEndArray();
    json.writeNumberProperty("stripe", event.stripe());
    json.writeNumberProperty("sequence", event.sequence());
    json.writeEndObject();
  }

  private static @Nullable String time(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }

  private static @Nullable String hex(long number) {
    return number == 0 ? null : "0x" + Long.toHexString(number);
  }

  private static void text(JsonGenerator json, String name, @Nullable String value) {
    if (value == null) {
      json.writeNullProperty(name);
    } else {
      json.writeStringProperty(name, value);
    }
  }

  private static void number(JsonGenerator json, String name, long value) {
    if (value == 0) {
      json.writeNullProperty(name);
    } else {
      json.writeNumberProperty(name, value);
    }
  }
}
