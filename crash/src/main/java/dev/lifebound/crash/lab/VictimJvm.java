package dev.lifebound.crash.lab;

import dev.lifebound.crash.autopsy.HsErr;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Starts victims on the JDK that runs the laboratory and waits for their end, however it comes. */
final class VictimJvm {
  private static final int MOST_OUTPUT_BYTES = 1 << 20;

  /**
   * Variables that would change the victim's allocator, load code into it or make it talk: the
   * experiment is about a plain JVM on the system's plain {@code malloc}.
   */
  private static final Set<String> REMOVED_VARIABLES =
      Set.of(
          "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "GLIBC_TUNABLES", "LD_PRELOAD");

  private static final String REMOVED_PREFIX = "MALLOC_";

  private final String classPath;

  private VictimJvm(String classPath) {
    this.classPath = classPath;
  }

  /** A JVM that sees exactly the places from which these classes were loaded. */
  static VictimJvm withClassesOf(Class<?>... classes) {
    Set<String> places = new LinkedHashSet<>();
    for (Class<?> type : classes) {
      places.add(placeOf(type));
    }
    return new VictimJvm(String.join(File.pathSeparator, places));
  }

  /** Runs one victim to its end, or kills it when the limit has passed. */
  Ending run(Scratch scratch, Duration limit, String mainClass, List<String> arguments)
      throws IOException, InterruptedException {
    Path folder = scratch.newFolder();
    Path output = folder.resolve("stdout");
    Path errors = folder.resolve("stderr");
    Path report = folder.resolve("hs_err");
    ProcessBuilder builder =
        new ProcessBuilder(command(folder, report, mainClass, arguments))
            .directory(folder.toFile())
            // Files, not pipes: nothing a dying process wrote is lost and nothing can block it.
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    clean(builder.environment());
    Process process = scratch.start(builder);
    boolean ended;
    try {
      ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      Scratch.kill(process);
    }
    return new Ending(
        limit,
        ended ? OptionalInt.of(process.exitValue()) : OptionalInt.empty(),
        lines(output),
        lines(errors),
        Files.exists(report) ? HsErr.read(report) : Optional.empty());
  }

  private List<String> command(Path folder, Path report, String mainClass, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            // A small, quick JVM: the victim lives for a fraction of a second.
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m",
            // Whatever a dying JVM writes goes to the folder; the shared /tmp stays clean.
            "-XX:ErrorFile=" + percentEscaped(report),
            "-XX:ReplayDataFile=" + percentEscaped(folder.resolve("replay")),
            "-XX:ErrorLogTimeout=10",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:-UsePerfData",
            "-XX:+DisableAttachMechanism",
            "-Djava.io.tmpdir=" + folder,
            "-cp",
            classPath,
            mainClass));
    command.addAll(arguments);
    return command;
  }

  /** HotSpot replaces %p in these file names by the process id. */
  private static String percentEscaped(Path file) {
    return file.toString().replace("%", "%%");
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

  private static String placeOf(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    if (source == null || !"file".equals(source.getLocation().getProtocol())) {
      throw new IllegalStateException(
          "victims need classes from a jar or a folder: class="
              + type.getName()
              + ", source="
              + source
              + "; run the laboratory from its jars");
    }
    try {
      return Path.of(source.getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(
          "the place of a class must be a file: place=" + source.getLocation(), e);
    }
  }
}
