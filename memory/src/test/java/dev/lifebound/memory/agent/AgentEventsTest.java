package dev.lifebound.memory.agent;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.ValueDescriptor;
import org.junit.jupiter.api.Test;

/** The agent's flight recorder events and their page. */
class AgentEventsTest {
  private static final Path PAGE = Path.of("..", "docs", "formats", "jfr-events.md");
  private static final List<Class<? extends Event>> ALL =
      List.of(
          AgentEvents.UseAfterFree.class,
          AgentEvents.OutOfBlock.class,
          AgentEvents.FreeRefused.class,
          AgentEvents.FreeByC.class);
  private static final Pattern EVENT = Pattern.compile("## (dev\\.lifebound\\.\\w+)");
  private static final Pattern FIELD = Pattern.compile("\\| `(\\w+)` \\| (\\w+) \\| .+");
  private static final Set<String> OF_EVERY_EVENT =
      Set.of("startTime", "duration", "eventThread", "stackTrace");

  @Test
  void thePageListsEveryEventWithItsFieldsAndTypes() throws IOException {
    Map<String, Map<String, String>> page = new LinkedHashMap<>();
    Map<String, String> fields = new LinkedHashMap<>();
    String name = "";
    for (String line : Files.readAllLines(PAGE)) {
      Matcher event = EVENT.matcher(line);
      Matcher field = FIELD.matcher(line);
      if (event.matches()) {
        name = event.group(1);
        fields = new LinkedHashMap<>();
        page.put(name, fields);
      } else if (field.matches()) {
        fields.put(field.group(1), field.group(2));
      } else if (line.contains("Fields as above")) {
        page.put(name, page.getOrDefault("dev.lifebound.UseAfterFree", Map.of()));
      }
    }
    for (Class<? extends Event> type : ALL) {
      EventType event = EventType.getEventType(type);
      assertThat(page.get(event.getName())).as(event.getName()).isEqualTo(fieldsOf(event));
    }
  }

  private static Map<String, String> fieldsOf(EventType type) {
    return type.getFields().stream()
        .filter(field -> !OF_EVERY_EVENT.contains(field.getName()))
        .collect(
            toMap(
                ValueDescriptor::getName,
                field -> field.getTypeName().replace("java.lang.String", "string")));
  }
}
