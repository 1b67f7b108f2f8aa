package dev.lifebound.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The real program in a process of its own. */
class MainProcessTest {
  @Test
  void theVersionGoesToStandardOutput() throws Exception {
    Ran ran = run("--version");
    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out()).startsWith("lifebound ").endsWith("\n");
    assertThat(ran.err()).isEmpty();
  }

  @Test
  void aUsageErrorIsExit64AndLeavesStandardOutputEmpty() throws Exception {
    Ran ran = run("--nonsense");
    assertThat(ran.exitCode()).isEqualTo(64);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).startsWith("lifebound: ").endsWith("[usage]\n").hasLineCount(1);
  }

  private static Ran run(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(arguments));
    return Ran.of(new ProcessBuilder(command));
  }
}
