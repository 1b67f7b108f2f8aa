package dev.lifebound.memory.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The listings are what the C files give, and what is mapped of them is never writable code. */
class NativeCodeTest {
  private static final Path NATIVE = Path.of("src/main/native");
  private static final Path LISTINGS = Path.of("src/main/resources/dev/lifebound/memory/os");
  @TempDir Path temporary;

  private record Run(int exit, String out) {}

  private static Run build(String... args) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(concat(NATIVE.resolve("build").toAbsolutePath().toString(), args))
            .redirectErrorStream(true)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), out.strip());
  }

  private static List<String> concat(String first, String... rest) {
    return Stream.concat(Stream.of(first), Arrays.stream(rest)).toList();
  }

  private static String line(Path listing, String name) throws IOException {
    try (var lines = Files.lines(listing)) {
      return lines.filter(l -> l.startsWith(name + " ")).findFirst().orElseThrow();
    }
  }

  @ParameterizedTest
  @CsvSource({"x86_64, gcc", "aarch64, gcc-aarch64-linux-gnu"})
  void theListingIsWhatTheSourcesGive(String processor, String aptPackage) throws Exception {
    Path listing = LISTINGS.resolve("stubs-" + processor + ".txt");
    assertThat(line(listing, "sources"))
        .as("run memory/src/main/native/build")
        .isEqualTo("sources " + build("--sources").out());
    Path again = temporary.resolve(processor);
    Run run = build(processor, again.toString());
    assumeThat(run.exit()).as("apt package " + aptPackage + " is installed").isNotEqualTo(3);
    assertThat(run.exit()).as(run.out()).isZero();
    if (line(again, "compiler").equals(line(listing, "compiler"))) {
      assertThat(again).hasSameTextualContentAs(listing);
    }
  }

  @Test
  void theBytesThatJavaReadsAreThoseOfTheDisassembly() throws IOException {
    byte[] bytes = new byte[NativeCode.load().bytes().length];
    for (String line :
        Files.readAllLines(LISTINGS.resolve("stubs-" + Platform.processor() + ".txt"))) {
      if (line.startsWith("0x")) {
        String hex = line.substring(line.indexOf(':') + 2, line.indexOf('|')).replace(" ", "");
        byte[] some = HexFormat.of().parseHex(hex);
        System.arraycopy(
            some, 0, bytes, Integer.decode(line.substring(0, line.indexOf(':'))), some.length);
      }
    }
    assertThat(NativeCode.load().bytes()).isEqualTo(bytes);
  }

  @Test
  void codeIsNeverWritableAndDataNeverExecutable() throws IOException {
    NativeCode.Image image = NativeCode.load().map();
    assertThat(protection(image.entry("lb_handler"))).startsWith("r-x");
    assertThat(protection(image.data())).startsWith("rw-");
  }

  private static String protection(long address) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      String[] words = line.split(" ", 3);
      int dash = words[0].indexOf('-');
      long start = Long.parseUnsignedLong(words[0].substring(0, dash), 16);
      long end = Long.parseUnsignedLong(words[0].substring(dash + 1), 16);
      if (Long.compareUnsigned(address, start) >= 0 && Long.compareUnsigned(address, end) < 0) {
        return words[1];
      }
    }
    return "";
  }
}
