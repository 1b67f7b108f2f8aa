package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramsTest {
  @TempDir Path folder;

  private Path program(String name, String permissions) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void theFirstFolderOfThePathWins() throws IOException {
    Path second = program("b/gcc", "rwxr-xr-x");
    Path first = program("a/gcc", "rwxr-xr-x");
    Programs programs =
        Programs.ofMachine(Map.of("PATH", first.getParent() + "::" + second.getParent()));

    assertThat(programs.cCompiler()).contains(first);
  }

  @Test
  void whatCannotBeRunIsNoProgram() throws IOException {
    program("go", "rw-r--r--");
    Files.createDirectory(folder.resolve("cc"));

    assertThat(new Programs(List.of(folder)).go()).isEmpty();
    assertThat(new Programs(List.of(folder)).cCompiler()).isEmpty();
    assertThat(new Programs(List.of()).go()).isEmpty();
  }

  @Test
  void theNewestGoOfTheUserIsFoundOutsideOfThePath() throws IOException {
    program("sdk/go1.9/bin/go", "rwxr-xr-x");
    Path newest = program("sdk/go1.22/bin/go", "rwxr-xr-x");
    List<Path> folders =
        Programs.ofMachine(Map.of("PATH", "", "HOME", folder.toString())).folders();

    assertThat(folders).contains(Path.of("/usr/local/go/bin"), newest.getParent());
    assertThat(folders.stream().filter(path -> path.startsWith(folder)).findFirst())
        .contains(newest.getParent());
  }
}
