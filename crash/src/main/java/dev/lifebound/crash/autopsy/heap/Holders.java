package dev.lifebound.crash.autopsy.heap;

import dev.lifebound.crash.autopsy.heap.HeapSearch.Held;
import dev.lifebound.crash.autopsy.heap.HeapSearch.Target;
import dev.lifebound.crash.autopsy.heap.NumberSearch.Hit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Ends of climbs as holders for a reader. */
record Holders(Target target, Map<Step, Hit> hits, KeyTexts keys) {
  private static final int MOST = 200;

  /** What the climb to a step began at. */
  Hit hit(Step step) {
    Hit hit = hits.get(step.root());
    if (hit == null) {
      throw new IllegalStateException("a climb must begin at a hit: " + step.text());
    }
    return hit;
  }

  /** The holders, each once: maps first. */
  List<Held> of(List<Step> ends) {
    Map<List<Object>, Held> found = new LinkedHashMap<>();
    Set<Step> inMap = new HashSet<>();
    for (Step end : ends) {
      if (end.isMapBelow()) {
        inMap.add(end.root());
      }
    }
    for (Step end : ends) {
      Held held = held(end);
      boolean mapped = held.map() != null;
      // Where a map was found for the same number, the fields on the way to it add nothing.
      if (mapped || !inMap.contains(end.root())) {
        found.putIfAbsent(List.of(held.place(), String.valueOf(held.key()), held.number()), held);
      }
    }
    return found.values().stream()
        .sorted(
            Comparator.comparing((Held held) -> held.map() == null)
                .thenComparing(held -> Long.compareUnsigned(held.number(), target.from()) < 0)
                .thenComparingLong(Held::number)
                .thenComparing(Held::place))
        .limit(MOST)
        .toList();
  }

  private Held held(Step end) {
    List<String> chain = new ArrayList<>();
    Consumer<Step> collect = step -> chain.addFirst(step.text());
    String key = null;
    String map = null;
    ClassTable.Type above = null;
    for (Step at = end; at != null; at = at.below()) {
      collect.accept(at);
      if (at.isKeyed() && map == null) {
        key = at.keyText() != null ? at.keyText() : keys.text(at.keyId());
        map = mapClass(above, at);
      }
      above = at.type() != null && !ClassKinds.isEntry(at.type()) ? at.type() : above;
    }
    Hit hit = hit(end);
    return new Held(end.place(), key, map, hit.pointer(), hit.number(), chain);
  }

  private static String mapClass(ClassTable.@Nullable Type above, Step entry) {
    ClassTable.Type own = entry.type();
    if (own != null && !ClassKinds.isEntry(own)) {
      return own.name;
    }
    if (above != null && above.name.startsWith("java.")) {
      // The parts of a map that lead to its entries are the map.
      return above.name.replaceFirst("\\$(?:Index|HeadIndex|TreeBin|Segment)$", "");
    }
    return own == null ? "map" : own.name.replaceFirst("\\$.*", "");
  }
}
