package dev.lifebound.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What depends on the machine and on the end of the JVM needs a JVM of its own. */
final class ForeignMachineProcessTest {
  @TempDir Path folder;

  /** Scans its argument and prints the outcome. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      Path path = Path.of(arguments[0]);
      System.out.println(Scanner.scan(List.of(path), Scans.options(path, 1)));
    }
  }

  private String scan(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.io.tmpdir=" + folder);
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Child.class.getName());
    command.add(Scans.TESTDATA.resolve("LBG001").toString());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  @Test
  void aMachineWithoutAParserIsRefusedAndNotCalledClean() throws Exception {
    assertThat(scan("-Dos.arch=riscv64"))
        .contains("code=parser-unavailable", "arch=riscv64")
        .doesNotContain("Scanned");
  }

  @Test
  void nothingIsLeftInTheTemporaryFolder() throws Exception {
    assertThat(scan()).contains("Scanned").doesNotContain("WARNING");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.contains("tree-sitter"));
    }
  }
}
