package dev.lifebound.memory.guard;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many memory mappings the guard may use: what was asked for, but at most a quarter of what the
 * system allows a process. At that end the JVM itself dies, for it maps memory as well.
 */
final class MappingLimit {
  /** Where Linux says how many a process may have. */
  static final Path OF_SYSTEM = Path.of("/proc/sys/vm/max_map_count");

  private static final int SHARE = 4;

  private MappingLimit() {}

  /** What was asked for where the file cannot be read or says nothing. */
  static int of(Path file, int asked) {
    // A file of /proc/sys answers its first read only, so that must be a long one.
    try (BufferedReader text = Files.newBufferedReader(file)) {
      long system = Long.parseLong(String.valueOf(text.readLine()).strip());
      return (int) Math.min(asked, Math.max(0, system / SHARE));
    } catch (IOException | NumberFormatException e) {
      return asked;
    }
  }
}
