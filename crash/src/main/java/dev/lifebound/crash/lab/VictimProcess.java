package dev.lifebound.crash.lab;

import dev.lifebound.crash.autopsy.HsErr;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Runs one process of a scratch to its end, however it comes, and keeps what it wrote. */
final class VictimProcess {
  /** The name of the fatal error report in a victim's folder. */
  static final String REPORT = "hs_err";

  private static final int MOST_OUTPUT_BYTES = 1 << 20;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  /**
   * Variables that would change the victim's allocator or runtime, load code into it or make it
   * talk: the experiment is about a plain program on the system's plain {@code malloc}.
   */
  private static final Set<String> REMOVED_VARIABLES =
      Set.of(
          "JAVA_TOOL_OPTIONS",
          "JDK_JAVA_OPTIONS",
          "_JAVA_OPTIONS",
          "GLIBC_TUNABLES",
          "LD_PRELOAD",
          "GODEBUG",
          "GOTRACEBACK",
          "GOGC",
          "GOMEMLIMIT",
          "GOMAXPROCS");

  private static final String REMOVED_PREFIX = "MALLOC_";

  private VictimProcess() {}

  /**
   * Runs a command in a folder, or kills it when the limit has passed.
   *
   * @param folder takes {@code stdout}, {@code stderr} and every other file
   */
  static Ending run(Scratch scratch, Path folder, Duration limit, ProcessBuilder builder)
      throws IOException, InterruptedException {
    Path output = folder.resolve("stdout");
    Path errors = folder.resolve("stderr");
    Path report = folder.resolve(REPORT);
    builder
        .directory(folder.toFile())
        // Files, not pipes: nothing a dying process wrote is lost and nothing can block it.
        .redirectOutput(output.toFile())
        .redirectError(errors.toFile());
    clean(builder.environment());
    Process process = scratch.start(builder);
    boolean ended;
    Instant end;
    try {
      ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      end = Instant.now();
      Scratch.kill(process);
    }
    boolean reported = Files.exists(report);
    if (reported) {
      // Writing the report takes a while; the death came before.
      end = Files.readAttributes(report, BasicFileAttributes.class).creationTime().toInstant();
    }
    return new Ending(
        limit,
        ended ? OptionalInt.of(process.exitValue()) : OptionalInt.empty(),
        lines(output),
        lines(errors),
        reported ? HsErr.read(report) : Optional.empty(),
        end.getEpochSecond() * NANOS_PER_SECOND + end.getNano());
  }

  /** Takes out of a victim's environment what would change the experiment. */
  static void clean(Map<String, String> environment) {
    environment
        .keySet()
        .removeIf(name -> REMOVED_VARIABLES.contains(name) || name.startsWith(REMOVED_PREFIX));
  }

  private static List<String> lines(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MOST_OUTPUT_BYTES), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
