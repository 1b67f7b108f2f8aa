package dev.lifebound.analysis.lifetime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the paths of one function showed, before it is joined with the other functions. */
final class Trace {
  /** An operation on a map; the locks are those common to all paths that came by. */
  static final class Seen {
    final Place map;
    final Span span;
    final Set<Place> locks;
    final Set<FieldName> keyFields = new LinkedHashSet<>();
    final Set<FieldName> valueFields = new LinkedHashSet<>();
    final Set<FieldName> ownerFields = new LinkedHashSet<>();
    boolean direct;

    Seen(Place map, Span span, Set<Place> locks) {
      this.map = map;
      this.span = span;
      this.locks = new LinkedHashSet<>(locks);
    }
  }

  /** A call of functions of the unit. */
  record CallSite(List<String> callees, Op.Call.Kind kind, Set<Place> locks) {}

  /** A freed value whose entry was removed later on the same path. */
  record Inverted(
      Place map,
      Facts.Part part,
      Facts.@Nullable Point held,
      State.FreedMark mark,
      Facts.Point removal,
      Set<Place> covered) {}

  final Function function;
  final Map<Span, Seen> insertions = new LinkedHashMap<>();
  final Map<Span, Seen> lookups = new LinkedHashMap<>();
  final Map<Span, Seen> removals = new LinkedHashMap<>();
  final Map<Span, CallSite> calls = new LinkedHashMap<>();
  final Set<Place> escaped = new LinkedHashSet<>();

  /** Maps from which this function or what it calls may remove. */
  final Set<Place> mayRemove = new LinkedHashSet<>();

  /** Maps handed in as arguments from which it may remove. */
  final Set<Value> mayRemoveFrom = new LinkedHashSet<>();

  final List<Inverted> inverted = new ArrayList<>();
  final List<State> ends = new ArrayList<>();
  boolean cut;

  Trace(Function function) {
    this.function = function;
  }

  /** A path came to the function's end. */
  void ended(State state) {
    ends.add(state);
    for (State.Logged logged : state.log) {
      Summary.Inserted entry = logged.entry();
      Seen seen = insertions.get(logged.span());
      if (seen == null) {
        continue;
      }
      seen.direct |= logged.direct();
      seen.keyFields.addAll(Values.fieldsHolding(entry.key(), state));
      seen.valueFields.addAll(Values.fieldsHolding(entry.value(), state));
      for (Value link : entry.value().chain()) {
        if (link instanceof Value.Derived derived) {
          seen.ownerFields.addAll(Values.fieldsHolding(derived.owner(), state));
        }
      }
    }
  }

  /** Notes a call; a second path narrows its locks. */
  void called(Op.Call call, Set<Place> locks) {
    Set<Place> common = new LinkedHashSet<>(locks);
    CallSite before = calls.get(call.span());
    if (before != null) {
      common.retainAll(before.locks());
    }
    calls.put(call.span(), new CallSite(call.callees(), call.kind(), common));
  }

  /** Notes an operation on a map; a second path narrows its locks. */
  static Seen see(Map<Span, Seen> where, Place map, Span span, Set<Place> locks) {
    Seen seen = where.get(span);
    if (seen == null) {
      seen = new Seen(map, span, locks);
      where.put(span, seen);
    } else {
      seen.locks.retainAll(locks);
    }
    return seen;
  }
}
