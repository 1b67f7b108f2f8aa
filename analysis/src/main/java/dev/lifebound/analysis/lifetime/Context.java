package dev.lifebound.analysis.lifetime;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the walk of one function needs to know of the others. */
final class Context {
  private final Unit unit;
  private final Map<String, Summary> summaries = new LinkedHashMap<>();

  Context(Unit unit) {
    this.unit = unit;
    summaries.putAll(unit.known());
  }

  Unit unit() {
    return unit;
  }

  /** What a call does; a function that is not known yet, or never, does nothing. */
  Summary summary(String id) {
    return summaries.getOrDefault(id, Summary.NOTHING);
  }

  void put(String id, Summary summary) {
    summaries.put(id, summary);
  }

  /** The places at which the unit declares maps. */
  Set<Place> maps() {
    return unit.maps().keySet();
  }

  boolean isMap(Place place) {
    return unit.maps().containsKey(place);
  }

  /** The type of a map's values where that is an object of the unit. */
  @Nullable String valueType(Place map) {
    MapDeclaration declaration = unit.maps().get(map);
    return declaration == null ? null : declaration.valueType();
  }
}
