package dev.lifebound.memory.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import example.Programs;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent in a JVM of its own: what it says, what it finds, and that the program runs on. */
class AgentProcessTest {
  @TempDir Path folder;

  private void runsOn(AgentJvm jvm, String... said) {
    assertThat(jvm.out()).as(jvm.err()).isEqualTo("done\n");
    assertThat(jvm.exit()).isZero();
    assertThat(jvm.lines()).hasSize(1);
    assertThat(jvm.lines().getFirst()).contains(said);
    assertThat(jvm.err().lines()).hasSize(1);
  }

  @Test
  void oneLineSaysWhatWasArmedAndWhatNot() throws Exception {
    AgentJvm jvm =
        AgentJvm.run(folder, "watch=nosuchlib*", Programs.Innocent.class, AgentJvm.NATIVE_ACCESS);
    runsOn(
        jvm,
        "lifebound: armed: guard mode=recover",
        "watch patterns=nosuchlib*",
        "no loaded library matches yet");
    runsOn(
        AgentJvm.run(folder, "", Programs.Innocent.class, AgentJvm.NATIVE_ACCESS),
        "not: watch: no library was named");
  }

  @Test
  void withoutNativeAccessItStandsDown() throws Exception {
    runsOn(
        AgentJvm.run(folder, "", Programs.Innocent.class),
        "not armed: the agent must have native access",
        "--enable-native-access=ALL-UNNAMED");
    runsOn(
        AgentJvm.run(folder, "", Programs.Innocent.class, "--illegal-native-access=deny"),
        "not armed: the agent must have native access");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"sample=0", "sample=-5", "mode=x", "align=x", "port=1", "watch=", "slots=0"})
  void aBadOptionIsOneLine(String options) throws Exception {
    runsOn(
        AgentJvm.run(folder, options, Programs.Innocent.class, AgentJvm.NATIVE_ACCESS),
        "lifebound: not armed: ",
        options.substring(0, options.indexOf('=')));
  }

  @Test
  void anOldJavaGetsASentence() throws Exception {
    String java =
        oldJava()
            .orElseThrow(() ->
                new AssertionError(
                    "a Java from 11 to 24 must be there: apt-get install openjdk-17-jre-headless"));
    List<String> flags = List.of("-javaagent:" + AgentJvm.jar(folder) + "=watch=x");
    AgentJvm jvm = AgentJvm.run(folder, java, flags, List.of("-version"));
    assertThat(jvm.exit()).isZero();
    assertThat(jvm.lines())
        .singleElement()
        .asString()
        .startsWith("lifebound: not armed: the Java virtual machine must be 25 or newer: java=");
    assertThat(jvm.err()).doesNotContain("Exception");
  }

  /** On the search path, or where Linux has its virtual machines. */
  private static Optional<String> oldJava() throws IOException {
    List<Path> homes = new ArrayList<>();
    for (String entry : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      Path java = Path.of(entry, "java");
      if (Files.isExecutable(java)) {
        homes.add(java.toRealPath().resolve("../..").normalize());
      }
    }
    Path machines = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(machines)) {
      try (Stream<Path> found = Files.list(machines)) {
        found.forEach(homes::add);
      }
    }
    for (Path home : homes) {
      Path release = home.resolve("release");
      if (Files.isReadable(release)
          && Files.readString(release).matches("(?s).*JAVA_VERSION=\"(1[1-9]|2[0-4])[.\"].*")) {
        return Optional.of(home.resolve("bin").resolve("java").toString());
      }
    }
    return Optional.empty();
  }

  @Test
  void loadedTwiceIsSaidAndHarmless() throws Exception {
    String agent = "-javaagent:" + AgentJvm.jar(folder) + "=watch=libz*";
    AgentJvm jvm =
        AgentJvm.run(folder, "mode=strict", Programs.Innocent.class, AgentJvm.NATIVE_ACCESS, agent);
    assertThat(jvm.out()).isEqualTo("done\n");
    assertThat(jvm.lines()).hasSize(2);
    assertThat(jvm.lines().get(1)).startsWith("lifebound: the agent is loaded already: armed: ");
  }

  @Test
  void aLedgerThatCannotBeWrittenLeavesTheRestArmed() throws Exception {
    runsOn(
        AgentJvm.run(
            folder,
            "ledger=" + folder.resolve("no/such/folder/l"),
            Programs.Innocent.class,
            AgentJvm.NATIVE_ACCESS),
        "armed: guard",
        "not: ledger: ");
  }

  /** The shell's limit of the size of a file, in blocks of 1,024 bytes: as an end of the disk. */
  @Test
  void aFullDiskCostsTheLedgerAndNothingElse() throws Exception {
    Path ledger = folder.resolve("run.ledger");
    List<String> command = new ArrayList<>(List.of("-c", "ulimit -f 2000; exec \"$@\"", "bash"));
    command.addAll(List.of(AgentJvm.java(), AgentJvm.NATIVE_ACCESS));
    command.add("-javaagent:" + AgentJvm.jar(folder) + "=ledger=" + ledger);
    AgentJvm jvm = AgentJvm.run(folder, "bash", command, List.of(Programs.Guilty.class.getName()));
    found(
        jvm, "armed: guard", "; not: ledger: the ledger must be a new file in a folder with room");
    assertThat(ledger).doesNotExist();
  }

  @Test
  void theLedgerIsForItsOwnerAlone() throws Exception {
    Path ledger = folder.resolve("run.ledger");
    runsOn(
        AgentJvm.run(folder, "ledger=" + ledger, Programs.Innocent.class, AgentJvm.NATIVE_ACCESS),
        "armed: ledger " + ledger);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(ledger)))
        .isEqualTo("rw-------");
  }

  /** What an autopsy without an hs_err file has: the fault, written from C, and the report. */
  @ParameterizedTest
  @ValueSource(strings = {"recover", "strict"})
  void theLedgerHasFaultReportAndSites(String mode) throws Exception {
    Path file = folder.resolve("run.ledger");
    AgentJvm jvm =
        AgentJvm.run(
            folder,
            "mode=" + mode + ",ledger=" + file,
            Programs.Guilty.class,
            AgentJvm.NATIVE_ACCESS,
            // Where strict recovers, too.
            "-Xint");
    found(jvm);
    LedgerFile ledger = LedgerFile.read(file);
    assertThat(ledger.notices()).isEmpty();
    List<LedgerEvent> events =
        ledger.events().stream()
            .filter(LedgerEvent::guardBlock)
            .sorted(Comparator.comparingLong(LedgerEvent::sequence))
            .toList();
    assertThat(events)
        .extracting(LedgerEvent::type)
        .containsExactly(
            EventType.FAULT, EventType.REPORT_ALLOCATED, EventType.REPORT_FREED, EventType.REPORT);
    LedgerEvent fault = events.getFirst();
    LedgerEvent report = events.getLast();
    assertThat(events)
        .allSatisfy(event -> {
          assertThat(event.block()).isEqualTo(fault.block());
          assertThat(event.size()).isEqualTo(64);
          assertThat(event.nativeThread()).isTrue();
          assertThat(event.thread()).isEqualTo(fault.thread());
          assertThat(event.threadName()).isEqualTo("main");
        });
    for (LedgerEvent access : List.of(fault, report)) {
      assertThat(access.fault()).isEqualTo("use after free");
      assertThat(access.delivered()).isFalse();
      assertThat(access.address()).isEqualTo(events.get(1).address() + 8);
      assertThat(access.pc()).isEqualTo(fault.pc()).isNotZero();
    }
    for (LedgerEvent site : events.subList(1, 3)) {
      assertThat(site.stack()).anyMatch(f -> f.startsWith("example.Programs$Guilty.main(Programs"));
      assertThat(site.nanoTime()).isLessThan(fault.nanoTime());
    }
  }

  private static void found(AgentJvm jvm, String... said) {
    assertThat(jvm.out()).as(jvm.err()).contains("read=42 again=42");
    assertThat(jvm.exit()).as(jvm.out() + jvm.err()).isZero();
    for (String words : said) {
      assertThat(jvm.err()).contains(words);
    }
    assertThat(jvm.err())
        .containsOnlyOnce("lifebound: use after free: ")
        .containsOnlyOnce("address=0x")
        .contains("size=64", "offset=8", "the access ran on the old bytes")
        // Main has ended by then, and its thread has another name or none.
        .contains("thread=main;")
        .containsPattern("accessed by thread main\n")
        .containsPattern("freed [0-9.]+ ms before by thread main\n")
        .containsPattern("allocated [0-9.]+ ms before by thread main\n")
        .contains("Programs$Guilty.main(Programs.java:")
        .contains("lifebound: 1 report in all");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-XX:+UseG1GC",
        "-XX:+UseZGC",
        "-XX:+UseSerialGC",
        "-Xint",
        "-Xcheck:jni",
        "-XX:-SegmentedCodeCache",
        "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0"
      })
  void aUseAfterFreeIsReportedOnceWithItsSites(String flag) throws Exception {
    found(AgentJvm.run(folder, "", Programs.Guilty.class, AgentJvm.NATIVE_ACCESS, flag));
  }

  /** The block is alive: only where it ends a page lies something dead behind it. */
  @Test
  void anOverflowIsReportedAtItsFirstByteWhereBlocksEndAPage() throws Exception {
    AgentJvm jvm =
        AgentJvm.run(folder, "align=end", Programs.Overrun.class, AgentJvm.NATIVE_ACCESS);
    assertThat(jvm.out()).as(jvm.err()).isEqualTo("last=42 behind=0\nmisuses=1\n");
    assertThat(jvm.exit()).isZero();
    assertThat(jvm.err())
        .contains("lifebound: armed: guard mode=recover", "align=end")
        .containsOnlyOnce("lifebound: access behind the block: ")
        .contains("size=64, address=0x", ", offset=64, ")
        .contains("accessed by thread main", "Programs$Overrun.main(Programs.java:")
        .contains("lifebound: 1 report in all");
    AgentJvm usual = AgentJvm.run(folder, "", Programs.Overrun.class, AgentJvm.NATIVE_ACCESS);
    assertThat(usual.out()).as(usual.err()).endsWith("misuses=0\n");
    assertThat(usual.err()).hasLineCount(1).doesNotContain("align=");
  }

  /** The stack of the allocation has numbers of methods that are no more. */
  @Test
  void aClassThatWasUnloadedMeanwhileIsAQuestionMark() throws Exception {
    AgentJvm jvm =
        AgentJvm.run(folder, "", Programs.Forgetful.class, AgentJvm.NATIVE_ACCESS, "-Xint");
    assertThat(jvm.out()).as(jvm.err()).isEqualTo("unloaded=true\nread=0\n");
    assertThat(jvm.exit()).isZero();
    assertThat(jvm.err())
        .containsOnlyOnce("lifebound: use after free: ")
        .containsPattern(
            "at \\?\\.\\?\\(Unknown Source\\)\n +at example.Programs\\$Forgetful.made");
  }

  @Test
  void itLivesBesideAnotherAgent() throws Exception {
    Path other = folder.resolve("other.jar");
    OtherAgentJar.write(other);
    AgentJvm jvm =
        AgentJvm.run(
            folder, "", Programs.Guilty.class, AgentJvm.NATIVE_ACCESS, "-javaagent:" + other);
    assertThat(jvm.out()).contains("other agent: ");
    found(jvm);
  }

  @Test
  void itLivesBesideTheFlightRecorderAndWritesAnEvent() throws Exception {
    Path recording = folder.resolve("run.jfr");
    found(
        AgentJvm.run(
            folder,
            "",
            Programs.Guilty.class,
            AgentJvm.NATIVE_ACCESS,
            // At its end the program and the recorder stop side by side.
            "-Dflush=true",
            "-XX:StartFlightRecording:filename=" + recording));
    RecordedEvent event =
        RecordingFile.readAllEvents(recording).stream()
            .filter(e -> e.getEventType().getName().equals("dev.lifebound.UseAfterFree"))
            .findFirst()
            .orElseThrow();
    assertThat(event.getLong("bytes")).isEqualTo(64);
    assertThat(event.getLong("offset")).isEqualTo(8);
    assertThat(event.getString("kind")).isEqualTo("use after free");
    assertThat(event.getString("outcome")).isEqualTo("recovered");
    assertThat(event.getString("freed")).contains("Programs$Guilty.main");
    assertThat(event.getString("allocated")).contains("Programs$Guilty.main");
  }

  /** Two blocks are misused; the second report comes too soon for another dump. */
  @Test
  void oneHeapDumpIsThereWhenItWasAskedForAndTheCommandThatSearchesIt() throws Exception {
    Path dumps = folder.resolve("not there yet/of two words");
    AgentJvm jvm =
        AgentJvm.run(
            folder,
            "heap-dump=" + dumps,
            Programs.Guilty.class,
            AgentJvm.NATIVE_ACCESS,
            "-Dblocks=2",
            "-Dflush=true");
    assertThat(jvm.exit()).as(jvm.err()).isZero();
    assertThat(jvm.err()).contains("lifebound: 2 reports in all");
    try (Stream<Path> files = Files.list(dumps)) {
      List<Path> both = files.sorted().toList();
      assertThat(both).hasSize(2);
      Path dump = both.getFirst();
      Path ledger = both.getLast();
      assertThat(dump.toString()).endsWith("-1.hprof");
      assertThat(Files.size(dump)).isGreaterThan(100_000);
      assertThat(jvm.err())
          .containsOnlyOnce("lifebound: heap dump: ")
          .contains(
              "lifebound: heap dump: "
                  + dump
                  + "; who holds the address: lifebound autopsy --ledger '"
                  + ledger
                  + "' --heap '"
                  + dump
                  + "'");
      assertThat(LedgerFile.read(ledger).events())
          .filteredOn(event -> event.type() == EventType.REPORT)
          .hasSize(2);
    }
  }

  @Test
  void aBareImageHasNoHeapDumpAndNoRecorderButTheReport() throws Exception {
    AgentJvm jvm =
        AgentJvm.run(
            folder,
            "heap-dump=" + folder,
            Programs.Guilty.class,
            AgentJvm.NATIVE_ACCESS,
            "--limit-modules=java.base,java.instrument");
    found(jvm, "no heap dump: the module jdk.management is not in this Java");
  }

  @Test
  void codeIsNeverWritableAndNoSocketIsOpen() throws Exception {
    AgentJvm jvm =
        AgentJvm.run(
            folder, "watch=libz*,sample=1", Programs.Inspected.class, AgentJvm.NATIVE_ACCESS);
    assertThat(jvm.out()).as(jvm.err()).matches("own code=[1-9][0-9]*\ndone\n");
  }

  /** Whoever started the program takes its standard error, and does not read it. */
  @Test
  void reportsThatNobodyReadsDoNotKeepTheProgramFromEnding() throws Exception {
    Process child =
        new ProcessBuilder(
                AgentJvm.java(),
                AgentJvm.NATIVE_ACCESS,
                "-javaagent:" + AgentJvm.jar(folder) + "=mode=recover",
                "-cp",
                Path.of("target", "test-classes").toAbsolutePath().toString(),
                Programs.Talkative.class.getName())
            .redirectOutput(folder.resolve("out").toFile())
            .start();
    try {
      assertThat(child.waitFor(60, TimeUnit.SECONDS)).as("the program ends").isTrue();
      assertThat(folder.resolve("out")).hasContent("done");
      // The pipe was full before the last line.
      assertThat(new String(child.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("use after free")
          .doesNotContain("20 reports in all");
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void itLivesBesideAsyncProfilersNativeMemoryMode() throws Exception {
    Path library = AsyncProfiler.extract(folder);
    Path profile = folder.resolve("profile.jfr");
    AgentJvm jvm =
        AgentJvm.run(
            folder,
            "watch=libz*",
            Programs.Guilty.class,
            AgentJvm.NATIVE_ACCESS,
            "-agentpath:" + library + "=start,nativemem=1k,file=" + profile);
    found(jvm);
    assertThat(Files.size(profile)).isPositive();
  }
}
