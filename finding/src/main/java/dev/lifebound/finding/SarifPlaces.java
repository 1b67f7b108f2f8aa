package dev.lifebound.finding;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads the locations of one run. */
final class SarifPlaces {
  /** The path of a result that names no file: the analysed root as a whole. */
  static final String ROOT = ".";

  private final JsonNode run;

  SarifPlaces(JsonNode run) {
    this.run = run;
  }

  /** The location, or null when it names no file. */
  @Nullable Location location(JsonNode location) {
    JsonNode physical = location.path("physicalLocation");
    String path = path(physical.path("artifactLocation"));
    if (path == null) {
      return null;
    }
    JsonNode region = physical.path("region");
    String snippet = Sarif.text(region, "snippet", "text");
    return new Location(path, region(region), function(location), snippet);
  }

  /** The fully qualified name of the first logical location, or null. */
  @Nullable String function(JsonNode location) {
    JsonNode logical = location.path("logicalLocations").path(0);
    int index = Sarif.number(logical, "index", -1);
    JsonNode shared = run.path("logicalLocations").path(index);
    for (JsonNode place : new JsonNode[] {logical, shared}) {
      String name = Sarif.text(place, "fullyQualifiedName");
      if (name == null) {
        name = Sarif.text(place, "name");
      }
      if (name != null) {
        return name;
      }
    }
    return null;
  }

  private @Nullable String path(JsonNode artifact) {
    String uri = Sarif.text(artifact, "uri");
    String base = Sarif.text(artifact, "uriBaseId");
    if (uri == null) {
      JsonNode shared =
          run.path("artifacts").path(Sarif.number(artifact, "index", -1)).path("location");
      uri = Sarif.text(shared, "uri");
      base = Sarif.text(shared, "uriBaseId");
    }
    if (uri == null) {
      return null;
    }
    String path = SarifUris.path(prefix(base) + uri);
    return path.isBlank() ? null : path;
  }

  /**
   * The relative folders named by a chain of bases. An absolute base is left out: it is the
   * analysed root on somebody else's machine.
   */
  private String prefix(@Nullable String base) {
    StringBuilder prefix = new StringBuilder();
    Set<String> seen = new HashSet<>();
    String at = base;
    while (at != null && seen.add(at)) {
      JsonNode place = run.path("originalUriBaseIds").path(at);
      String uri = Sarif.textOr("", place, "uri");
      if (uri.startsWith("/") || uri.contains(":")) {
        break;
      }
      prefix.insert(0, uri.isEmpty() || uri.endsWith("/") ? uri : uri + "/");
      at = Sarif.text(place, "uriBaseId");
    }
    return prefix.toString();
  }

  /** Missing parts of a region are read as SARIF 3.30 defines, where that needs no file. */
  private static @Nullable Region region(JsonNode region) {
    int startLine = Sarif.number(region, "startLine", 0);
    if (startLine < 1) {
      return null;
    }
    int startColumn = Math.max(1, Sarif.number(region, "startColumn", 1));
    int endLine = Math.max(startLine, Sarif.number(region, "endLine", startLine));
    int least = endLine == startLine ? startColumn : 1;
    int endColumn = Math.max(least, Sarif.number(region, "endColumn", least));
    return new Region(startLine, startColumn, endLine, endColumn);
  }
}
