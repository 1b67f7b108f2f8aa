package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the pages say of AddressSanitizer, run on the very sources of the victims. */
class ToolsProcessTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path temporary;

  private static Ending run(Scratch scratch, Path folder, List<String> command) throws Exception {
    return VictimProcess.run(scratch, folder, LIMIT, new ProcessBuilder(command));
  }

  @Test
  void addressSanitizerFindsEachMistakeInC() throws Exception {
    Optional<Path> compiler = Programs.ofMachine(System.getenv()).cCompiler();
    assumeTrue(compiler.isPresent(), "apt package gcc");
    try (Scratch scratch = Scratch.create(temporary)) {
      Path folder = scratch.newFolder();
      Sources.copy("victim.c", folder.resolve("victim.c"));
      Ending compiled =
          run(
              scratch,
              folder,
              List.of(
                  compiler.get().toString(),
                  "-g",
                  "-O1",
                  "-DALONE",
                  "-fsanitize=address",
                  "victim.c",
                  "-o",
                  "victim"));
      assertThat(compiled.exitCode()).as("%s", compiled.errors()).isEqualTo(OptionalInt.of(0));
      String program = folder.resolve("victim").toString();

      assertThat(said(scratch, program, "read")).contains("heap-use-after-free");
      assertThat(said(scratch, program, "double")).contains("attempting double-free");
      assertThat(said(scratch, program, "write")).contains("heap-use-after-free");
      assertThat(said(scratch, program, "overflow")).contains("heap-buffer-overflow");
    }
  }

  private static String said(Scratch scratch, String program, String mistake) throws Exception {
    Ending ending = run(scratch, scratch.newFolder(), List.of(program, mistake));
    assertThat(ending.exitCode()).isNotEqualTo(OptionalInt.of(0));
    return String.join("\n", ending.errors());
  }
}
