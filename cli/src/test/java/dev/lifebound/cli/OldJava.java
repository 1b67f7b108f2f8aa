package dev.lifebound.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A Java of this machine that is older than what the library needs. */
final class OldJava {
  private OldJava() {}

  /**
   * Its home; Linux has its virtual machines in one folder, or it is the one on the search path.
   */
  static Path home() throws IOException {
    List<Path> homes = new ArrayList<>();
    Path machines = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(machines)) {
      try (Stream<Path> found = Files.list(machines)) {
        homes.addAll(found.sorted().toList());
      }
    }
    for (String entry : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      Path java = Path.of(entry, "java");
      if (Files.isExecutable(java)) {
        homes.add(java.toRealPath().resolve("../..").normalize());
      }
    }
    for (Path home : homes) {
      Path release = home.resolve("release");
      if (Files.isExecutable(home.resolve("bin/java"))
          && Files.isReadable(release)
          && Files.readString(release).matches("(?s).*JAVA_VERSION=\"(1[1-9]|2[0-4])[.\"].*")) {
        return home;
      }
    }
    throw new AssertionError(
        "a Java from 11 to 24 must be there: apt-get install openjdk-17-jre-headless");
  }
}
