package dev.lifebound.memory.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The programs of docs/design/openjdk-reports still end the JVM as their reports say. When one no
 * longer does, the JDK was mended: say so there, and let the guard deliver that access.
 */
class OpenJdkReportsProcessTest {
  private static final Path REPORTS = Path.of("../docs/design/openjdk-reports");

  @ParameterizedTest
  @CsvSource({
    "IntToLong, -XX:-TieredCompilation -Xbatch, Assembler::locate_operand, int-to-long.md",
    "CompareAndSet, -Xint, Unsafe_CompareAndSetLong, compare-and-set.md"
  })
  void theProgramEndsTheJvmAsReported(String program, String flags, String frame, String report)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:ErrorFile=/dev/null", "-XX:-CreateCoredumpOnCrash"));
    command.addAll(List.of(flags.split(" ", -1)));
    command.add(REPORTS.resolve(program + ".java").toString());
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(out).isEqualTo(1); // without a core file the JVM exits so
    assertThat(out).contains("A fatal error has been detected", frame);
    assertThat(Files.readString(REPORTS.resolve(report))).contains(frame).contains(flags);
  }
}
