package dev.lifebound.analysis.lifetime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The locks that every caller of a function holds when it calls. */
final class EntryLocks {
  private static final int ROUNDS = 4;

  private EntryLocks() {}

  /** By function; one that code outside the unit may call, or nobody calls, has none. */
  static Map<String, Set<Place>> of(Map<String, Trace> traces) {
    Map<String, List<Call>> calls = new LinkedHashMap<>();
    for (Trace trace : traces.values()) {
      for (Trace.CallSite site : trace.calls.values()) {
        for (String callee : site.callees()) {
          boolean now = site.kind() != Op.Call.Kind.LATER;
          calls
              .computeIfAbsent(callee, id -> new ArrayList<>())
              .add(new Call(trace.function.id(), now ? site.locks() : Set.of(), now));
        }
      }
    }
    Map<String, Set<Place>> locks = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      Map<String, Set<Place>> next = new LinkedHashMap<>();
      for (Trace trace : traces.values()) {
        Function function = trace.function;
        List<Call> sites = calls.getOrDefault(function.id(), List.of());
        if (!sites.isEmpty() && !function.is(Function.Trait.PUBLIC)) {
          next.put(function.id(), common(sites, locks));
        }
      }
      locks = next;
    }
    return locks;
  }

  private record Call(String caller, Set<Place> locks, boolean now) {}

  private static Set<Place> common(List<Call> sites, Map<String, Set<Place>> locks) {
    Set<Place> common = null;
    for (Call site : sites) {
      Set<Place> here = new LinkedHashSet<>(site.locks());
      if (site.now()) {
        here.addAll(locks.getOrDefault(site.caller(), Set.of()));
      }
      if (common == null) {
        common = here;
      } else {
        common.retainAll(here);
      }
    }
    return common == null ? Set.of() : common;
  }
}
