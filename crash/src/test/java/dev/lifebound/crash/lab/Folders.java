package dev.lifebound.crash.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What lies in a folder. */
final class Folders {
  private Folders() {}

  static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder.toAbsolutePath())) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }
}
