package dev.lifebound.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Report;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The Java examples say what they claim, to the analyser and when run. */
final class JavaExamplesProcessTest {
  private static final Path EXAMPLES = Path.of("../examples");

  @Test
  void everyHazardInJavaIsRedUnderItsRule() {
    Report report = Scans.report(EXAMPLES.resolve("hazard/java"));
    assertThat(report.findings()).extracting(Finding::rule).contains("LBJ001", "LBJ003");
    assertThat(report.findings()).extracting(Finding::colour).containsOnly(Colour.RED);
    assertThat(report.notices()).isEmpty();
  }

  @Test
  void theSafeProgramsInJavaGiveNothing() {
    Report report = Scans.report(EXAMPLES.resolve("safe/java"));
    assertThat(report.findings()).isEmpty();
    assertThat(report.notices()).isEmpty();
  }

  static Stream<Path> programs() {
    return Stream.of(
        EXAMPLES.resolve("hazard/java/ClosedArena.java"),
        EXAMPLES.resolve("hazard/java/ClosedHandle.java"),
        EXAMPLES.resolve("safe/java/ClearThenClose.java"),
        EXAMPLES.resolve("safe/java/RemoveThenClose.java"));
  }

  @ParameterizedTest
  @MethodSource("programs")
  void everyProgramRunsByItself(Path program) throws Exception {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Process process =
        new ProcessBuilder(List.of(java.toString(), program.toString()))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output.contains("map")).as(output).isEqualTo(program.toString().contains("hazard"));
  }
}
