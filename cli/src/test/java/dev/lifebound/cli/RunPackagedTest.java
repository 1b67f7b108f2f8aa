package dev.lifebound.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.RocksDB;

/** {@code lifebound run} and {@code lifebound attach} as a user runs them. */
class RunPackagedTest {
  private static final Path EXAMPLE =
      Path.of("../examples/hazard/rocksdb/ClosedDatabase.java").toAbsolutePath().normalize();
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin/java").toString();
  private static final int SIGTERM = 15;

  @TempDir private static Path shared;
  private static Distribution distribution;

  @TempDir private Path folder;

  @BeforeAll
  static void unpack() throws Exception {
    distribution = Distribution.unpack(shared.toRealPath());
    // As if it were trained: the launcher must not start to write into the folder meanwhile.
    Files.writeString(
        distribution.home().resolve("built"),
        System.getProperty("java.home") + "\n" + System.getProperty("java.runtime.version") + "\n");
  }

  private static Ran launched(String... arguments) throws Exception {
    return Ran.of(distribution.launcher(arguments));
  }

  private Path program(String name, String body) throws Exception {
    return Files.writeString(
        folder.resolve(name + ".java"),
        "public class "
            + name
            + " { public static void main(String[] a) throws Exception { "
            + body
            + " } }");
  }

  private List<String> rocks(String java) throws Exception {
    String jar =
        Path.of(RocksDB.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .toString();
    return List.of(
        java,
        "-XX:ErrorFile=" + folder.resolve("hs_err.log"),
        "-XX:-CreateCoredumpOnCrash",
        "-Djava.io.tmpdir=" + folder,
        "-cp",
        jar,
        EXAMPLE.toString());
  }

  @Test
  void anIteratorUsedAfterItsDatabaseWasClosedCrashesOrIsSilentAndGuardedIsReported()
      throws Exception {
    List<String> plain = new ArrayList<>(rocks(JAVA));
    plain.add(1, "--enable-native-access=ALL-UNNAMED");
    Ran unguarded = Ran.of(new ProcessBuilder(plain));
    assertThat(unguarded.exitCode() == 0 || unguarded.out().contains("SIGSEGV"))
        .as("silent, or a crash: %s", unguarded)
        .isTrue();
    assertThat(unguarded.err()).doesNotContain("use after free");

    List<String> guarded =
        new ArrayList<>(List.of("run", "--watch", "librocksdbjni*", "--sample", "1", "--"));
    guarded.addAll(rocks(JAVA));
    Ran reported = launched(guarded.toArray(String[]::new));
    assertThat(reported.err())
        .contains("lifebound: armed: guard mode=recover")
        .contains("lifebound: use after free: ")
        .contains("rocksdb::DBIter::Seek+0x")
        .contains("at ClosedDatabase.read(ClosedDatabase.java:")
        .contains("rocksdb::DBImpl::CloseHelper+0x")
        .contains("at org.rocksdb.RocksDB.close(RocksDB.java:")
        .contains("at ClosedDatabase.load(ClosedDatabase.java:")
        .contains("at org.rocksdb.RocksDB.open(");
    assertThat(reported.out()).isEqualTo("anna reads: value777\n");
    assertThat(reported.exitCode()).isZero();
  }

  /** The line that a user pastes from the report, as it stands there. */
  @Test
  void theCommandThatAReportPrintsNamesTheMapAndTheKeyThatHoldTheBlock() throws Exception {
    String source =
        """
        import java.util.HashMap;
        import java.util.Map;
        import org.rocksdb.ReadOptions;
        import org.rocksdb.RocksDB;

        public class Settings {
          static final Map<String, ReadOptions> BY_USER = new HashMap<>();

          public static void main(String[] arguments) {
            RocksDB.loadLibrary();
            ReadOptions options = new ReadOptions();
            BY_USER.put("anna", options);
            options.close();
            System.out.println("verifies: " + BY_USER.get("anna").verifyChecksums());
          }
        }
        """;
    Path program = Files.writeString(folder.resolve("Settings.java"), source);
    Path dumps = folder.resolve("dumps of today");
    List<String> command =
        new ArrayList<>(
            List.of(
                "run",
                "--watch",
                "librocksdbjni*",
                "--sample",
                "1",
                "--heap-dump",
                dumps.toString(),
                "--"));
    command.addAll(rocks(JAVA));
    command.set(command.size() - 1, program.toString());
    Ran reported = launched(command.toArray(String[]::new));
    assertThat(reported.exitCode()).as(reported.err()).isZero();
    assertThat(reported.err())
        .containsOnlyOnce("lifebound: use after free: ")
        .contains("Java_org_rocksdb_ReadOptions_verifyChecksums");
    Matcher printed = Pattern.compile("lifebound autopsy --ledger .*").matcher(reported.err());
    assertThat(printed.find()).as(reported.err()).isTrue();

    ProcessBuilder shell = distribution.launcher().command("sh", "-c", printed.group());
    shell
        .environment()
        .merge(
            "PATH", distribution.home().resolve("bin").toString(), (path, bin) -> bin + ":" + path);
    Ran explained = Ran.of(shell);
    assertThat(explained.exitCode()).as(explained.err()).isZero();
    assertThat(explained.out())
        .startsWith("use after free: ")
        .contains("Settings.BY_USER[anna], in the heap dump")
        .contains("org.rocksdb.ReadOptions.nativeHandle_ = 0x");
  }

  @Test
  void streamsAndExitCodeAreTheProgramsOwn() throws Exception {
    Path program =
        program(
            "Echo",
            "System.out.println(a[0] + System.in.read()); System.err.println(\"to err\");"
                + " System.exit(42);");
    Ran ran = launched("run", "--", JAVA, program.toString(), "--help");
    assertThat(ran.exitCode()).isEqualTo(42);
    assertThat(ran.out()).isEqualTo("--help-1\n");
    assertThat(ran.err()).contains("to err\n").contains("lifebound: armed: ");
  }

  @Test
  void aSignalReachesTheProgram() throws Exception {
    Path program =
        program(
            "Waiting",
            "Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println(\"ended\")));"
                + " System.out.println(ProcessHandle.current().pid());"
                + " Thread.sleep(java.time.Duration.ofMinutes(2));");
    Process run = distribution.launcher("run", "--", JAVA, program.toString()).start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(run.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo(String.valueOf(run.pid()));
      // Process.destroy would close its streams.
      assertThat(run.toHandle().destroy()).isTrue();
      assertThat(out.readLine()).isEqualTo("ended");
    }
    assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(run.exitValue()).isEqualTo(128 + SIGTERM);
  }

  @Test
  void whatCannotBeStartedIsExit125() throws Exception {
    Ran ran = launched("run", "--", folder.resolve("bin/java").toString(), "Main");
    assertThat(ran.exitCode()).isEqualTo(125);
    assertThat(ran.err()).contains("program=" + folder, "[could-not-start]");
    Path broken = Files.createDirectories(folder.resolve("broken")).resolve("java");
    Files.writeString(broken, "no program");
    assertThat(broken.toFile().setExecutable(true)).isTrue();
    Ran refused = launched("run", "--", broken.toString(), "Main");
    assertThat(refused.exitCode()).isEqualTo(125);
    assertThat(refused.err()).contains("execv", "[could-not-start]");
  }

  @Test
  void attachArmsARunningProgramOnce() throws Exception {
    Path program =
        program(
            "Running",
            "System.out.println(\"up\"); System.in.read(); System.out.println(\"unharmed\");");
    Process running =
        new ProcessBuilder(JAVA, "-XX:+EnableDynamicAgentLoading", program.toString())
            .redirectError(folder.resolve("err").toFile())
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(running.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo("up");
      String pid = String.valueOf(running.pid());
      Ran armed = launched("attach", pid, "--watch", "libz*");
      assertThat(armed.exitCode()).as(armed.err()).isZero();
      assertThat(armed.out()).startsWith("lifebound: armed: guard mode=recover").contains("libz*");
      Ran again = launched("attach", pid);
      assertThat(again.exitCode()).isZero();
      assertThat(again.out())
          .contains("libz*", "armed before: what this command asks for is ignored");
      running.getOutputStream().close();
      assertThat(out.readLine()).isEqualTo("unharmed");
    }
    assertThat(running.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(running.exitValue()).isZero();
    assertThat(folder.resolve("err"))
        .content()
        .contains("lifebound: armed: ", "lifebound: the agent is loaded already: ");
  }

  /** Nothing but the watch calls native code there, in a JVM that was started without the flag. */
  @Test
  void attachToObserveWatches() throws Exception {
    Path program = program("Observed", "System.out.println(\"up\"); System.in.read();");
    Process running =
        new ProcessBuilder(JAVA, program.toString())
            .redirectError(folder.resolve("err").toFile())
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(running.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo("up");
      String pid = String.valueOf(running.pid());
      Ran nothing = launched("attach", pid, "--mode", "observe");
      assertThat(nothing.exitCode()).as(nothing.out()).isEqualTo(1);
      assertThat(nothing.err()).contains("no library was named", "[not-armed]");
      Ran armed = launched("attach", pid, "--mode", "observe", "--watch", "libz*");
      assertThat(armed.exitCode()).as(armed.err()).isZero();
      assertThat(armed.out()).contains("mode=observe", "watch patterns=libz*");
      running.getOutputStream().close();
    }
    assertThat(running.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(running.exitValue()).isZero();
  }

  /** Starts a program that waits, attaches, lets it end; what attach said, after the program's. */
  private Ran attached(List<String> command, String... options) throws Exception {
    Process running =
        new ProcessBuilder(command).redirectError(folder.resolve("err").toFile()).start();
    Ran ran;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(running.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo("up");
      List<String> attach = new ArrayList<>(List.of("attach", String.valueOf(running.pid())));
      attach.addAll(List.of(options));
      ran = launched(attach.toArray(String[]::new));
      running.getOutputStream().close();
      assertThat(out.readLine()).isEqualTo("unharmed");
      assertThat(running.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(running.exitValue()).isZero();
    } finally {
      running.destroy();
    }
    return ran;
  }

  private static final String WAITS =
      "System.out.println(\"up\"); System.in.read(); System.out.println(\"unharmed\");";

  @Test
  void attachToAnOlderJavaIsOneSentenceAndTheProgramRunsOn() throws Exception {
    Path old = OldJava.home();
    Path program = program("Older", WAITS);
    Ran compiled =
        Ran.of(
            new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/javac").toString(),
                "--release",
                "11",
                "-Xlint:-options",
                "-d",
                folder.toString(),
                program.toString()));
    assertThat(compiled.exitCode()).as(compiled.err()).isZero();
    Ran ran =
        attached(List.of(old.resolve("bin/java").toString(), "-cp", folder.toString(), "Older"));
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err())
        .contains("the Java virtual machine must be 25 or newer: java=", "[not-armed]")
        .hasLineCount(1);
    assertThat(folder.resolve("err"))
        .content()
        .contains("lifebound: not armed: the Java virtual machine must be 25 or newer")
        .doesNotContain("Exception");
  }

  @Test
  void attachWhereNativeAccessIsDeniedIsOneSentenceAndTheProgramRunsOn() throws Exception {
    Path program = program("Denied", WAITS);
    Ran ran =
        attached(
            List.of(
                JAVA,
                "-XX:+EnableDynamicAgentLoading",
                "--illegal-native-access=deny",
                program.toString()),
            "--watch",
            "libz*");
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err()).contains("must have native access", "[not-armed]").hasLineCount(1);
    assertThat(folder.resolve("err"))
        .content()
        .contains("lifebound: not armed: ")
        .doesNotContain("\tat ");
  }

  @ParameterizedTest
  @CsvSource({"observe, no page dies", "strict, slots=", "recover, slots="})
  void everyModeIsArmedAsAskedFor(String mode, String said) throws Exception {
    Path ledger = folder.resolve(mode + ".ledger");
    Path program = program("Plain", "System.out.println(\"done\");");
    Ran ran =
        launched(
            "run",
            "--mode",
            mode,
            "--watch",
            "libz*",
            "--ledger",
            ledger.toString(),
            "--",
            JAVA,
            program.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out()).isEqualTo("done\n");
    assertThat(ran.err()).contains("lifebound: armed: ledger " + ledger, "mode=" + mode, said);
    Ran read = launched("ledger", ledger.toString());
    assertThat(read.exitCode()).isZero();
    assertThat(read.out()).contains("process  ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1/0", "many"})
  void aBadSampleRateIsAUsageErrorAndNothingIsStarted(String sample) throws Exception {
    Path program = program("Never", "System.out.println(\"started\");");
    Ran ran = launched("run", "--sample=" + sample, "--", JAVA, program.toString());
    assertThat(ran.exitCode()).isEqualTo(64);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).contains("sample=" + sample, "[usage]").hasLineCount(1);
  }

  @Test
  void attachToWhatIsNoJavaProgramIsExit1() throws Exception {
    Ran ran = launched("attach", "2147483646");
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).contains("pid=2147483646", "[not-armed]");
  }
}
