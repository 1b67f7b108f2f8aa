package dev.lifebound.finding;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;

/**
 * Writes JSON whose nesting shows in the code that writes it: two spaces of indentation, members in
 * the order of the calls, nothing for a null value or an empty map.
 */
final class JsonOut {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();
  private static final ObjectWriteContext INDENTED =
      new ObjectWriteContext.Base() {
        @Override
        public boolean hasPrettyPrinter() {
          return true;
        }

        @Override
        public PrettyPrinter getPrettyPrinter() {
          // The line feed is fixed: the bytes must not depend on the operating system.
          DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
          return new DefaultPrettyPrinter()
              .withObjectIndenter(indenter)
              .withArrayIndenter(indenter);
        }
      };

  private final JsonGenerator generator;

  private JsonOut(JsonGenerator generator) {
    this.generator = generator;
  }

  /** Writes one JSON object and a line feed as UTF-8; flushes, but does not close. */
  static void write(OutputStream out, Consumer<JsonOut> members) throws IOException {
    // Over a writer, an unpaired surrogate of a broken source becomes '?'; Jackson's own UTF-8
    // encoder would refuse it and lose the whole report.
    Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    try (JsonGenerator generator = FACTORY.createGenerator(INDENTED, writer)) {
      generator.writeStartObject();
      members.accept(new JsonOut(generator));
      generator.writeEndObject();
    } catch (JacksonIOException e) {
      throw e.getCause();
    }
    writer.write('\n');
    writer.flush();
  }

  void text(String name, @Nullable String value) {
    if (value != null) {
      generator.writeStringProperty(name, value);
    }
  }

  void number(String name, long value) {
    generator.writeNumberProperty(name, value);
  }

  void truth(String name, boolean value) {
    generator.writeBooleanProperty(name, value);
  }

  void object(String name, Runnable members) {
    generator.writeObjectPropertyStart(name);
    members.run();
    generator.writeEndObject();
  }

  /** An array of objects; written also when empty. */
  <T> void objects(String name, Collection<T> items, Consumer<T> members) {
    generator.writeArrayPropertyStart(name);
    for (T item : items) {
      generator.writeStartObject();
      members.accept(item);
      generator.writeEndObject();
    }
    generator.writeEndArray();
  }

  /** An array of one text. */
  void texts(String name, String only) {
    generator.writeArrayPropertyStart(name);
    generator.writeString(only);
    generator.writeEndArray();
  }

  /** An object of texts; nothing when empty. */
  void texts(String name, Map<String, String> values) {
    if (!values.isEmpty()) {
      object(name, () -> values.forEach(this::text));
    }
  }
}
