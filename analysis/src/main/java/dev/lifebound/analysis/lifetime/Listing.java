package dev.lifebound.analysis.lifetime;

import java.nio.file.Path;
import java.util.List;

/**
 * The files of a scan, in the order of their shown names.
 *
 * @param files regular files, each once
 */
public record Listing(List<Entry> files) {
  public Listing {
    files = List.copyOf(files);
  }

  /** A file and the name under which findings show it. */
  public record Entry(Path path, String shown) {
    /** The shown name of its folder; empty for the root. */
    public String folder() {
      int slash = shown.lastIndexOf('/');
      return slash < 0 ? "" : shown.substring(0, slash);
    }
  }

  /** The files whose names end so. */
  public List<Entry> endingWith(String suffix) {
    return files.stream().filter(file -> file.shown().endsWith(suffix)).toList();
  }
}
