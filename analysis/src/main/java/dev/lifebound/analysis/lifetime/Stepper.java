package dev.lifebound.analysis.lifetime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What each {@link Op} does to a {@link State}. */
final class Stepper {
  private final Function function;
  private final Context context;
  private final Trace trace;

  Stepper(Function function, Context context, Trace trace) {
    this.function = function;
    this.context = context;
    this.trace = trace;
  }

  void apply(Op op, int site, State state) {
    switch (op) {
      case Op.Copy copy -> state.set(copy.to(), state.get(copy.from()));
      case Op.Literal literal ->
          state.set(
              literal.to(),
              literal.text() == null ? new Value.Nil() : new Value.Constant(literal.text()));
      case Op.Compute compute -> {
        List<Value> operands = new ArrayList<>();
        compute.operands().forEach(operand -> operands.add(state.get(operand)));
        state.set(compute.to(), shallow(Conditions.computed(compute.operator(), operands), site));
      }
      case Op.Allocate allocate ->
          state.set(allocate.to(), new Value.Fresh(site, state.takings, allocate.origin()));
      case Op.Derive derive ->
          state.set(derive.to(), new Value.Derived(state.get(derive.owner()), site, state.takings));
      case Op.LoadGlobal load -> state.set(load.to(), state.content(new Value.Global(load.name())));
      case Op.StoreGlobal store ->
          store(new Value.Global(store.name()), state.get(store.from()), state, store.span());
      case Op.LoadField load ->
          state.set(load.to(), state.content(field(state.get(load.base()), load.field(), site)));
      case Op.StoreField store -> {
        guard(state.get(store.base()), state.get(store.from()), state);
        Value cell = field(state.get(store.base()), store.field(), site);
        store(cell, state.get(store.from()), state, store.span());
      }
      case Op.Insert insert ->
          insert(
              state.get(insert.map()),
              state.get(insert.key()),
              state.get(insert.value()),
              insert.span(),
              true,
              state);
      case Op.Lookup lookup -> lookup(lookup, site, state);
      case Op.Remove remove -> {
        Value map = state.get(remove.map());
        Value key = state.get(remove.key());
        if (remove.to() != null) {
          state.set(remove.to(), state.content(entry(map, key, site)));
        }
        remove(map, key, remove.span(), state);
      }
      case Op.Clear clear -> clear(state.get(clear.map()), clear.span(), state);
      case Op.Next next -> next(next, site, state);
      case Op.Free free ->
          free(
              state.get(free.value()),
              free.value().name(),
              free.freeing(),
              function.id(),
              free.span(),
              state);
      case Op.Use use -> {}
      case Op.Lock lock -> {
        Place place = Place.of(state.get(lock.lock()));
        if (place != null) {
          state.locks.put(place, state.takings++);
        }
      }
      case Op.Unlock unlock -> {
        Place place = Place.of(state.get(unlock.lock()));
        if (place != null) {
          state.locks.remove(place);
        }
      }
      case Op.Call call -> call(call, site, state);
      case Op.Defer defer -> state.defers.addFirst(defer.block());
      case Op.Escape escape -> {
        Place place = Place.of(state.get(escape.value()));
        if (place != null) {
          trace.escaped.add(place);
        }
      }
    }
  }

  // --- cells -------------------------------------------------------------------------------------

  private static final int DEEPEST = 6;

  private static Value field(Value base, FieldName field, int site) {
    return shallow(new Value.FieldOf(base, field), site);
  }

  private static Value entry(Value map, Value key, int site) {
    return shallow(new Value.Entry(map, key), site);
  }

  /** Cuts a value that grows without end; the stand-in is equal only to itself. */
  private static Value shallow(Value value, int site) {
    return Values.depth(value) > DEEPEST ? new Value.Result(site, 0, -1) : value;
  }

  private void store(Value cell, Value value, State state, Span span) {
    Place place = Place.of(cell);
    if (place != null && context.isMap(place)) {
      storeMap(place, cell, value, state, span);
      return;
    }
    state.heap.put(cell, value);
    // Dropping the owner drops the maps it holds.
    for (State.Held entry : List.copyOf(state.held)) {
      if (under(entry.mapValue(), cell)) {
        dropped(entry.map(), cell, state);
      }
    }
    for (Value cellRead : List.copyOf(state.read.keySet())) {
      if (cellRead instanceof Value.Entry entry && under(entry.map(), cell)) {
        Place map = Place.of(entry.map());
        if (map != null) {
          dropped(map, cell, state);
        }
      }
    }
  }

  /** A map keeps its place whatever is stored there: the new one answers for the old one. */
  private void storeMap(Place place, Value cell, Value value, State state, Span span) {
    Place source = Place.of(value);
    if (source != null && !source.equals(place)) {
      trace.escaped.add(place);
      trace.escaped.add(source);
    }
    boolean lazy = state.isNil(cell) && !(value instanceof Value.Nil);
    boolean construction =
        cell instanceof Value.FieldOf field && field.base() instanceof Value.Fresh;
    if (lazy || construction || function.is(Function.Trait.INITIALIZER)) {
      state.tests.remove(Conditions.equal(cell, new Value.Nil()));
      return;
    }
    Trace.see(trace.removals, place, span, state.locks.keySet());
    dropped(place, cell, state);
  }

  private void dropped(Place map, Value cell, State state) {
    trace.mayRemove.add(map);
    state.removals.add(new Summary.Removed(cell, null));
    state.settle(map);
    state.mapChanged(cell);
  }

  private static boolean under(Value value, Value root) {
    return !value.equals(root) && value.chain().contains(root);
  }

  /** A nil or a flag stored in the object whose field was freed: later users can tell. */
  private static void guard(Value base, Value stored, State state) {
    boolean flag =
        stored instanceof Value.Constant constant
            && (constant.text().equals("true") || constant.text().equals("false"));
    if (!flag && !(stored instanceof Value.Nil)) {
      return;
    }
    for (State.FreedMark mark : state.freed) {
      if (mark.value instanceof Value.FieldOf freed && freed.base().equals(base)) {
        mark.guarded = true;
      }
    }
    state.guarded.add(base);
  }

  // --- maps --------------------------------------------------------------------------------------

  private void insert(Value map, Value key, Value value, Span span, boolean direct, State state) {
    state.log.add(new State.Logged(new Summary.Inserted(map, key, value), span, direct));
    Place place = Place.of(map);
    if (place == null) {
      return;
    }
    Trace.see(trace.insertions, place, span, state.locks.keySet());
    state.held.removeIf(h -> h.map().equals(place) && h.key().equals(key));
    for (State.FreedMark mark : state.freed) {
      if (Matching.keyed(mark, place, key, state)) {
        mark.settled.add(place);
      }
    }
    state.removed.remove(place);
    state.mapChanged(map);
    state.held.add(new State.Held(place, map, key, value, point(span)));
    state.heap.put(new Value.Entry(map, key), value);
    state.tests.put(Conditions.found(map, key), true);
  }

  private void lookup(Op.Lookup lookup, int site, State state) {
    Value map = state.get(lookup.map());
    Value key = state.get(lookup.key());
    Value cell = entry(map, key, site);
    state.set(lookup.to(), state.content(cell));
    if (lookup.found() != null) {
      state.set(lookup.found(), Conditions.found(map, key));
    }
    Place place = Place.of(map);
    if (place != null) {
      Trace.see(trace.lookups, place, lookup.span(), state.locks.keySet());
      state.read.putIfAbsent(cell, point(lookup.span()));
      for (State.FreedMark mark : state.freed) {
        if (Matching.keyed(mark, place, key, state)) {
          mark.survivors.putIfAbsent(place, point(lookup.span()));
        }
      }
    }
  }

  private void next(Op.Next next, int site, State state) {
    Value map = state.get(next.map());
    Value key = new Value.RangeKey(map, site, 0);
    if (next.key() != null) {
      state.set(next.key(), key);
    }
    Value cell = new Value.Entry(map, key);
    if (next.value() != null) {
      state.set(next.value(), state.content(cell));
    }
    Place place = Place.of(map);
    if (place != null) {
      Trace.see(trace.lookups, place, next.span(), state.locks.keySet());
      state.read.putIfAbsent(cell, point(next.span()));
    }
  }

  private void remove(Value map, Value key, Span span, State state) {
    state.removals.add(new Summary.Removed(map, key));
    Place place = Place.of(map);
    if (place == null) {
      trace.mayRemoveFrom.add(map);
      return;
    }
    Trace.see(trace.removals, place, span, state.locks.keySet());
    trace.mayRemove.add(place);
    for (State.FreedMark mark : state.freed) {
      Matching.Match match = Matching.removed(mark, place, key, state, context);
      if (match != null && !mark.settled.contains(place)) {
        trace.inverted.add(
            new Trace.Inverted(
                place, match.part(), match.held(), mark, point(span), covered(mark, state)));
      }
    }
    state.settle(place);
    state.mapChanged(map);
    state.heap.put(new Value.Entry(map, key), new Value.Nil());
    state.tests.put(Conditions.found(map, key), false);
  }

  private static Set<Place> covered(State.FreedMark mark, State state) {
    Set<Place> covered = new LinkedHashSet<>();
    mark.locks.forEach((lock, taking) -> {
      if (taking.equals(state.locks.get(lock))) {
        covered.add(lock);
      }
    });
    return covered;
  }

  private void clear(Value map, Span span, State state) {
    Place place = Place.of(map);
    if (place == null) {
      trace.mayRemoveFrom.add(map);
      state.removals.add(new Summary.Removed(map, null));
    } else {
      Trace.see(trace.removals, place, span, state.locks.keySet());
      clearedLate(place, span, state);
      dropped(place, map, state);
    }
  }

  /** A clear after a group free; a sweep that frees and then clears is no such thing. */
  private void clearedLate(Place map, Span span, State state) {
    for (State.FreedMark mark : state.freed) {
      if (mark.freeing.effect() == Freeing.Effect.GROUP_FREE && !mark.settled.contains(map)) {
        Facts.Point held =
            Matching.entries(mark, state).stream()
                .filter(match -> match.map().equals(map))
                .map(Matching.Match::held)
                .findFirst()
                .orElse(null);
        if (held != null || mark.value instanceof Value.FieldOf) {
          trace.inverted.add(
              new Trace.Inverted(
                  map, Facts.Part.OWNER, held, mark, point(span), covered(mark, state)));
        }
      }
    }
  }

  // --- frees and calls ---------------------------------------------------------------------------

  private void free(
      Value value, String text, Freeing freeing, String origin, Span span, State state) {
    if (state.isNil(value) || value instanceof Value.Constant) {
      return;
    }
    State.FreedMark mark =
        new State.FreedMark(value, point(span), text, freeing, origin, state.locks, state.removed);
    mark.guarded =
        isGuarded(value, state)
            || value.chain().stream()
                .anyMatch(
                    link -> link instanceof Value.Entry entry && isGuarded(entry.map(), state));
    state.freed.add(mark);
  }

  /** Whether the object that holds this field was marked before: a closed flag, a nil. */
  private static boolean isGuarded(Value value, State state) {
    return value instanceof Value.FieldOf field && state.guarded.contains(field.base());
  }

  private void call(Op.Call call, int site, State state) {
    for (int i = 0; i < call.results().size(); i++) {
      state.set(call.results().get(i), new Value.Result(site, state.takings, i));
    }
    if (call.callees().isEmpty()) {
      for (Value argument : arguments(call, state)) {
        Place place = Place.of(argument);
        if (place != null && context.isMap(place)) {
          trace.escaped.add(place);
        }
      }
      if (call.kind() == Op.Call.Kind.THROUGH_VALUE) {
        state.settleAll(context.maps());
      }
      return;
    }
    trace.calls.put(
        call.span(),
        new Trace.CallSite(call.callees(), call.kind(), new LinkedHashSet<>(state.locks.keySet())));
    Set<Place> mayRemove = mayRemove(call, site, state);
    trace.mayRemove.addAll(mayRemove);
    if (call.callees().size() == 1 && call.kind() == Op.Call.Kind.DIRECT) {
      inline(call, context.summary(call.callees().getFirst()), site, state);
    }
    state.settleAll(mayRemove);
  }

  /** The maps from which any of the callees may remove, those handed in included. */
  private Set<Place> mayRemove(Op.Call call, int site, State state) {
    Set<Place> places = new LinkedHashSet<>();
    Substitution into = new Substitution(arguments(call, state), site, state);
    for (String callee : call.callees()) {
      Summary summary = context.summary(callee);
      places.addAll(summary.mayRemove());
      for (Value map : summary.mayRemoveFrom()) {
        Value actual = into.apply(map);
        Place place = actual == null ? null : Place.of(actual);
        if (place != null) {
          places.add(place);
        }
      }
    }
    return places;
  }

  private static List<Value> arguments(Op.Call call, State state) {
    List<Value> arguments = new ArrayList<>();
    call.arguments().forEach(argument -> arguments.add(state.get(argument)));
    return arguments;
  }

  private void inline(Op.Call call, Summary summary, int site, State state) {
    Substitution into = new Substitution(arguments(call, state), site, state);
    for (Summary.Removed removed : summary.removals()) {
      Value map = into.apply(removed.map());
      Value key = removed.key() == null ? null : into.apply(removed.key());
      if (map != null && key != null) {
        remove(map, key, call.span(), state);
      }
    }
    state.settleAll(mayRemove(call, site, state));
    for (Summary.Freed freed : summary.frees()) {
      Value value = into.apply(freed.value());
      if (value != null) {
        String origin = freed.origin().isEmpty() ? function.id() : freed.origin();
        free(value, text(freed, call), freed.freeing(), origin, call.span(), state);
      }
    }
    results(call, summary, into, state);
    for (Summary.Inserted inserted : summary.insertions()) {
      Value map = into.apply(inserted.map());
      Value key = into.apply(inserted.key());
      Value value = into.apply(inserted.value());
      if (map != null && key != null && value != null) {
        insert(map, key, value, call.span(), false, state);
      }
    }
  }

  private static void results(Op.Call call, Summary summary, Substitution into, State state) {
    Map<Integer, Value> known = new LinkedHashMap<>();
    for (int i = 0; i < Math.min(call.results().size(), summary.results().size()); i++) {
      Value result = summary.results().get(i);
      Value value = result == null ? null : into.apply(result);
      if (value != null) {
        known.put(i, value);
      }
    }
    known.forEach((i, value) -> state.set(call.results().get(i), value));
    if (!call.results().isEmpty()) {
      Value first = state.get(call.results().getFirst());
      summary
          .resultFields()
          .forEach((field, content) -> {
            Value value = into.apply(content);
            if (value != null) {
              state.heap.put(new Value.FieldOf(first, field), value);
            }
          });
    }
  }

  private static String text(Summary.Freed freed, Op.Call call) {
    return freed.value() instanceof Value.Parameter parameter
            && parameter.index() < call.arguments().size()
        ? call.arguments().get(parameter.index()).name()
        : freed.text();
  }

  private Facts.Point point(Span span) {
    return new Facts.Point(function, span);
  }
}
