package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.LoadedObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which libraries a watch names: patterns of file names, or of whole paths where they have a {@code
 * /}; {@code *} and {@code ?} stand for any characters and for one. The program itself counts as a
 * library. Immutable.
 */
final class LibraryPatterns {
  private final List<String> names;
  private final List<Pattern> patterns;

  LibraryPatterns(List<String> names) {
    this.names = List.copyOf(names);
    this.patterns = names.stream().map(LibraryPatterns::glob).toList();
  }

  /** Whether one of them names the library. */
  boolean match(LoadedObject object) {
    return patterns.stream().anyMatch(pattern -> matches(pattern, object));
  }

  /**
   * Each must name one that is loaded.
   *
   * @throws IllegalArgumentException with the first that names none
   */
  void requireMatches(List<LoadedObject> objects) {
    for (int i = 0; i < patterns.size(); i++) {
      Pattern pattern = patterns.get(i);
      if (objects.stream().noneMatch(object -> matches(pattern, object))) {
        throw new IllegalArgumentException(
            "a loaded library must match the pattern: pattern="
                + names.get(i)
                + ", loaded="
                + objects.size()
                + "; load it first, or allow it to come later with loadedLater()");
      }
    }
  }

  private static boolean matches(Pattern pattern, LoadedObject object) {
    String path = name(object.path());
    boolean whole = pattern.pattern().contains("/");
    return pattern.matcher(whole ? path : fileName(path)).matches();
  }

  /** The last part of a path. */
  static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** The path of a loaded object; the program itself has none to the linker. */
  static String name(String path) {
    return path.isEmpty() ? Program.NAME : path;
  }

  /** Found out once. */
  private static final class Program {
    static final String NAME = name();

    private static String name() {
      try {
        return Files.readSymbolicLink(Path.of("/proc/self/exe")).toString();
      } catch (IOException e) {
        return "";
      }
    }
  }

  private static Pattern glob(String pattern) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      switch (c) {
        case '*' -> regex.append(".*");
        case '?' -> regex.append('.');
        case '/' -> regex.append('/');
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString());
  }

  /** As they were given, with commas between. */
  @Override
  public String toString() {
    return String.join(",", names);
  }
}
