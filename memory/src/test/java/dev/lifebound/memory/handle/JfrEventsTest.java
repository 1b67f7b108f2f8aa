package dev.lifebound.memory.handle;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The events, out of real recordings, and their page. */
class JfrEventsTest {
  private static final Path PAGE = Path.of("..", "docs", "formats", "jfr-events.md");
  private static final List<Class<? extends Event>> ALL =
      List.of(
          JfrEvents.Allocate.class,
          JfrEvents.StaleUse.class,
          JfrEvents.DoubleFree.class,
          JfrEvents.Leaked.class,
          JfrEvents.DeferredFree.class);
  private static final Pattern EVENT = Pattern.compile("## (dev\\.lifebound\\.\\w+)");
  private static final Pattern FIELD = Pattern.compile("\\| `(\\w+)` \\| (\\w+) \\| .+");
  private static final Set<String> OF_THE_AGENT =
      Set.of(
          "dev.lifebound.UseAfterFree",
          "dev.lifebound.OutOfBlock",
          "dev.lifebound.FreeRefused",
          "dev.lifebound.FreeByC");
  private static final Set<String> OF_EVERY_EVENT =
      Set.of("startTime", "duration", "eventThread", "stackTrace");

  @TempDir Path folder;

  private List<RecordedEvent> record(Runnable work) throws IOException {
    Path file = folder.resolve("work.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      work.run();
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> ours = new ArrayList<>();
    for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
      if (event.getEventType().getName().startsWith("dev.lifebound.")) {
        ours.add(event);
      }
    }
    return ours;
  }

  private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
    return events.stream().filter(event -> event.getEventType().getName().equals(name)).toList();
  }

  private static boolean wasHere(RecordedEvent event) {
    return event.getStackTrace().getFrames().stream()
        .anyMatch(
            frame -> frame.getMethod().getType().getName().equals(JfrEventsTest.class.getName()));
  }

  @Test
  void thePageListsEveryEventWithItsFieldsAndTypes() throws IOException {
    Map<String, Map<String, String>> page = new LinkedHashMap<>();
    Map<String, String> fields = new LinkedHashMap<>();
    for (String line : Files.readAllLines(PAGE)) {
      Matcher event = EVENT.matcher(line);
      Matcher field = FIELD.matcher(line);
      if (event.matches()) {
        fields = new LinkedHashMap<>();
        page.put(event.group(1), fields);
      } else if (field.matches()) {
        fields.put(field.group(1), field.group(2));
      }
    }
    Map<String, Map<String, String>> code =
        ALL.stream()
            .map(EventType::getEventType)
            .collect(toMap(EventType::getName, JfrEventsTest::fieldsOf));
    assertThat(code).hasSize(5);
    // The agent's events are behind them, and have their test beside them.
    page.keySet().removeAll(OF_THE_AGENT);
    assertThat(page).isEqualTo(code);
  }

  private static Map<String, String> fieldsOf(EventType type) {
    return type.getFields().stream()
        .filter(field -> !OF_EVERY_EVENT.contains(field.getName()))
        .collect(
            toMap(
                ValueDescriptor::getName,
                field -> field.getTypeName().replace("java.lang.String", "string")));
  }

  @Test
  void refusedUsesAreRecordedWithTheirPlace() throws IOException {
    long[] stale = new long[1];
    List<RecordedEvent> events =
        record(() -> {
          try (Registry registry = Registry.create(Tracking.OFF)) {
            long handle = registry.allocate(64, "session");
            stale[0] = handle;
            registry.release(handle);
            assertThatThrownBy(() -> registry.lease(handle))
                .isInstanceOf(StaleHandleException.class);
            assertThatThrownBy(() -> registry.release(handle))
                .isInstanceOf(DoubleReleaseException.class);
          }
        });
    RecordedEvent use = named(events, "dev.lifebound.StaleUse").getFirst();
    assertThat(use.getLong("handle")).isEqualTo(stale[0]);
    assertThat(use.getString("block")).isEqualTo(Handles.block(stale[0]));
    assertThat(use.getString("operation")).isEqualTo("lease");
    assertThat(use.getString("message")).contains("size=64", "tag=session");
    assertThat(wasHere(use)).isTrue();
    RecordedEvent release = named(events, "dev.lifebound.DoubleFree").getFirst();
    assertThat(release.getLong("handle")).isEqualTo(stale[0]);
    assertThat(release.getString("block")).isEqualTo(Handles.block(stale[0]));
    assertThat(release.getString("message")).contains("tag=session");
    assertThat(wasHere(release)).isTrue();
  }

  @Test
  void allocationsAreSampled() throws IOException {
    int allocations = 40 * JfrEvents.SAMPLE_ONE_IN;
    List<RecordedEvent> events =
        named(
            record(() -> {
              try (Registry registry = Registry.create(Tracking.OFF)) {
                for (int i = 0; i < allocations; i++) {
                  registry.release(registry.allocate(48, "row"));
                }
              }
            }),
            "dev.lifebound.Allocate");
    // Out of 40 on average; as improbable as a broken machine otherwise.
    assertThat(events).hasSizeBetween(1, 200);
    RecordedEvent event = events.getFirst();
    assertThat(event.getLong("bytes")).isEqualTo(48);
    assertThat(event.getString("tag")).isEqualTo("row");
    assertThat(event.getString("block")).isEqualTo(Handles.block(event.getLong("handle")));
    assertThat(event.getLong("handle")).isNotZero();
    assertThat(event.getInt("sampledOneIn")).isEqualTo(JfrEvents.SAMPLE_ONE_IN);
    assertThat(wasHere(event)).isTrue();
  }

  @Test
  void deferredFreesSayWhatTheyWaitFor() throws IOException {
    List<RecordedEvent> events =
        named(
            record(() -> {
              try (Registry registry = Registry.create(Tracking.OFF)) {
                long leased = registry.allocate(16, "leased");
                Lease lease = registry.lease(leased);
                registry.release(leased);
                lease.close();
                long read = registry.allocate(24, "read");
                try (ReadSection _ = registry.read()) {
                  registry.release(read);
                }
                long parent = registry.allocate(32, "parent");
                registry.allocateChild(parent, 8, "child");
                registry.release(parent);
                assertThat(registry.snapshot().deferredFrees()).isEqualTo(2);
              }
            }),
            "dev.lifebound.DeferredFree");
    assertThat(events).hasSize(2);
    assertThat(events)
        .extracting(event -> event.getString("by"))
        .containsExactly("lease", "read section");
    assertThat(events)
        .extracting(event -> event.getString("tag"))
        .containsExactly("leased", "read");
    assertThat(events).extracting(event -> event.getLong("bytes")).containsExactly(16L, 24L);
    assertThat(events).extracting(event -> event.getString("block")).doesNotContainNull();
    assertThat(events).extracting(event -> event.getLong("handle")).doesNotContain(0L);
  }

  @Test
  void leaksAreRecordedWithTheirSites() throws IOException {
    List<RecordedEvent> events =
        named(
            record(() -> {
              try (Registry registry =
                  Registry.builder().tracking(Tracking.FULL).leakListener(_ -> {}).build()) {
                registry.lease(registry.allocate(100, "row")).close();
              }
            }),
            "dev.lifebound.Leak");
    assertThat(events).hasSize(1);
    RecordedEvent leak = events.getFirst();
    assertThat(leak.getLong("handle")).isNotZero();
    assertThat(leak.getString("block")).isEqualTo(Handles.block(leak.getLong("handle")));
    assertThat(leak.getString("cause")).isEqualTo("live at close");
    assertThat(leak.getString("tag")).isEqualTo("row");
    assertThat(leak.getLong("blocks")).isEqualTo(1);
    assertThat(leak.getLong("bytes")).isEqualTo(100);
    assertThat(leak.getString("allocated")).startsWith("at ").contains("JfrEventsTest");
    assertThat(leak.getString("touches")).startsWith("lease\nat ").contains("JfrEventsTest");
  }
}
