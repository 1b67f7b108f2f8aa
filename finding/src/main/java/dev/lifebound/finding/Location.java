package dev.lifebound.finding;

import org.jspecify.annotations.Nullable;

/**
 * A place in a file.
 *
 * @param path relative to the analysed root where possible, separated by {@code /}
 * @param region the range in the file; null names the whole file
 * @param function the enclosing function or method as the language writes it; blank counts as null
 * @param snippet the source line at the start of the region without indentation; blank counts as
 *     null
 */
public record Location(
    String path, @Nullable Region region, @Nullable String function, @Nullable String snippet) {
  public Location {
    Checks.text("path", path);
    function = Checks.orNull(function);
    snippet = Checks.orNull(snippet);
  }

  /** The whole file. */
  public static Location ofFile(String path) {
    return new Location(path, null, null, null);
  }

  /** {@code path:line}, or the path alone where no region is known. */
  public String text() {
    return region == null ? path : path + ":" + region.startLine();
  }
}
