package dev.lifebound.analysis.lifetime;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is analysed together: a Go package with its C parts, the Java sources of one run.
 *
 * @param name for messages
 * @param language {@code go} or {@code java}; only rules of that language judge it
 * @param complete whether every function was understood; else what is missing may remove anything
 * @param functions in source order; identifiers are unique
 * @param known summaries of functions whose bodies are not here, by the identifier calls use
 * @param maps the declarations of the maps that have a place
 */
public record Unit(
    String name,
    String language,
    boolean complete,
    List<Function> functions,
    Map<String, Summary> known,
    Map<Place, MapDeclaration> maps) {
  public Unit {
    functions = List.copyOf(functions);
    known = Collections.unmodifiableMap(new LinkedHashMap<>(known));
    maps = Collections.unmodifiableMap(new LinkedHashMap<>(maps));
  }
}
