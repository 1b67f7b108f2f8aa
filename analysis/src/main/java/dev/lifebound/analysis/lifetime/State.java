package dev.lifebound.analysis.lifetime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is known at one point of one path. Mutable; copied where paths part. */
final class State {
  /** A free on the path. Shared between copies but for what is settled. */
  static final class FreedMark {
    final Value value;
    final Facts.Point point;
    final String text;
    final Freeing freeing;

    /** The function whose body names the freeing function; a caller's mark keeps the callee's. */
    final String origin;

    final Map<Place, Integer> locks;
    final Set<Place> settled;
    final Map<Place, Facts.Point> survivors;
    boolean guarded;

    FreedMark(
        Value value,
        Facts.Point point,
        String text,
        Freeing freeing,
        String origin,
        Map<Place, Integer> locks,
        Set<Place> settled) {
      this.value = value;
      this.point = point;
      this.text = text;
      this.freeing = freeing;
      this.origin = origin;
      this.locks = new LinkedHashMap<>(locks);
      this.settled = new LinkedHashSet<>(settled);
      this.survivors = new LinkedHashMap<>();
    }

    FreedMark copy() {
      FreedMark copy = new FreedMark(value, point, text, freeing, origin, locks, settled);
      copy.survivors.putAll(survivors);
      copy.guarded = guarded;
      return copy;
    }

    /** Equal for deduplication: the same free, settled for the same maps. */
    List<Object> key() {
      return List.of(
          value, point.span(), Set.copyOf(settled), Set.copyOf(survivors.keySet()), guarded);
    }
  }

  /** An entry that the path made and has not removed. */
  record Held(Place map, Value mapValue, Value key, Value value, Facts.Point point) {}

  /** An insertion; {@code direct} when the statement itself inserts. */
  record Logged(Summary.Inserted entry, Span span, boolean direct) {}

  private final @Nullable Value[] variables;
  final Map<Value, Value> heap;
  final Map<Value, Boolean> tests;
  final List<Held> held;
  final List<FreedMark> freed;

  /** Where an entry was first read. */
  final Map<Value, Facts.Point> read;

  /** Maps from which the path removed something, or may have. */
  final Set<Place> removed;

  /** What the path certainly removed; a null key clears. */
  final Set<Summary.Removed> removals;

  /** Locks held, with the number of their taking. */
  final Map<Place, Integer> locks;

  final Deque<Integer> defers;

  /** Every insertion of the path, removed again or not. */
  final List<Logged> log;

  /** Objects in which the path stored a nil or a flag. */
  final Set<Value> guarded;

  final int[] visits;
  List<Value> returned = List.of();
  @Nullable Span exit;
  int takings;

  State(int variableCount, int blockCount) {
    variables = new @Nullable Value[variableCount];
    heap = new LinkedHashMap<>();
    tests = new LinkedHashMap<>();
    held = new ArrayList<>();
    freed = new ArrayList<>();
    read = new LinkedHashMap<>();
    removed = new LinkedHashSet<>();
    removals = new LinkedHashSet<>();
    locks = new LinkedHashMap<>();
    defers = new ArrayDeque<>();
    log = new ArrayList<>();
    guarded = new LinkedHashSet<>();
    visits = new int[blockCount];
  }

  private State(State from) {
    variables = from.variables.clone();
    heap = new LinkedHashMap<>(from.heap);
    tests = new LinkedHashMap<>(from.tests);
    held = new ArrayList<>(from.held);
    freed = new ArrayList<>();
    from.freed.forEach(mark -> freed.add(mark.copy()));
    read = new LinkedHashMap<>(from.read);
    removed = new LinkedHashSet<>(from.removed);
    removals = new LinkedHashSet<>(from.removals);
    locks = new LinkedHashMap<>(from.locks);
    defers = new ArrayDeque<>(from.defers);
    log = new ArrayList<>(from.log);
    guarded = new LinkedHashSet<>(from.guarded);
    returned = from.returned;
    exit = from.exit;
    visits = from.visits.clone();
    takings = from.takings;
  }

  State copy() {
    return new State(this);
  }

  /** The function returns; deferred blocks may still run. */
  void leave(Span span, List<Value> values) {
    exit = span;
    returned = List.copyOf(values);
  }

  /** What a variable holds; one that was never assigned holds its type's zero. */
  Value get(Variable variable) {
    Value value = variables[variable.id()];
    return value == null ? new Value.Nil() : value;
  }

  void set(Variable variable, Value value) {
    variables[variable.id()] = value;
  }

  /** The present content of a field, an entry or a global. */
  Value content(Value cell) {
    return heap.getOrDefault(cell, cell);
  }

  boolean isNil(Value value) {
    return value instanceof Value.Nil
        || Boolean.TRUE.equals(tests.get(Conditions.equal(value, new Value.Nil())));
  }

  /** Forgets what is known of a map's shape after it changed. */
  void mapChanged(Value map) {
    tests
        .keySet()
        .removeIf(test ->
            test instanceof Value.Computed computed
                && computed.operator().equals(Conditions.FOUND)
                && computed.operands().getFirst().equals(map));
  }

  /** No freed value is reported against this map any more. */
  void settle(Place map) {
    freed.forEach(mark -> mark.settled.add(map));
    removed.add(map);
    held.removeIf(entry -> entry.map().equals(map));
  }

  /** Unknown code ran: no freed value is reported against any map. */
  void settleAll(Set<Place> maps) {
    maps.forEach(this::settle);
  }

  /** Everything two states must share for one of them to be dropped. */
  List<Object> exactKey(int block) {
    List<Object> key = coarseKey(block);
    key.add(Arrays.asList(variables.clone()));
    key.add(new LinkedHashMap<>(heap));
    key.add(new LinkedHashMap<>(tests));
    return key;
  }

  /** As {@link #exactKey} without what only distinguishes tests. */
  List<Object> coarseKey(int block) {
    List<Object> key = new ArrayList<>();
    key.add(block);
    key.add(visits[block]);
    key.add(List.copyOf(held));
    key.add(freed.stream().map(FreedMark::key).toList());
    key.add(new LinkedHashSet<>(removed));
    key.add(new LinkedHashSet<>(removals));
    key.add(new LinkedHashMap<>(locks));
    key.add(List.copyOf(defers));
    key.add(returned);
    return key;
  }

  @Override
  public String toString() {
    return "State[held=%s, freed=%s, removed=%s, tests=%s]"
        .formatted(held, freed.size(), removed, tests);
  }
}
