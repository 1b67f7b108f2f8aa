package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkshopProcessTest {
  @TempDir private Path temporary;

  /** What go keeps for later lies in the folder of the run, and goes with it. */
  @Test
  void goLeavesNothingInTheUsersCache() throws Exception {
    Programs programs = Programs.ofMachine(System.getenv());
    assumeTrue(programs.go().isPresent(), "apt package golang-go");
    assumeTrue(programs.cCompiler().isPresent(), "apt package gcc");
    try (Scratch scratch = Scratch.create(temporary)) {
      Workshop workshop = new Workshop(scratch, programs);
      Workshop.Built built = workshop.goProgram(GoBuild.PLAIN);
      assertThat(built.obstacle()).isNull();
      assertThat(workshop.escapes("escape/number.go")).isNotEmpty();
      Path cache = workshop.goModule().resolveSibling("go-cache");
      assertThat(cache).isDirectory();
      try (Stream<Path> kept = Files.list(cache)) {
        assertThat(kept).isNotEmpty();
      }
    }
    assertThat(Folders.names(temporary)).isEmpty();
  }
}
