package dev.lifebound.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The zip of the command line, unpacked.
 *
 * @param home its only folder
 */
record Distribution(Path home) {
  /** Unpacks the zip of this build, with the permissions it holds. */
  static Distribution unpack(Path target) throws IOException {
    Path zip = Path.of(System.getProperty("lifebound.zip", "(lifebound.zip is not set)"));
    URI uri = URI.create("jar:" + zip.toUri());
    try (FileSystem system =
            FileSystems.newFileSystem(uri, Map.of("enablePosixFileAttributes", true));
        Stream<Path> files = Files.walk(system.getPath("/"))) {
      files.forEach(file -> extract(file, target.resolve(file.toString().substring(1))));
    }
    try (Stream<Path> roots = Files.list(target)) {
      return new Distribution(roots.findFirst().orElseThrow());
    }
  }

  /** The jar that is started. */
  Path jar() throws IOException {
    try (Stream<Path> files = Files.list(home.resolve("lib"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("lifebound-cli-"))
          .findFirst()
          .orElseThrow();
    }
  }

  /** The JVM of the tests with the flags of every start. */
  ProcessBuilder java(String... arguments) {
    return command(
        Path.of(System.getProperty("java.home"), "bin/java").toString(),
        List.of("@" + home + "/lib/jvm.options"),
        arguments);
  }

  /** The launcher of the distribution. */
  ProcessBuilder launcher(String... arguments) {
    ProcessBuilder builder =
        command(home.resolve("bin/lifebound").toString(), List.of(), arguments);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().remove("NO_COLOR");
    builder.environment().put("TERM", "xterm");
    return builder;
  }

  private static ProcessBuilder command(String program, List<String> first, String... arguments) {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(first);
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  private static void extract(Path file, Path target) {
    try {
      if (Files.isDirectory(file)) {
        Files.createDirectories(target);
      } else {
        Files.copy(file, target);
        Files.setPosixFilePermissions(target, Files.getPosixFilePermissions(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the zip must be readable: entry=" + file, e);
    }
  }
}
