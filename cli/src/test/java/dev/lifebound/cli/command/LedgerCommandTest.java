package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerReport;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LedgerCommandTest {
  private static final LedgerSettings SETTINGS =
      LedgerSettings.defaults().withSize(4, 64).withStacks(1, 4);
  private static final LedgerName TAG = LedgerName.of("session");
  private static final LedgerName MAP = LedgerName.of("Cache.sessions");

  @TempDir private Path folder;
  private Path file = Path.of("");

  @BeforeEach
  void write() throws Exception {
    file = folder.resolve("app.ledger");
    try (Ledger ledger = Ledger.create(file, SETTINGS)) {
      ledger.allocate(0x10, 0x7000, 64, TAG);
      ledger.bind(0x10, 0x7000, MAP, "anna");
      ledger.allocate(0x11, 0x8000, 64, TAG);
      Thread.ofPlatform()
          .name("cleaner\u001b[2J")
          .start(() -> ledger.free(0x10, 0x7000, 64, TAG))
          .join();
      ledger.staleUse(0x10, 0x7000, LedgerName.of("lease"));
      ledger.staleUse(0x10, 0x7000, LedgerName.of("lease"));
      ledger.leak(0x12, 3, 300, TAG, List.of());
    }
  }

  private static Recorder run(Object... arguments) {
    return ran(0, () -> {}, arguments);
  }

  private static Recorder ran(int exit, LedgerCommand.Pause pause, Object... arguments) {
    Recorder recorder = new Recorder();
    Lifebound program = new Lifebound(List.of(terminal -> new LedgerCommand(pause, terminal)));
    String[] words =
        Stream.concat(Stream.of("ledger"), Arrays.stream(arguments).map(Object::toString))
            .toArray(String[]::new);
    assertThat(recorder.run(program, words)).as(recorder.err()).isEqualTo(exit);
    return recorder;
  }

  private static List<String> events(Recorder recorder) {
    return recorder
        .out()
        .lines()
        .filter(line -> line.matches("\\d{4}-.*"))
        .map(line -> line.replaceFirst("^\\S+ \\S+ +", "").replaceAll(" +", " "))
        .toList();
  }

  @Test
  void theTextTellsTheProcessAndEveryEvent() {
    Recorder recorder = run(file);
    assertThat(recorder.err()).isEmpty();
    assertThat(recorder.out())
        .startsWith("ledger   " + file + ", version 1.1\n")
        .contains("process  " + ProcessHandle.current().pid() + ", ")
        .contains("closed by the program (UTC)")
        .contains(
            "    at dev.lifebound.cli.command.LedgerCommandTest.write(LedgerCommandTest.java:");
    String thread = "[thread " + Thread.currentThread().getName() + " #";
    assertThat(events(recorder))
        .hasSize(9)
        .anyMatch(
            line -> line.startsWith("allocate block #16.0 at 0x7000, 64 bytes, session " + thread))
        .anyMatch(line ->
            line.startsWith("bind block #16.0 at 0x7000, Cache.sessions key anna " + thread))
        .anyMatch(line -> line.startsWith("stale-use block #16.0 at 0x7000, lease " + thread))
        .anyMatch(
            line -> line.startsWith("leak block #18.0 and others, 3 blocks, 300 bytes, session"))
        .as("control characters never reach the terminal")
        .anyMatch(line -> line.contains("[thread cleaner?[2J #"))
        .noneMatch(line -> line.contains("\u001b"));
  }

  @Test
  void aReportShowsAllItsSitesAt80ColumnsAndPiped() throws Exception {
    Path dead = folder.resolve("dead");
    try (Ledger ledger = Ledger.create(dead, SETTINGS)) {
      List<String> stack =
          List.of("librocksdbjni.so: rocksdb::DBIter::Seek+0x230", "A.b(A.java:1)");
      for (EventType type :
          List.of(EventType.REPORT_ALLOCATED, EventType.REPORT_FREED, EventType.REPORT)) {
        boolean access = type == EventType.REPORT;
        ledger.report(
            new LedgerReport(
                type,
                access ? 1 : 0,
                false,
                System.nanoTime(),
                access ? 0x7f0000001050L : 0x7f0000001000L,
                344,
                41,
                true,
                0x7f1234567890L,
                "librocksdbjni.so",
                stack,
                4711,
                "compaction"));
      }
      ledger.report(
          new LedgerReport(
              EventType.REPORT,
              5,
              false,
              System.nanoTime(),
              0x7f0000001000L,
              344,
              42,
              true,
              0,
              "",
              List.of(),
              4711,
              "compaction"));
    }
    Recorder piped = run(dead);
    assertThat(events(piped))
        .contains(
            "report-allocated guard block #41 at 0x7f0000001000, 344 bytes, librocksdbjni.so, pc"
                + " 0x7f1234567890 [native thread compaction #4711]",
            "report guard block #41 at 0x7f0000001050, 344 bytes, use after free, continued,"
                + " librocksdbjni.so, pc 0x7f1234567890 [native thread compaction #4711]",
            "report guard block #42 at 0x7f0000001000, 344 bytes, second free [native thread"
                + " compaction #4711]");
    assertThat(piped.out())
        .contains("\n    librocksdbjni.so: rocksdb::DBIter::Seek+0x230\n    at A.b(A.java:1)\n");
    assertThat(events(run(dead, "--block", "#41"))).hasSize(3);

    Recorder narrow = new Recorder(true, 80);
    assertThat(
            narrow.run(
                new Lifebound(List.of(t -> new LedgerCommand(() -> {}, t))),
                "ledger",
                dead.toString()))
        .isZero();
    List<String> shown =
        narrow.out().lines().skip(5).map(line -> line.replaceAll("\u001b\\[\\d+m", "")).toList();
    assertThat(shown)
        .isNotEmpty()
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80))
        .anyMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\d"))
        .anyMatch(line ->
            line.matches("[\\d:.]+ {2}report +guard block #41 at 0x7f0000001050, 344 bytes"))
        .anyMatch(line -> line.matches(" +use after free, continued, librocksdbjni.so.*"));
    assertThat(narrow.out()).contains("\u001b[31m");
  }

  @Test
  void eventsAreChosenByBlockAddressThreadAndMap() {
    assertThat(events(run(file, "--block", "0x10"))).hasSize(5);
    assertThat(events(run(file, "--block", "16"))).hasSize(5);
    assertThat(events(run(file, "--block", "#16.0"))).hasSize(5);
    assertThat(events(run(file, "--block", "#16.1"))).isEmpty();
    assertThat(events(run(file, "--block", "#16"))).as("a number of the guard").isEmpty();
    assertThat(events(run(file, "--block", "0x803f"))).hasSize(1);
    assertThat(events(run(file, "--block", "0x8040"))).isEmpty();
    assertThat(events(run(file, "--thread", "cleaner\u001b[2J"))).hasSize(2);
    assertThat(events(run(file, "--thread", Thread.currentThread().threadId()))).hasSize(7);
    assertThat(events(run(file, "--map", "Cache.sessions")))
        .as("the map's own events, and those of the block it held")
        .hasSize(5);
    assertThat(events(run(file, "--map", "Cache.sessions", "--thread", "nobody"))).isEmpty();
  }

  @Test
  void sinceIsALengthOfTimeOrAMoment() {
    assertThat(events(run(file, "--since", "1d"))).hasSize(9);
    assertThat(events(run(file, "--since", "0ms"))).hasSizeBetween(1, 3);
    assertThat(events(run(file, "--since", "2020-01-01T00:00:00Z"))).hasSize(9);
    assertThat(events(run(file, "--since", "2999-01-01T00:00:00Z"))).isEmpty();
  }

  @Test
  void theJsonIsAsItsPageSays() throws Exception {
    JsonNode schema = schema();
    JsonNode json = JsonMapper.shared().readTree(run(file, "--json").out());
    assertThat(json.propertyNames()).containsExactlyElementsOf(required(schema));
    assertThat(json.get("state").asString()).isEqualTo("closed");
    assertThat(json.get("events").size()).isEqualTo(9);
    for (JsonNode event : json.get("events")) {
      assertThat(event.propertyNames())
          .containsExactlyElementsOf(required(schema.get("$defs").get("event")));
    }
    JsonNode bind = json.get("events").get(2);
    assertThat(bind.get("block").asString()).isEqualTo("0x10");
    assertThat(bind.get("block_text").asString()).isEqualTo("#16.0");
    assertThat(bind.get("key").asString()).isEqualTo("anna");
    assertThat(bind.get("pc").isNull()).isTrue();
    assertThat(bind.get("stack").get(0).asString()).contains("LedgerCommandTest.write(");
  }

  private static JsonNode schema() throws Exception {
    String page = Files.readString(Path.of("..", "docs", "formats", "ledger.md"));
    String block = page.substring(page.indexOf("```json\n") + 8);
    return JsonMapper.shared().readTree(block.substring(0, block.indexOf("```")));
  }

  private static List<String> required(JsonNode schema) {
    return schema.get("required").valueStream().map(JsonNode::asString).toList();
  }

  @Test
  void theSarifHoldsOneFindingForEachPlace() {
    JsonNode run = JsonMapper.shared().readTree(run(file, "--sarif").out()).get("runs").get(0);
    assertThat(run.get("tool").get("driver").get("name").asString()).isEqualTo("lifebound-ledger");
    // Both stale uses are one: no line is in what they are recognised by. The leak has no frame.
    assertThat(run.get("results").valueStream().map(result -> result.get("ruleId").asString()))
        .containsExactlyInAnyOrder("LBR001", "LBR003");
    JsonNode stale =
        run.get("results")
            .valueStream()
            .filter(result -> result.get("ruleId").asString().equals("LBR001"))
            .findFirst()
            .orElseThrow();
    assertThat(stale.get("level").asString()).isEqualTo("error");
    assertThat(stale.get("message").toString()).contains("2 times");
    assertThat(stale.toString())
        .contains("dev/lifebound/cli/command/LedgerCommandTest.java", "Cache.sessions", "anna");
    assertThat(stale.get("codeFlows").get(0).toString()).contains("allocate", "insert", "free");
  }

  @Test
  void aLivingLedgerIsFollowedUntilItIsClosed() throws Exception {
    Path live = folder.resolve("live");
    Ledger ledger = Ledger.create(live, SETTINGS);
    try (ledger) {
      ledger.allocate(1, 1, 1, TAG);
      int[] pauses = {0};
      LedgerCommand.Pause pause =
          () -> {
            switch (pauses[0]++) {
              case 0 -> ledger.allocate(2, 2, 2, TAG);
              case 1 -> {
                // Nothing happens.
              }
              case 2 -> ledger.free(2, 2, 2, TAG);
              default -> ledger.close();
            }
          };
      Recorder text = ran(0, pause, live, "-f");
      assertThat(events(text).stream().map(line -> line.replaceFirst(" \\[.*", "")))
          .hasSize(4)
          .endsWith(
              "allocate block #1.0 at 0x1, 1 bytes, session",
              "allocate block #2.0 at 0x2, 2 bytes, session",
              "free block #2.0 at 0x2, 2 bytes, session");
      assertThat(text.out())
          .contains("now, the process is running")
          .endsWith("the program has closed the ledger\n");
      assertThat(pauses[0]).isEqualTo(4);
    }
    Recorder json = run(file, "-f", "--json");
    assertThat(json.out().lines())
        .hasSize(9)
        .allSatisfy(
            line -> assertThat(JsonMapper.shared().readTree(line).get("event")).isNotNull());
  }

  /**
   * The program is started again: its ledger is set aside, and the new one is not whole at once.
   */
  @Test
  void aLedgerThatIsJustBeingCreatedAnewIsWaitedFor() throws Exception {
    Path live = folder.resolve("again");
    try (Ledger first = Ledger.create(live, SETTINGS)) {
      first.allocate(1, 1, 1, TAG);
      Ledger[] second = {first};
      int[] pauses = {0};
      LedgerCommand.Pause pause =
          () -> {
            try {
              switch (pauses[0]++) {
                case 0 -> Files.move(live, folder.resolve("aside"));
                case 1 -> Files.write(live, new byte[10_000]);
                case 2 -> {
                  Files.delete(live);
                  second[0] = Ledger.create(live, SETTINGS);
                  second[0].allocate(7, 7, 7, TAG);
                }
                case 3 -> second[0].close();
                default -> throw new AssertionError("the second ledger is closed and read");
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          };
      Recorder text = ran(0, pause, live, "-f");
      assertThat(text.out())
          .contains("block #1.0 at 0x1, 1 bytes", "block #7.0 at 0x7, 7 bytes")
          .endsWith("the program has closed the ledger\n");
      assertThat(text.err()).isEmpty();
    }
    int[] waited = {0};
    Path gone = folder.resolve("gone");
    try (Ledger ledger = Ledger.create(gone, SETTINGS)) {
      ledger.allocate(1, 1, 1, TAG);
      LedgerCommand.Pause pause =
          () -> {
            waited[0]++;
            var _ = gone.toFile().delete();
          };
      assertThat(ran(2, pause, gone, "-f").err()).contains("no such file", "[ledger-unreadable]");
    }
    assertThat(waited[0]).isEqualTo(LedgerCommand.PATIENCE_POLLS);
  }

  @Test
  void whatIsNoLedgerIsOneLineAndExitTwo() throws Exception {
    Path text = Files.writeString(folder.resolve("text"), "hello");
    for (Path wrong : List.of(text, folder, folder.resolve("none"))) {
      Recorder recorder = ran(2, () -> {}, wrong);
      assertThat(recorder.out()).isEmpty();
      assertThat(recorder.err())
          .matches("lifebound: a ledger must .*: file=.*; .* \\[ledger-unreadable]\n");
    }
  }

  @Test
  void aCutLedgerIsReadWithANotice() throws Exception {
    Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(Files.readAllBytes(file), 9_000));
    Recorder recorder = run(cut);
    assertThat(recorder.out()).contains("notice   the file was cut: 9000 of ", " [ledger-cut]");
    assertThat(events(recorder)).isNotEmpty();
  }

  @Test
  void wrongOptionsAreUsageErrors() {
    for (List<Object> wrong :
        List.<List<Object>>of(
            List.of(),
            List.of(file, "--json", "--sarif"),
            List.of(file, "-f", "--sarif"),
            List.of(file, "--block", "eleven"),
            List.of(file, "--block", "-1"),
            List.of(file, "--block", "#5."),
            List.of(file, "--since", "yesterday"),
            List.of(file, file))) {
      Recorder recorder = ran(64, () -> {}, wrong.toArray());
      assertThat(recorder.out()).isEmpty();
      assertThat(recorder.err())
          .endsWith("; see lifebound ledger --help [usage]\n")
          .hasLineCount(1);
    }
  }
}
