package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scan} with the real analyser. */
class ScanOfSourcesTest {
  private static final Path ROOT = Path.of("..");

  @TempDir private Path folder;
  private final Recorder recorder = new Recorder();

  private int scan(String... paths) {
    String[] arguments = new String[paths.length + 1];
    arguments[0] = "scan";
    System.arraycopy(paths, 0, arguments, 1, paths.length);
    return recorder.run(
        new Lifebound(List.of(terminal -> new ScanCommand(new SourceAnalysis(), terminal))),
        arguments);
  }

  @Test
  void theHazardousExamplesAreRedAndTheSafeOnesSilent() {
    assertThat(scan(ROOT.resolve("examples/hazard").toString())).isEqualTo(1);
    assertThat(recorder.out()).contains("red LBG001", "red LBJ001", "red LBJ003");
    Recorder safe = new Recorder();
    assertThat(safe.run(Lifebound.program(), "scan", ROOT.resolve("examples/safe").toString()))
        .isZero();
    assertThat(safe.out()).contains("findings: 0 red, 0 yellow, 0 green");
  }

  @Test
  void aFileThatNestsDeeplyDoesNotSilenceItsNeighbour() throws IOException {
    Files.copy(
        ROOT.resolve("examples/hazard/java/ClosedArena.java"), folder.resolve("ClosedArena.java"));
    Files.writeString(
        folder.resolve("Deep.java"),
        "import java.lang.foreign.*; import java.util.*;\n"
            + "class Deep { Map<String, MemorySegment> m = new HashMap<>(); int x = "
            + "(".repeat(20_000)
            + "1"
            + ")".repeat(20_000)
            + "; }\n");
    assertThat(scan(folder.toString())).isEqualTo(1);
    assertThat(recorder.out()).contains("red LBJ001");
  }

  @Test
  void sourcesThatCannotBeReadAreNotAPass() throws IOException {
    Path binary = Files.write(folder.resolve("image.go"), new byte[] {0, 1, 2});
    assertThat(scan(binary.toString())).isEqualTo(2);
    assertThat(recorder.out()).contains("file-is-binary");
    assertThat(recorder.err()).contains("analysed=0", "[nothing-to-scan]");
  }

  @Test
  void anEmptyPathIsAUsageError() {
    assertThat(scan("")).isEqualTo(64);
    assertThat(recorder.err()).contains("write .", "[usage]");
  }
}
