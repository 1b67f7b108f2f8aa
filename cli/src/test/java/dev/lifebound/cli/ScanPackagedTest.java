package dev.lifebound.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lifebound scan} as a user runs it, over good input and bad. */
class ScanPackagedTest {
  private static final String HAZARD = "../examples/hazard";
  private static final String SAFE = "../examples/safe";
  private static final int LARGE_BYTES = 50_000_000;

  @TempDir private static Path shared;
  private static Distribution distribution;

  @TempDir private Path temporary;
  private Path folder;

  @BeforeAll
  static void unpack() throws Exception {
    distribution = Distribution.unpack(shared.toRealPath());
    // As if it were trained: the launcher must not start to write into the folder meanwhile.
    Files.writeString(
        distribution.home().resolve("built"),
        System.getProperty("java.home") + "\n" + System.getProperty("java.runtime.version") + "\n");
  }

  @BeforeEach
  void folder() throws IOException {
    folder = temporary.toRealPath();
  }

  @Test
  void theExamplesAreJudged() throws Exception {
    Ran hazard = scan(HAZARD);
    assertThat(hazard.exitCode()).isEqualTo(1);
    assertThat(hazard.out()).contains("red LBG001", "1. insert", "2. free", "3. use");
    assertThat(hazard.err()).isEmpty();
    Ran safe = scan(SAFE);
    assertThat(safe.exitCode()).as(safe.out()).isZero();
    assertThat(safe.out()).contains("findings: 0 red");
  }

  @Test
  void theSameSourcesGiveTheSameBytes() throws Exception {
    Path file = folder.resolve("out.sarif");
    Ran sarif = scan(HAZARD, "--format", "sarif");
    assertThat(scan(HAZARD, "--format", "sarif", "-o", file.toString()))
        .isEqualTo(new Ran(1, "", ""));
    assertThat(file).content(StandardCharsets.UTF_8).isEqualTo(sarif.out());
  }

  @Test
  void aReaderThatGoesAwayIsNoError() throws Exception {
    ProcessBuilder plain = distribution.launcher("scan", HAZARD, "--json");
    StringBuilder line = new StringBuilder();
    plain.command().forEach(word -> line.append('\'').append(word).append("' "));
    plain.command("bash", "-c", line + "| true; echo ${PIPESTATUS[0]}");
    assertThat(Ran.of(plain)).isEqualTo(new Ran(0, "1\n", ""));
    plain.command("bash", "-c", line + "> /dev/full; echo $?");
    Ran full = Ran.of(plain);
    assertThat(full.out()).isEqualTo("2\n");
    assertThat(full.err())
        .startsWith("lifebound: ")
        .contains("[output-not-writable]")
        .hasLineCount(1);
  }

  @Test
  void aPathThatDoesNotExistIsNamed() throws Exception {
    Ran ran = scan(folder.resolve("gone").toString());
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err())
        .contains("path=" + folder.resolve("gone"), "[path-not-found]")
        .hasLineCount(1);
  }

  @Test
  void anEmptyFolderAndALoopOfLinksAreNotAPass() throws Exception {
    assertNothingToScan(scan(folder.toString()));
    Files.createSymbolicLink(folder.resolve("loop"), Path.of("."));
    Ran loop = scan(folder.toString());
    assertNothingToScan(loop);
    assertThat(loop.out()).contains("[link-loop]");
  }

  @Test
  void filesThatCannotBeReadAsSourcesAreNamedAndCounted() throws Exception {
    byte[] noise = new byte[100_000];
    new Random(7).nextBytes(noise);
    Files.write(folder.resolve("binary.go"), noise);
    Files.write(
        folder.resolve("latin.go"),
        "package p // caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    Files.writeString(folder.resolve("broken.go"), "package p\nimport \"C\"\nfunc (((\n");
    Files.writeString(folder.resolve("Broken.java"), "class {{{ java.lang.foreign.Arena");
    Files.writeString(
        folder.resolve("large.go"),
        "package p\n" + "var x = 1 // xxxxxxxx\n".repeat(LARGE_BYTES / 22));
    Files.copy(Path.of(HAZARD, "go/freed_while_mapped/main.go"), folder.resolve("good.go"));
    Ran ran = scan(folder.toString());
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.out())
        .contains("red LBG001  " + folder.resolve("good.go"))
        .contains("[file-is-binary]", "[file-is-not-utf-8]", "[file-too-large]")
        .contains("[file-does-not-parse]")
        .containsPattern("notices: [5-9]\n$");
    for (String name :
        new String[] {"binary.go", "latin.go", "broken.go", "Broken.java", "large.go"}) {
      assertThat(ran.out()).containsPattern("(?m)^notice \\S*" + name);
    }
    assertThat(ran.err()).isEmpty();
  }

  @Test
  void namesOutsideAsciiWorkInTheCLocale() throws Exception {
    Path odd = Files.createDirectories(folder.resolve("\u00fcn\u00ef \u65e5\u672c @x"));
    Files.copy(Path.of(HAZARD, "go/freed_while_mapped/main.go"), odd.resolve("m\u00e4in.go"));
    ProcessBuilder builder = distribution.launcher("scan", odd.toString());
    builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
    Ran ran = Ran.of(builder);
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(1);
    assertThat(ran.out()).contains(odd.resolve("m\u00e4in.go") + ":30");
  }

  private static void assertNothingToScan(Ran ran) {
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.err()).contains("files=0", "[nothing-to-scan]").hasLineCount(1);
  }

  private static Ran scan(String... arguments) throws Exception {
    String[] all = new String[arguments.length + 1];
    all[0] = "scan";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return Ran.of(distribution.launcher(all));
  }
}
