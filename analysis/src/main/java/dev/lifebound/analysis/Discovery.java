package dev.lifebound.analysis;

import dev.lifebound.analysis.lifetime.Listing;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Notice;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Finds the files of a scan.
 *
 * <p>Folders whose names start with a dot or an underscore, and {@code testdata}, are not entered,
 * as the Go tool does not; nor are {@code node_modules}, {@code target} and {@code build}. A path
 * that the caller names is always entered. Symbolic links are followed; a loop is reported once.
 */
final class Discovery {
  private static final Set<String> NOT_ENTERED =
      Set.of("testdata", "node_modules", "target", "build");

  private final Path root;
  private final Set<String> suffixes;
  private final List<PathMatcher> excluded = new ArrayList<>();
  private final Map<String, Listing.Entry> files = new TreeMap<>();
  private final Set<Path> realFiles = new HashSet<>();
  final List<Notice> notices = new ArrayList<>();

  Discovery(Path root, Set<String> suffixes, List<String> exclude) {
    this.root = root.toAbsolutePath().normalize();
    this.suffixes = suffixes;
    for (String pattern : exclude) {
      excluded.add(FileSystems.getDefault().getPathMatcher("glob:" + pattern));
    }
  }

  Listing listing() {
    return new Listing(List.copyOf(files.values()));
  }

  /** Adds a file, or every file below a folder. */
  void add(Path path) {
    Path start = path.toAbsolutePath().normalize();
    if (Files.isRegularFile(start)) {
      file(start);
      return;
    }
    try {
      Files.walkFileTree(
          start, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, new Visitor(start));
    } catch (IOException e) {
      unreadable(start, e);
    }
  }

  /** The name under which findings show a path: relative to the root where it lies below it. */
  String shown(Path path) {
    if (path.equals(root)) {
      return String.valueOf(path.getFileName());
    }
    Path relative = path.startsWith(root) ? root.relativize(path) : path;
    return relative.toString().replace('\\', '/');
  }

  private void file(Path path) {
    String name = path.getFileName().toString();
    int dot = name.lastIndexOf('.');
    boolean wanted = dot >= 0 && suffixes.contains(name.substring(dot).toLowerCase(Locale.ROOT));
    if (!wanted || isExcluded(path) || !isFirst(path)) {
      return;
    }
    String shown = shown(path);
    files.put(shown, new Listing.Entry(path, shown));
  }

  /** A file that two links lead to is analysed once. */
  private boolean isFirst(Path path) {
    try {
      return realFiles.add(path.toRealPath());
    } catch (IOException e) {
      unreadable(path, e);
      return false;
    }
  }

  private boolean isExcluded(Path path) {
    Path relative = path.startsWith(root) ? root.relativize(path) : path;
    return excluded.stream().anyMatch(matcher -> matcher.matches(relative));
  }

  private void unreadable(Path path, IOException problem) {
    notices.add(
        new Notice(
            "path-unreadable",
            "a path must be readable: path="
                + shown(path)
                + ", problem="
                + problem.getClass().getSimpleName()
                + "; it was not analysed",
            Location.ofFile(shown(path))));
  }

  /** Walks one folder. */
  private final class Visitor extends SimpleFileVisitor<Path> {
    private final Path start;

    Visitor(Path start) {
      this.start = start;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      Path last = folder.getFileName();
      String name = last == null ? "" : last.toString();
      boolean hidden = name.startsWith(".") || name.startsWith("_") || NOT_ENTERED.contains(name);
      return (hidden && !folder.equals(start)) || isExcluded(folder)
          ? FileVisitResult.SKIP_SUBTREE
          : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
      if (attributes.isRegularFile()) {
        file(path);
      } else if (suffixes.stream().anyMatch(path.toString()::endsWith)) {
        String kind = attributes.isSymbolicLink() ? "a link to nothing" : "a special file";
        notices.add(
            new Notice(
                "path-unreadable",
                "a source must be a regular file: path="
                    + shown(path)
                    + ", found="
                    + kind
                    + "; it was not analysed",
                Location.ofFile(shown(path))));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path path, IOException problem) {
      if (problem instanceof FileSystemLoopException) {
        notices.add(
            new Notice(
                "link-loop",
                "a symbolic link must not lead back to its own folder: path="
                    + shown(path)
                    + "; it was not followed",
                Location.ofFile(shown(path))));
      } else if (Files.isSymbolicLink(path) || relevant(path)) {
        unreadable(path, problem);
      }
      return FileVisitResult.CONTINUE;
    }

    private boolean relevant(Path path) {
      return Files.isDirectory(path) || suffixes.stream().anyMatch(path.toString()::endsWith);
    }
  }

  /** Notices in a fixed order: file systems list folders in any. */
  List<Notice> sortedNotices() {
    return notices.stream()
        .sorted(Comparator.comparing(Notice::message).thenComparing(Notice::code))
        .toList();
  }
}
