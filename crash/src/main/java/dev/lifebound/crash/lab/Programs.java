package dev.lifebound.crash.lab;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The compilers of the machine.
 *
 * @param folders where programs are looked for, the first first
 */
record Programs(List<Path> folders) {
  private static final List<String> C_COMPILERS = List.of("cc", "gcc", "clang");
  private static final Path LIBRARIES = Path.of("/usr/lib");
  private static final Pattern NUMBER = Pattern.compile("\\d+");

  Programs {
    folders = List.copyOf(folders);
  }

  /** The folders of the PATH, and those in which Go is usually installed outside of it. */
  static Programs ofMachine(Map<String, String> environment) {
    List<Path> folders = new ArrayList<>();
    Pattern.compile(Pattern.quote(File.pathSeparator))
        .splitAsStream(environment.getOrDefault("PATH", ""))
        .filter(folder -> !folder.isEmpty())
        .map(Path::of)
        .forEach(folders::add);
    folders.add(Path.of("/usr/local/go/bin"));
    folders.add(LIBRARIES.resolve("go").resolve("bin"));
    versioned(LIBRARIES, "go-*").forEach(go -> folders.add(go.resolve("bin")));
    folders.add(Path.of("/usr/lib/golang/bin"));
    folders.add(Path.of("/opt/go/bin"));
    folders.add(Path.of("/snap/bin"));
    String home = environment.getOrDefault("HOME", "");
    if (!home.isEmpty()) {
      versioned(Path.of(home, "sdk"), "go*").forEach(go -> folders.add(go.resolve("bin")));
    }
    return new Programs(folders);
  }

  /** The first C compiler. */
  Optional<Path> cCompiler() {
    return C_COMPILERS.stream().flatMap(name -> find(name).stream()).findFirst();
  }

  /** The {@code go} command. */
  Optional<Path> go() {
    return find("go");
  }

  private Optional<Path> find(String name) {
    return folders.stream()
        .map(folder -> folder.resolve(name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  /** Folders of this name, the newest version first. */
  private static List<Path> versioned(Path parent, String glob) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(parent, glob)) {
      stream.forEach(found::add);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    } catch (IOException e) {
      // A folder that cannot be read has no compiler for us.
      return List.of();
    }
    found.sort(
        Comparator.comparing((Path folder) -> paddedNumbers(folder.getFileName().toString()))
            .reversed());
    return found;
  }

  /** {@code go-1.9} comes before {@code go-1.19}. */
  private static String paddedNumbers(String name) {
    return NUMBER
        .matcher(name)
        .replaceAll(
            number -> "0".repeat(Math.max(0, 9 - number.group().length())) + number.group());
  }
}
