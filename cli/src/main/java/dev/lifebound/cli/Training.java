package dev.lifebound.cli;

import dev.lifebound.cli.command.Lifebound;
import dev.lifebound.cli.command.Terminal;
import dev.lifebound.cli.command.Version;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

/**
 * Loads what the commands use, while the JVM records it for the ahead-of-time cache.
 *
 * <p>Run by the build, and by the launcher for a distribution or another JDK. At the end it writes
 * {@code built} into the distribution: the folder and the version of the JDK the cache belongs to,
 * with the time at which the build began, because the launcher builds again when a source is newer.
 */
final class Training {
  private Training() {}

  /** The folder of the distribution; set when this start is a training. */
  static final String DIST = "lifebound.training";

  private static final String BUILD_START = "lifebound.build-start";

  static void run(Path dist) throws IOException {
    Terminal nowhere =
        new Terminal(
            OutputStream.nullOutputStream(),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            false,
            false,
            Terminal.DEFAULT_WIDTH);
    Path sample = Files.createTempDirectory("lifebound-training");
    try {
      boolean _ = Version.answer(new String[] {"--version"}, nowhere);
      for (String[] command : commands(sample)) {
        // The exit codes do not matter here: a usage error is a code path like any other.
        int _ = Lifebound.program().run(command, nowhere);
      }
    } finally {
      Files.delete(sample);
    }
    Path built = dist.resolve("built");
    Files.writeString(
        built,
        System.getProperty("java.home") + "\n" + System.getProperty("java.runtime.version") + "\n");
    String buildStart = System.getProperty(BUILD_START);
    if (buildStart != null) {
      Files.setLastModifiedTime(built, FileTime.from(Instant.parse(buildStart)));
    }
  }

  private static String[][] commands(Path sample) {
    String path = sample.toString();
    return new String[][] {
      {"--debug", "--version"},
      {"--help"},
      {"--no-such-option"},
      {"lab", "--help"},
      {"lab", "small-block"},
      {"lab", "small-block", "--json"},
      {"scan", "--help"},
      {"scan", path},
      {"scan", "--json", path},
      {"scan", "--format", "sarif", path}
    };
  }
}
