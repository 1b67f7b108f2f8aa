package dev.lifebound.analysis.java;

import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Place;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Leaves out the functions that can touch neither a map of handles nor a free. */
final class Relevance {
  /* A function matters when it, or anything that it may call, works on such a map, frees, or carves
   * memory from an owner. Short functions stay as well: an accessor tells what a call returns.
   */
  private static final int SHORT_BLOCKS = 3;

  private Relevance() {}

  static List<Function> keep(List<Function> functions, Set<Place> maps) {
    boolean frees =
        functions.stream()
            .flatMap(f -> f.blocks().stream())
            .flatMap(b -> b.ops().stream())
            .anyMatch(Op.Free.class::isInstance);
    if (!frees || maps.isEmpty()) {
      return List.of();
    }
    Map<String, List<String>> callers = new LinkedHashMap<>();
    Deque<String> open = new ArrayDeque<>();
    Set<String> kept = new HashSet<>();
    for (Function function : functions) {
      for (var block : function.blocks()) {
        for (Op op : block.ops()) {
          if (op instanceof Op.Call call) {
            call.callees()
                .forEach(
                    c -> callers.computeIfAbsent(c, n -> new ArrayList<>()).add(function.id()));
          }
          if (matters(op, maps) && kept.add(function.id())) {
            open.add(function.id());
          }
        }
      }
    }
    while (!open.isEmpty()) {
      for (String caller : callers.getOrDefault(open.removeFirst(), List.of())) {
        if (kept.add(caller)) {
          open.add(caller);
        }
      }
    }
    return functions.stream()
        .filter(f -> kept.contains(f.id()) || f.blocks().size() <= SHORT_BLOCKS)
        .toList();
  }

  private static boolean matters(Op op, Set<Place> maps) {
    return switch (op) {
      case Op.Insert insert -> true;
      case Op.Lookup lookup -> true;
      case Op.Remove remove -> true;
      case Op.Clear clear -> true;
      case Op.Next next -> true;
      case Op.Free free -> true;
      case Op.Derive derive -> true;
      case Op.StoreField store -> maps.contains(new Place.Field(store.field()));
      case Op.LoadField load -> maps.contains(new Place.Field(load.field()));
      case Op.StoreGlobal store -> maps.contains(new Place.Global(store.name()));
      case Op.LoadGlobal load -> maps.contains(new Place.Global(load.name()));
      default -> false;
    };
  }
}
