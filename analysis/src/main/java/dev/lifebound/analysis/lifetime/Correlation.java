package dev.lifebound.analysis.lifetime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Joins the traces of a unit's functions into its {@link Facts}. */
final class Correlation {
  /* Overview
   *
   * A free whose entry stands at the end of a function is judged where the free is written, unless
   * a caller may remove from that map: then the callers are judged instead, for the protocol is
   * theirs. A free whose entry was made by another function (INSERTED_ELSEWHERE) is judged at the
   * outermost functions only, and only where nothing that calls them, and nothing that native code
   * may call, removes from that map.
   */
  private final Unit unit;
  private final Context context;
  private final Map<String, Trace> traces;
  private final Map<String, Set<String>> callers = new LinkedHashMap<>();
  private final Set<Place> removedByNative = new LinkedHashSet<>();
  private final Map<String, Set<Place>> entryLocks;

  Correlation(Unit unit, Context context, Map<String, Trace> traces) {
    this.unit = unit;
    this.context = context;
    this.traces = traces;
    for (Trace trace : traces.values()) {
      for (String callee : CallOrder.callees(trace.function)) {
        callers.computeIfAbsent(callee, id -> new LinkedHashSet<>()).add(trace.function.id());
      }
      if (trace.function.is(Function.Trait.CALLED_BY_NATIVE)) {
        removedByNative.addAll(trace.mayRemove);
      }
    }
    this.entryLocks = EntryLocks.of(traces);
  }

  Facts facts() {
    Set<Place> escaped = new LinkedHashSet<>();
    traces.values().forEach(trace -> escaped.addAll(trace.escaped));
    List<Facts.Insertion> insertions = insertions();
    List<Facts.Sighting> lookups = sightings(trace -> trace.lookups);
    List<Facts.Outlived> outlived = new ArrayList<>(onOnePath());
    outlived.addAll(elsewhere(insertions, lookups));
    outlived.removeIf(fact -> escaped.contains(fact.map()));
    return new Facts(
        unit,
        insertions,
        lookups,
        sightings(trace -> trace.removals),
        escaped,
        outlived,
        inversions(escaped),
        reachedByNative(),
        traces.values().stream().filter(t -> t.cut).map(t -> t.function).toList());
  }

  // --- sightings ---------------------------------------------------------------------------------

  private List<Facts.Insertion> insertions() {
    List<Facts.Insertion> all = new ArrayList<>();
    for (Trace trace : traces.values()) {
      for (Trace.Seen seen : trace.insertions.values()) {
        all.add(
            new Facts.Insertion(
                sighting(trace, seen),
                Set.copyOf(seen.keyFields),
                Set.copyOf(seen.valueFields),
                Set.copyOf(seen.ownerFields),
                seen.direct));
      }
    }
    return all;
  }

  private List<Facts.Sighting> sightings(
      java.util.function.Function<Trace, Map<Span, Trace.Seen>> kind) {
    List<Facts.Sighting> all = new ArrayList<>();
    for (Trace trace : traces.values()) {
      kind.apply(trace).values().forEach(seen -> all.add(sighting(trace, seen)));
    }
    return all;
  }

  private Facts.Sighting sighting(Trace trace, Trace.Seen seen) {
    Set<Place> locks = new LinkedHashSet<>(seen.locks);
    locks.addAll(locksOnEntry(trace.function.id()));
    return new Facts.Sighting(seen.map, new Facts.Point(trace.function, seen.span), locks);
  }

  private Set<Place> locksOnEntry(String function) {
    return entryLocks.getOrDefault(function, Set.of());
  }

  // --- entries that outlive what they hold -------------------------------------------------------

  private record Candidate(Trace trace, State.FreedMark mark, Facts.Outlived fact) {
    /** Where and what; paths that differ otherwise say the same. */
    Object identity() {
      return List.of(trace.function.id(), mark.point.span(), fact.map(), fact.part());
    }
  }

  private List<Facts.Outlived> onOnePath() {
    Map<Object, Candidate> candidates = new LinkedHashMap<>();
    for (Trace trace : traces.values()) {
      for (State end : trace.ends) {
        for (State.FreedMark mark : end.freed) {
          for (Matching.Match match : Matching.entries(mark, end)) {
            if (!mark.settled.contains(match.map()) && !calledBack(mark, match.map())) {
              Candidate candidate = new Candidate(trace, mark, outlived(trace, mark, match, end));
              candidates.merge(candidate.identity(), candidate, (a, b) -> b.fact().used() ? b : a);
            }
          }
        }
      }
    }
    List<Candidate> reportable =
        candidates.values().stream().filter(c -> !callersRemove(c)).toList();
    Set<Object> own = new LinkedHashSet<>();
    for (Candidate candidate : reportable) {
      if (candidate.mark().origin.equals(candidate.trace().function.id())) {
        own.add(List.of(candidate.mark().origin, candidate.fact().map()));
      }
    }
    return reportable.stream()
        .filter(c ->
            c.mark().origin.equals(c.trace().function.id())
                || !own.contains(List.of(c.mark().origin, c.fact().map())))
        .map(Candidate::fact)
        .toList();
  }

  /** Whether the freeing function may call back into code that removes the entry. */
  private boolean calledBack(State.FreedMark mark, Place map) {
    return mark.freeing.knowledge() != Freeing.Knowledge.STANDARD && removedByNative.contains(map);
  }

  private boolean callersRemove(Candidate candidate) {
    Place map = candidate.fact().map();
    return transitiveCallers(candidate.trace().function.id()).stream()
        .anyMatch(id -> removes(id, map));
  }

  private boolean removes(String function, Place map) {
    Trace trace = traces.get(function);
    return trace != null && trace.mayRemove.contains(map);
  }

  private Facts.Outlived outlived(
      Trace trace, State.FreedMark mark, Matching.Match match, State end) {
    Facts.Point survivor = mark.survivors.get(match.map());
    Span exit = end.exit == null ? endOf(trace.function) : end.exit;
    return new Facts.Outlived(
        match.map(),
        match.holding(),
        match.part(),
        match.held() == null ? mark.point : match.held(),
        free(trace, mark),
        survivor == null ? new Facts.Point(trace.function, exit) : survivor,
        survivor != null);
  }

  private static Span endOf(Function function) {
    return new Span(function.span().end(), function.span().end());
  }

  private Facts.Free free(Trace trace, State.FreedMark mark) {
    Set<Place> locks = new LinkedHashSet<>(mark.locks.keySet());
    locks.addAll(locksOnEntry(trace.function.id()));
    FieldName field = mark.value instanceof Value.FieldOf of ? of.field() : null;
    return new Facts.Free(mark.point, mark.text, mark.freeing, locks, field, mark.guarded);
  }

  // --- entries that another function made --------------------------------------------------------

  private List<Facts.Outlived> elsewhere(
      List<Facts.Insertion> insertions, List<Facts.Sighting> lookups) {
    Map<Object, Facts.Outlived> facts = new LinkedHashMap<>();
    for (Trace trace : traces.values()) {
      if (!isOutermost(trace.function)) {
        continue;
      }
      for (State end : trace.ends) {
        for (State.FreedMark mark : end.freed) {
          if (mark.value instanceof Value.FieldOf freed && freed.field().isKnown()) {
            for (Facts.Insertion insertion : insertions) {
              Facts.Part part = part(freed.field(), mark, insertion);
              if (part != null && standsAlone(trace, mark, insertion.sighting().map(), end)) {
                Object identity =
                    List.of(mark.origin, freed.field(), insertion.sighting().map(), part);
                facts.putIfAbsent(identity, elsewhere(trace, mark, part, insertion, lookups, end));
              }
            }
          }
        }
      }
    }
    return List.copyOf(facts.values());
  }

  /** Whether nothing in the unit calls the function, or code outside may. */
  private boolean isOutermost(Function function) {
    return function.is(Function.Trait.PUBLIC)
        || function.is(Function.Trait.FINALIZER)
        || function.is(Function.Trait.CALLED_BY_NATIVE)
        || !callers.containsKey(function.id());
  }

  private Facts.@Nullable Part part(
      FieldName freed, State.FreedMark mark, Facts.Insertion insertion) {
    if (mark.freeing.effect() == Freeing.Effect.GROUP_FREE) {
      return insertion.ownerFields().contains(freed) ? Facts.Part.OWNER : null;
    }
    if (insertion.keyFields().contains(freed)) {
      return Facts.Part.KEY;
    }
    if (insertion.valueFields().contains(freed)) {
      return Facts.Part.VALUE;
    }
    return freed.owner().equals(context.valueType(insertion.sighting().map()))
        ? Facts.Part.VALUE_FIELD
        : null;
  }

  /** Whether no removal anywhere near the free can have taken the entry out. */
  private boolean standsAlone(Trace trace, State.FreedMark mark, Place map, State end) {
    // A group free is a fact even then: whether the object is finished is for the rule to say.
    boolean freesOwnMap =
        mark.freeing.effect() != Freeing.Effect.GROUP_FREE
            && map instanceof Place.Field field
            && mark.value instanceof Value.FieldOf freed
            && field.name().owner().equals(freed.field().owner());
    boolean onPath =
        Matching.entries(mark, end).stream().anyMatch(match -> match.map().equals(map));
    return !freesOwnMap
        && !onPath
        && !mark.settled.contains(map)
        && !trace.mayRemove.contains(map)
        && !removedByNative.contains(map)
        && transitiveCallers(trace.function.id()).stream().noneMatch(id -> removes(id, map));
  }

  private Facts.Outlived elsewhere(
      Trace trace,
      State.FreedMark mark,
      Facts.Part part,
      Facts.Insertion insertion,
      List<Facts.Sighting> lookups,
      State end) {
    Place map = insertion.sighting().map();
    Facts.Point use =
        lookups.stream()
            .filter(lookup -> lookup.map().equals(map))
            .map(Facts.Sighting::point)
            .findFirst()
            .orElse(null);
    Span exit = end.exit == null ? endOf(trace.function) : end.exit;
    return new Facts.Outlived(
        map,
        Facts.Holding.INSERTED_ELSEWHERE,
        part,
        insertion.sighting().point(),
        free(trace, mark),
        use == null ? new Facts.Point(trace.function, exit) : use,
        use != null);
  }

  // --- entries removed too late ------------------------------------------------------------------

  private List<Facts.Inversion> inversions(Set<Place> escaped) {
    Map<Object, Facts.Inversion> facts = new LinkedHashMap<>();
    for (Trace trace : traces.values()) {
      for (Trace.Inverted inverted : trace.inverted) {
        if (escaped.contains(inverted.map())) {
          continue;
        }
        Set<Place> covered = new LinkedHashSet<>(inverted.covered());
        covered.addAll(locksOnEntry(trace.function.id()));
        Object identity =
            List.of(trace.function.id(), inverted.mark().point.span(), inverted.map());
        facts.putIfAbsent(
            identity,
            new Facts.Inversion(
                inverted.map(),
                inverted.part(),
                inverted.held(),
                free(trace, inverted.mark()),
                inverted.removal(),
                covered));
      }
    }
    return List.copyOf(facts.values());
  }

  private Set<String> reachedByNative() {
    Set<String> reached = new LinkedHashSet<>();
    for (Trace trace : traces.values()) {
      String id = trace.function.id();
      if (trace.function.is(Function.Trait.CALLED_BY_NATIVE)
          || transitiveCallers(id).stream().anyMatch(this::isCalledByNative)) {
        reached.add(id);
      }
    }
    return reached;
  }

  private boolean isCalledByNative(String id) {
    Trace trace = traces.get(id);
    return trace != null && trace.function.is(Function.Trait.CALLED_BY_NATIVE);
  }

  private Set<String> transitiveCallers(String function) {
    Set<String> all = new LinkedHashSet<>();
    List<String> open = new ArrayList<>(callers.getOrDefault(function, Set.of()));
    while (!open.isEmpty()) {
      String next = open.removeLast();
      if (all.add(next)) {
        open.addAll(callers.getOrDefault(next, Set.of()));
      }
    }
    return all;
  }
}
