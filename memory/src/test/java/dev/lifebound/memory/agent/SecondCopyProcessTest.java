package dev.lifebound.memory.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.guard.VictimFiles;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import example.Nested;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two copies of the library in one process, of two class loaders: one guards for both. */
class SecondCopyProcessTest {
  @TempDir private static Path shared;
  private static Path victim;

  @TempDir private Path folder;

  @BeforeAll
  static void compile() throws Exception {
    victim = VictimFiles.compile(shared, "libvictim-nested.so");
  }

  /** {@code java FLAGS example.Nested VERSION SCENARIO JAR CLASSES ARGUMENTS}. */
  private AgentJvm run(List<String> flags, String version, String scenario, String... arguments)
      throws Exception {
    List<String> program =
        new ArrayList<>(List.of(Nested.class.getName(), version, scenario, jar(), classes()));
    program.addAll(Arrays.asList(arguments));
    AgentJvm jvm = AgentJvm.run(folder, AgentJvm.java(), flags, program);
    assertThat(jvm.exit()).as(jvm.out() + jvm.err()).isZero();
    assertThat(jvm.out()).as(jvm.err()).contains("properties=true");
    return jvm;
  }

  private String jar() throws Exception {
    return AgentJvm.jar(folder).toString();
  }

  private static String classes() {
    return Path.of("target", "test-classes").toAbsolutePath() + "/";
  }

  private List<String> agent(String options) throws Exception {
    return List.of(AgentJvm.NATIVE_ACCESS, "-javaagent:" + jar() + "=" + options);
  }

  private static final String MET =
      "lifebound: a second copy of the library is bound to this one: second=";

  @Test
  void theGuardOfTheFirstServesTheSecond() throws Exception {
    AgentJvm jvm = run(agent("mode=recover"), "same", "recover");
    assertThat(jvm.out())
        .as(jvm.err())
        .contains("mode=RECOVER;freed=true;dead=")
        .contains(";value=42;reports=1;report=USE_AFTER_FREE RECOVERED 8;size=64;faults=1;")
        .contains("guard armed: mode=recover", ", by=lifebound-memory")
        .contains("holder=lifebound-memory", ", loader app");
    assertThat(jvm.err())
        .contains("lifebound: use after free: ", "Application.recovers(Application.java:");
  }

  @Test
  void anErrorIsTranslatedIntoTheSecondsOwnException() throws Exception {
    assertThat(run(agent("mode=strict"), "same", "strict").out())
        .contains("answer=own=true;size=64;offset=16\n");
  }

  @Test
  void anotherModeIsRefusedAndBothAreNamed() throws Exception {
    assertThat(run(agent("mode=recover"), "same", "strict").out())
        .contains("threw dev.lifebound.memory.guard.GuardUnavailableException: ")
        .contains("in one mode: mode=STRICT, armed=guard armed: mode=recover");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void blocksThatTheSecondAdoptsAreKnownToTheWatch(boolean withAgent) throws Exception {
    List<String> flags =
        withAgent ? agent("watch=libvictim-nested*") : List.of(AgentJvm.NATIVE_ACCESS);
    AgentJvm jvm = run(flags, "same", "watch", victim.toString(), "libnosuch.so");
    assertThat(jvm.out())
        .as(jvm.err())
        .contains("stale=yes;map=0;kinds=[FREED_BY_C, SECOND_FREE, FREED_BY_C];")
        .containsPattern("libraries=\\[[^]]*libvictim-nested.so[^]]*];adopted=2;")
        .contains("unknown=a loaded library must match the pattern;");
    if (withAgent) {
      assertThat(jvm.out()).contains(", by=lifebound-memory", "loader app");
      assertThat(jvm.lines())
          .anySatisfy(line -> assertThat(line).startsWith(MET).contains("loader application"))
          .anySatisfy(
              line -> assertThat(line).startsWith("lifebound: C freed an adopted block a second"));
    }
  }

  @Test
  void theSecondsEventsAreInTheLedgerOfTheFirst() throws Exception {
    Path file = folder.resolve("run.ledger");
    AgentJvm jvm = run(agent("ledger=" + file), "same", "ledger");
    long handle = Long.parseUnsignedLong(jvm.out().replaceFirst("(?s).*answer=(\\w+).*", "$1"), 16);
    List<LedgerEvent> events =
        LedgerFile.read(file).events().stream()
            .filter(event -> event.block() == handle && event.type() != EventType.THREAD)
            .toList();
    assertThat(events)
        .extracting(LedgerEvent::type)
        .containsExactly(
            EventType.ALLOCATE,
            EventType.BIND,
            EventType.UNBIND,
            EventType.FREE,
            EventType.STALE_USE);
    assertThat(events.getFirst().name()).isEqualTo("application's block");
    assertThat(events.get(1).name()).isEqualTo("application's map");
    assertThat(events.get(1).key()).isEqualTo("anna");
    assertThat(events.getLast().threadName()).isEqualTo("main");
    assertThat(events.getLast().stack().getFirst())
        .startsWith("example.Application.tells(Application.java:");
  }

  /** The program has the library, and only its application uses it. */
  @Test
  void theHolderIsTheCopyOfTheSystemClassLoader() throws Exception {
    AgentJvm jvm =
        AgentJvm.run(
            folder,
            AgentJvm.java(),
            List.of(AgentJvm.NATIVE_ACCESS),
            List.of(
                "-cp",
                jar() + ":" + classes(),
                Nested.class.getName(),
                "same",
                "recover",
                jar(),
                classes()));
    assertThat(jvm.out())
        .as(jvm.err())
        .contains("mode=RECOVER;freed=true;", ";value=42;reports=1;", "loader app");
  }

  @Test
  void aCopyOnTheModulePathServesTheSecond() throws Exception {
    AgentJvm jvm =
        run(
            List.of(
                "--enable-native-access=dev.lifebound.memory,ALL-UNNAMED",
                "--module-path",
                jar(),
                "--add-modules",
                "dev.lifebound.memory",
                "-javaagent:" + jar() + "=mode=recover"),
            "same",
            "recover");
    assertThat(jvm.out())
        .as(jvm.err())
        .contains(";value=42;reports=1;", ", by=lifebound-memory", "loader app");
    assertThat(jvm.lines().getFirst()).startsWith("lifebound: armed: guard mode=recover");
  }

  @Test
  void twoVersionsThatDoNotUnderstandEachOtherAreBothNamed() throws Exception {
    AgentJvm guard = run(agent("mode=recover"), "other", "recover");
    assertThat(guard.out())
        .contains("threw dev.lifebound.memory.guard.GuardUnavailableException: one copy of the")
        .contains("armed=lifebound-memory", "loader app, second=lifebound-memory")
        .contains("loader application; put one version on the class path");
    AgentJvm registry = run(agent("mode=recover"), "other", "ledger");
    assertThat(registry.out()).contains("answer=");
    assertThat(registry.lines())
        .hasSize(2)
        .anySatisfy(line ->
            assertThat(line)
                .startsWith("lifebound: two copies of the library must be of one version")
                .contains("loader application", "loader app;"));
  }
}
