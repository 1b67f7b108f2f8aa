package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.crash.autopsy.HsErr;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that end in each way a victim can. */
class VictimJvmProcessTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final VictimJvm JVM = VictimJvm.withClassesOf(BadVictim.class, VictimMain.class);

  @TempDir Path temporary;
  private List<String> workingFolder;
  private Scratch scratch;

  @BeforeEach
  void open() throws IOException {
    workingFolder = Folders.names(Path.of(""));
    scratch = Scratch.create(temporary);
  }

  @AfterEach
  void nothingIsLeftBehind() throws IOException {
    scratch.close();
    assertThat(Folders.names(temporary)).isEmpty();
    assertThat(Folders.names(Path.of(""))).isEqualTo(workingFolder);
  }

  private Ending end(String way) throws IOException, InterruptedException {
    return JVM.run(scratch, LIMIT, BadVictim.class.getName(), List.of(way));
  }

  @Test
  void aCrashInJavaIsReadOutOfTheRealReport() throws Exception {
    Ending ending = end("crash-in-java");

    HsErr report = ending.hsErr().orElseThrow();
    assertThat(report.signal()).isEqualTo("SIGSEGV");
    assertThat(report.signalCode()).isEqualTo("SEGV_MAPERR");
    assertThat(report.faultAddress()).isEqualTo(64);
    assertThat(report.problematicFrame()).containsPattern("libjvm\\.so|BadVictim|Unsafe");
    assertThat(report.applicationFrame())
        .contains("dev.lifebound.crash.lab.BadVictim.readUnmapped");
    assertThat(ending.judge().result().outcome()).isEqualTo("crash (SIGSEGV)");
  }

  @Test
  void aCrashInCIsReadOutOfTheRealReport() throws Exception {
    Ending ending = end("crash-in-c");

    HsErr report = ending.hsErr().orElseThrow();
    assertThat(report.signal()).isEqualTo("SIGSEGV");
    assertThat(report.faultAddress()).isIn(64L, 128L);
    assertThat(report.problematicFrame()).startsWith("C [libc");
    assertThat(report.applicationFrame())
        .contains("dev.lifebound.crash.lab.BadVictim.compareUnmapped");
    assertThat(ending.judge().result()).isInstanceOf(Result.Crash.class);
  }

  @Test
  void anAbortOfTheCLibraryIsToldWithItsLastWords() throws Exception {
    Ending ending = end("abort");

    assertThat(ending.hsErr()).isEmpty();
    assertThat(ending.judge().result())
        .isEqualTo(new Result.Abort("free(): double free detected", null));
  }

  @Test
  void aVictimThatHangsIsKilled() throws Exception {
    Duration limit = Duration.ofMillis(700);

    Ending ending = JVM.run(scratch, limit, BadVictim.class.getName(), List.of("hang"));

    assertThat(ending.judge().result()).isEqualTo(new Result.Timeout(limit));
  }

  @Test
  void aVictimThatFailsIsNoOutcomeOfTheScenario() throws Exception {
    assertThat(end("throw").judge().result())
        .isInstanceOfSatisfying(
            Result.Failed.class,
            failed -> assertThat(failed.reason()).contains("exit code 1", "a broken victim"));
  }

  @Test
  void aVictimThatSaysNothingFailed() throws Exception {
    assertThat(end("silence").judge().result())
        .isEqualTo(new Result.Failed("the victim failed: it ended without a word"));
  }

  @Test
  void aDeathOutweighsWhatWasSaidBefore() throws Exception {
    Ending ending = end("testify-then-crash");

    assertThat(Testimony.result(ending.output()).map(Testimony.Told::result))
        .contains(new Result.NoHarm("all is well"));
    assertThat(ending.judge().result()).isInstanceOf(Result.Crash.class);
  }

  @Test
  void otherOutputDoesNotHideTheTestimony() throws Exception {
    assertThat(end("chatter").judge().result())
        .isEqualTo(new Result.SilentWrongData("after\tmuch\nnoise"));
  }

  @Test
  void theEnvironmentCannotChangeTheExperiment() {
    Map<String, String> environment =
        new TreeMap<>(
            Map.of(
                "JAVA_TOOL_OPTIONS", "-javaagent:x.jar",
                "LD_PRELOAD", "libjemalloc.so",
                "MALLOC_PERTURB_", "165",
                "GLIBC_TUNABLES", "glibc.malloc.tcache_count=0",
                "GODEBUG", "cgocheck=0",
                "PATH", "/usr/bin"));

    VictimProcess.clean(environment);

    assertThat(environment).containsOnlyKeys("PATH");
  }

  @Test
  void aVictimMayNotLeaveACoreFile() throws Exception {
    assertThat(end("core-limit").judge().result())
        .isEqualTo(new Result.NoHarm("Max core file size 0 0 bytes"));
  }

  @Test
  void anInterruptKillsTheVictim() throws Exception {
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> end("hang")).isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void aVictimEndsWithItsLaboratory() throws Exception {
    Process victim =
        scratch.start(
            new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                BadVictim.class.getName(),
                "hang-as-child"));

    victim.getOutputStream().close();

    assertThat(victim.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(victim.exitValue()).isEqualTo(3);
  }
}
