package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScanCommandTest {
  @TempDir private Path folder;
  private final Recorder recorder = new Recorder();

  @Test
  void theExitCodeIsOneOnlyForARedFinding() {
    assertThat(new Recorder().scan(Analyses.CLEAN, "scan", path())).isZero();
    assertThat(new Recorder().scan(Analyses.YELLOW, "scan", path())).isZero();
    assertThat(new Recorder().scan(Analyses.RED, "scan", path())).isEqualTo(1);
  }

  @Test
  void theResultIsAllThatGoesToStandardOutput() {
    assertThat(recorder.scan(Analyses.RED, "scan", path())).isEqualTo(1);
    assertThat(recorder.out())
        .startsWith("red LBX001  a.go\n")
        .endsWith("findings: 1 red, 0 yellow, 1 green; files: 3; notices: 1\n");
    assertThat(recorder.err()).isEmpty();
  }

  @Test
  void jsonIsShortForFormatJson() {
    Recorder longer = new Recorder();
    recorder.scan(Analyses.RED, "scan", "--json", path());
    longer.scan(Analyses.RED, "scan", "--format", "json", path());
    assertThat(recorder.out())
        .startsWith("{\n  \"format\" : \"lifebound-findings/1\"")
        .isEqualTo(longer.out());
  }

  @Test
  void sarifIsWritten() {
    recorder.scan(Analyses.RED, "scan", path(), "--format=SARIF");
    assertThat(recorder.out()).contains("\"version\" : \"2.1.0\"");
  }

  @Test
  void pathsThatDoNotExistAreNamedBeforeAnythingRuns() {
    Analysis never =
        (paths, progress) -> {
          throw new AssertionError("the analysis must not start: paths=" + paths);
        };
    assertThat(recorder.scan(never, "scan", path(), path() + "/gone")).isEqualTo(2);
    assertThat(recorder.err())
        .isEqualTo(
            "lifebound: a path to scan must exist: path="
                + folder.resolve("gone")
                + "; check the spelling [path-not-found]\n");
  }

  @Test
  void pathsWithoutSourcesAreNotAPass() {
    assertThat(recorder.scan(Analyses.EMPTY, "scan", path())).isEqualTo(2);
    assertThat(recorder.out()).contains("notices: 1");
    assertThat(recorder.err()).contains("files=0, notices=1", "[nothing-to-scan]");
  }

  @Test
  void anAnalysisThatFailsIsCouldNotRun() {
    Analysis failing =
        (paths, progress) -> {
          throw new IOException("disk on fire");
        };
    assertThat(recorder.scan(failing, "scan", path())).isEqualTo(2);
    assertThat(recorder.out()).isEmpty();
    assertThat(recorder.err()).contains("disk on fire", "[internal-error]");
  }

  @Test
  void aFileTakesTheWholeResultWithoutColours() throws IOException {
    Recorder terminal = new Recorder(true);
    Path file = folder.resolve("report.txt");
    Files.writeString(file, "old");
    assertThat(terminal.scan(Analyses.RED, "scan", path(), "-o", file.toString())).isEqualTo(1);
    assertThat(terminal.out()).isEmpty();
    recorder.scan(Analyses.RED, "scan", path());
    assertThat(file).hasContent(recorder.out());
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aLinkStaysALinkAndItsTargetIsReplaced() throws IOException {
    Path target = folder.resolve("target.json");
    Files.writeString(target, "old");
    Path link = Files.createSymbolicLink(folder.resolve("link.json"), Path.of("target.json"));
    recorder.scan(Analyses.CLEAN, "scan", path(), "--json", "-o", link.toString());
    assertThat(link).isSymbolicLink();
    assertThat(target).content(StandardCharsets.UTF_8).startsWith("{");
  }

  @Test
  void aTargetThatCannotBeWrittenIsKnownBeforeTheRun() {
    Analysis never =
        (paths, progress) -> {
          throw new AssertionError("the analysis must not start: paths=" + paths);
        };
    for (Path target : List.of(folder, folder.resolve("no/such/file"))) {
      Recorder one = new Recorder();
      assertThat(one.scan(never, "scan", path(), "-o", target.toString())).isEqualTo(2);
      assertThat(one.err()).contains("file=" + target, "[output-not-writable]");
    }
  }

  @Test
  void aFullDeviceIsAnErrorAndAPipeWhoseReaderHasGoneIsNot() {
    assertThat(failing("No space left on device").err())
        .isEqualTo(
            "lifebound: standard output must take the result: reason=No space left on device"
                + " [output-not-writable]\n");
    assertThat(failing("Broken pipe").err()).isEmpty();
    assertThat(recorder.scan(Analyses.CLEAN, "scan", path(), "-o", "/dev/full")).isEqualTo(2);
    assertThat(recorder.err()).contains("file=/dev/full", "[output-not-writable]");
  }

  @Test
  void progressIsShownOnATerminalOnlyAndTakenAwayAgain() {
    Analysis slow =
        (paths, progress) -> {
          progress.step("reading a\u001b.go");
          return Analyses.CLEAN.scan(paths, progress);
        };
    Recorder terminal = new Recorder(true);
    terminal.scan(slow, "scan", path());
    assertThat(terminal.err()).isEqualTo("\r\u001b[Kreading a?.go\r\u001b[K");
    recorder.scan(slow, "scan", path());
    assertThat(recorder.err()).isEmpty();
  }

  @Test
  void coloursNeedATerminalAndNoObjection() {
    Properties both = new Properties();
    both.setProperty(Terminal.TERMINALS, "12");
    both.setProperty(Terminal.COLUMNS, "72");
    assertThat(terminal(both, Map.of()).colours()).isTrue();
    assertThat(terminal(both, Map.of()).width()).isEqualTo(72);
    assertThat(terminal(both, Map.of("NO_COLOR", "1")).colours()).isFalse();
    assertThat(terminal(both, Map.of("NO_COLOR", "1")).progress()).isTrue();
    assertThat(terminal(both, Map.of("NO_COLOR", "")).colours()).isTrue();
    assertThat(terminal(both, Map.of("TERM", "dumb")).colours()).isFalse();
    assertThat(terminal(both, Map.of("TERM", "dumb")).progress()).isFalse();
    Properties none = new Properties();
    none.setProperty(Terminal.COLUMNS, "72");
    assertThat(terminal(none, Map.of()).colours()).isFalse();
    assertThat(terminal(none, Map.of()).width()).isEqualTo(Terminal.DEFAULT_WIDTH);
    both.setProperty(Terminal.COLUMNS, "wide");
    assertThat(terminal(both, Map.of()).width()).isEqualTo(Terminal.DEFAULT_WIDTH);
  }

  private static Terminal terminal(Properties properties, Map<String, String> environment) {
    return Terminal.of(OutputStream.nullOutputStream(), System.err, properties, environment);
  }

  private Recorder failing(String message) {
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException(message);
          }
        };
    Terminal plain = recorder.terminal();
    Recorder result = new Recorder();
    Terminal broken = new Terminal(out, result.terminal().err(), false, false, plain.width());
    Lifebound program = new Lifebound(List.of(t -> new ScanCommand(Analyses.RED, t)));
    int exitCode = program.run(new String[] {"scan", path()}, broken);
    assertThat(exitCode).isEqualTo(message.contains("pipe") ? 1 : 2);
    return result;
  }

  private String path() {
    return folder.toString();
  }
}
