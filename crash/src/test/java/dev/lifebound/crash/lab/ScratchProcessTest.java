package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchProcessTest {
  @TempDir Path temporary;

  @Test
  void anOrderlyShutdownKillsTheVictimAndDeletesTheFolder() throws Exception {
    Process laboratory =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ShuttingDownMain.class.getName(),
                temporary.toString())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(laboratory.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();

    assertThat(laboratory.waitFor()).as(output).isZero();
    assertThat(Folders.names(temporary)).isEmpty();
    assertThat(ProcessHandle.of(Long.parseLong(output)).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void closingDeletesWhateverVictimsLeft() throws Exception {
    try (Scratch scratch = Scratch.create(temporary)) {
      Path folder = Files.createDirectories(scratch.newFolder().resolve("deep/er"));
      Files.writeString(folder.resolve("core"), "x");
      Files.createSymbolicLink(folder.resolve("link"), temporary);
    }

    assertThat(Folders.names(temporary)).isEmpty();
  }

  @Test
  void aClosedScratchStartsNothing() throws Exception {
    Scratch scratch = Scratch.create(temporary);
    scratch.close();
    scratch.close();

    assertThatThrownBy(scratch::newFolder).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> scratch.start(new ProcessBuilder("true")))
        .isInstanceOf(IllegalStateException.class);
  }
}
