package dev.lifebound.crash.lab;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Starts victims on the JDK that runs the laboratory and waits for their end, however it comes. */
final class VictimJvm {
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
    return VictimProcess.run(
        scratch, folder, limit, new ProcessBuilder(command(folder, mainClass, arguments)));
  }

  private List<String> command(Path folder, String mainClass, List<String> arguments) {
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
            "-XX:ErrorFile=" + percentEscaped(folder.resolve(VictimProcess.REPORT)),
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
