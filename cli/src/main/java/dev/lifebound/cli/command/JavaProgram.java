package dev.lifebound.cli.command;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The {@code java} that a command line names.
 *
 * @param path the program
 * @param feature its version, by the release file beside it; 0 when there is none
 */
record JavaProgram(Path path, int feature) {
  private static final Pattern VERSION =
      Pattern.compile("^JAVA_VERSION=\"(?:1\\.)?([0-9]+)", Pattern.MULTILINE);

  /** As a shell finds it; null when there is none. */
  static @Nullable JavaProgram find(String name, String searchPath) {
    if (name.indexOf('/') >= 0) {
      return of(Path.of(name));
    }
    for (String folder : searchPath.split(File.pathSeparator, -1)) {
      JavaProgram found = of(Path.of(folder.isEmpty() ? "." : folder, name));
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** The one that runs this program. */
  static JavaProgram own() {
    return new JavaProgram(
        Path.of(System.getProperty("java.home"), "bin", "java"), Runtime.version().feature());
  }

  private static @Nullable JavaProgram of(Path path) {
    if (!Files.isRegularFile(path) || !Files.isExecutable(path)) {
      return null;
    }
    return new JavaProgram(path, feature(path));
  }

  private static int feature(Path path) {
    try {
      Path bin = path.toRealPath().getParent();
      Path home = bin == null ? null : bin.getParent();
      if (home != null) {
        Matcher version = VERSION.matcher(Files.readString(home.resolve("release")));
        return version.find() ? Integer.parseInt(version.group(1)) : 0;
      }
    } catch (IOException | NumberFormatException e) {
      // No JDK has to have one.
    }
    return 0;
  }
}
