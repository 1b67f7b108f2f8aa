package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.LedgerEvent;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** An autopsy as JSON; the schema is in docs/formats/autopsy.md. */
final class AutopsyJson implements AutopsyWriter {
  static final String FORMAT = "lifebound-autopsy/1";

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  @Override
  public void write(Autopsy autopsy, OutputStream out) throws IOException {
    // Over a writer, an unpaired surrogate becomes '?' instead of an error.
    Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    try (JsonGenerator json = MAPPER.createGenerator(writer)) {
      new Body(json, autopsy).write();
    } catch (JacksonIOException e) {
      throw e.getCause();
    }
    writer.write('\n');
    writer.flush();
  }

  private record Body(JsonGenerator json, Autopsy autopsy) {
    void write() {
      json.writeStartObject();
      json.writeStringProperty("format", FORMAT);
      inputs();
      json.writeStringProperty("kind", autopsy.verdict().kind().text());
      json.writeBooleanProperty("explained", autopsy.verdict().kind().isExplained());
      json.writeStringProperty("headline", autopsy.verdict().headline());
      texts("reasons", autopsy.verdict().reasons());
      text("address", hex(autopsy.address()));
      text("time", autopsy.time() == null ? null : autopsy.time().toString());
      json.writeName("block");
      block(autopsy.block());
      number("offset", autopsy.offset());
      blocks("earlier", autopsy.earlier());
      blocks("neighbours", autopsy.neighbours());
      holders();
      crash();
      texts("advice", autopsy.advice());
      texts("rules", autopsy.rules().stream().map(Words::page).toList());
      process();
      json.writeArrayPropertyStart("notices");
      autopsy
          .notices()
          .forEach(notice ->
              object(() -> {
                json.writeStringProperty("code", notice.code());
                json.writeStringProperty("message", notice.message());
              }));
      json.writeEndArray();
      json.writeEndObject();
    }

    private void inputs() {
      json.writeObjectPropertyStart("inputs");
      file("crash_log", autopsy.request().crashLog());
      file("ledger", autopsy.request().ledger());
      file("heap", autopsy.request().heap());
      json.writeEndObject();
    }

    private void file(String name, @Nullable Path file) {
      text(name, file == null ? null : file.toString());
    }

    private void blocks(String name, List<BlockLife> lives) {
      json.writeArrayPropertyStart(name);
      lives.forEach(this::block);
      json.writeEndArray();
    }

    private void block(@Nullable BlockLife life) {
      if (life == null) {
        json.writeNull();
        return;
      }
      object(() -> {
        text("block", life.block() == 0 ? null : Words.hex(life.block()));
        json.writeBooleanProperty("guard_block", life.guardBlock());
        text("address", life.address() == 0 ? null : hex(life.address()));
        number("size", life.size() == 0 ? null : life.size());
        text("tag", life.tag());
        event("allocated", life.allocated());
        event("freed", life.freed());
        json.writeArrayPropertyStart("events");
        life.events().stream()
            .filter(event -> Words.isTold(event.type()))
            .forEach(event -> object(() -> event(event)));
        json.writeEndArray();
      });
    }

    private void event(String name, @Nullable LedgerEvent event) {
      json.writeName(name);
      if (event == null) {
        json.writeNull();
      } else {
        object(() -> event(event));
      }
    }

    private void event(LedgerEvent event) {
      json.writeStringProperty("event", event.typeText());
      json.writeStringProperty("time", event.time().toString());
      Duration before = autopsy.before(event.time());
      number("before_ns", before == null ? null : Words.nanos(before));
      json.writeNumberProperty("thread", event.thread());
      text("thread_name", event.threadName());
      json.writeBooleanProperty("native", event.nativeThread());
      text("name", event.name());
      text("key", event.key());
      texts("stack", event.stack());
    }

    private void holders() {
      json.writeArrayPropertyStart("holders");
      for (Holder holder : autopsy.holders()) {
        object(() -> {
          json.writeStringProperty(
              "source", holder.source() == Holder.Source.HEAP ? "heap" : "ledger");
          json.writeStringProperty("place", holder.place());
          text("key", holder.key());
          json.writeBooleanProperty("still", holder.still());
          text("bound", holder.bound() == null ? null : holder.bound().time().toString());
          text("unbound", holder.unbound() == null ? null : holder.unbound().time().toString());
          BlockLife block = holder.block();
          text("block", block == null || block.block() == 0 ? null : hex(block.block()));
          texts("chain", holder.chain());
        });
      }
      json.writeEndArray();
    }

    private void crash() {
      json.writeName("crash");
      switch (autopsy.log()) {
        case HsErr log -> object(() -> crash(log));
        case AbortMessage message ->
            object(() -> {
              json.writeStringProperty("error", "abort");
              json.writeStringProperty("message", message.text());
            });
        case null -> json.writeNull();
      }
    }

    private void crash(HsErr log) {
      json.writeStringProperty("error", log.error());
      text("message", log.message());
      text("signal", log.signal());
      text("signal_code", log.signalCode());
      text("address", hex(log.faultAddress()));
      text("pc", hex(log.pc()));
      text("access", log.isWrite().map(write -> write ? "write" : "read").orElse(null));
      number("pid", log.process().pid() == 0 ? null : log.process().pid());
      number("tid", log.process().tid() == 0 ? null : log.process().tid());
      text("thread_name", log.thread().name());
      text("jvm", log.process().jvm());
      text("frame", log.problematicFrame());
      texts("native_frames", log.nativeFrames());
      texts("java_frames", log.javaFrames());
    }

    private void process() {
      json.writeName("process");
      var process = autopsy.process();
      if (process == null) {
        json.writeNull();
        return;
      }
      object(() -> {
        json.writeNumberProperty("pid", process.pid());
        json.writeStringProperty("jvm", process.jvm());
        text("started", process.jvmStarted() == null ? null : process.jvmStarted().toString());
      });
    }

    private void object(Runnable members) {
      json.writeStartObject();
      members.run();
      json.writeEndObject();
    }

    private void texts(String name, List<String> texts) {
      json.writeArrayPropertyStart(name);
      texts.forEach((Consumer<String>) json::writeString);
      json.writeEndArray();
    }

    private void text(String name, @Nullable String value) {
      if (value == null) {
        json.writeNullProperty(name);
      } else {
        json.writeStringProperty(name, value);
      }
    }

    private void number(String name, @Nullable Long value) {
      if (value == null) {
        json.writeNullProperty(name);
      } else {
        json.writeNumberProperty(name, value);
      }
    }

    private static @Nullable String hex(@Nullable Long value) {
      return value == null ? null : Words.hex(value);
    }
  }
}
