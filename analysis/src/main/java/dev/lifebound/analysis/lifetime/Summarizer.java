package dev.lifebound.analysis.lifetime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes a function's {@link Summary} out of its {@link Trace}. */
final class Summarizer {
  private final Trace trace;

  private Summarizer(Trace trace) {
    this.trace = trace;
  }

  static Summary summarize(Trace trace) {
    return new Summarizer(trace).summary();
  }

  private Summary summary() {
    if (trace.ends.isEmpty() || trace.cut) {
      return new Summary(
          List.of(),
          List.of(),
          trace.mayRemove,
          exportable(trace.mayRemoveFrom),
          List.of(),
          List.of(),
          Map.of());
    }
    List<@Nullable Value> results = results();
    return new Summary(
        frees(),
        removals(),
        trace.mayRemove,
        exportable(trace.mayRemoveFrom),
        insertions(),
        results,
        results.isEmpty() ? Map.of() : fields());
  }

  /** What is freed on every path on which it is not nil. */
  private List<Summary.Freed> frees() {
    Map<Value, Summary.Freed> common = new LinkedHashMap<>();
    for (State end : trace.ends) {
      for (State.FreedMark mark : end.freed) {
        Value value = export(mark.value, end);
        if (value != null) {
          common.putIfAbsent(value, new Summary.Freed(value, mark.freeing, mark.origin, mark.text));
        }
      }
    }
    for (State end : trace.ends) {
      Set<Value> here = new LinkedHashSet<>();
      end.freed.forEach(mark -> here.add(mark.value));
      common.keySet().removeIf(value -> !here.contains(value) && !absent(value, end));
    }
    return List.copyOf(common.values());
  }

  /** Whether the path learned that there is nothing to free. */
  private static boolean absent(Value value, State end) {
    for (Value link : value.chain()) {
      if (end.isNil(link)
          || (link instanceof Value.Entry entry
              && Boolean.FALSE.equals(end.tests.get(Conditions.found(entry.map(), entry.key()))))) {
        return true;
      }
    }
    return false;
  }

  private List<Summary.Removed> removals() {
    Set<Summary.Removed> common = new LinkedHashSet<>(trace.ends.getFirst().removals);
    trace.ends.forEach(end -> common.retainAll(end.removals));
    return common.stream()
        .filter(removed ->
            isRooted(removed.map()) && (removed.key() == null || isRooted(removed.key())))
        .toList();
  }

  private List<Summary.Inserted> insertions() {
    Set<Summary.Inserted> common = null;
    for (State end : trace.ends) {
      Set<Summary.Inserted> here = new LinkedHashSet<>();
      for (State.Logged logged : end.log) {
        Summary.Inserted entry = logged.entry();
        Value map = export(entry.map(), end);
        Value key = export(entry.key(), end);
        Value value = export(entry.value(), end);
        if (map != null && key != null && value != null) {
          here.add(new Summary.Inserted(map, key, value));
        }
      }
      if (common == null) {
        common = here;
      } else {
        common.retainAll(here);
      }
    }
    return common == null ? List.of() : List.copyOf(common);
  }

  private List<@Nullable Value> results() {
    int count = trace.ends.stream().mapToInt(end -> end.returned.size()).max().orElse(0);
    List<@Nullable Value> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      results.add(result(i));
    }
    return results;
  }

  private @Nullable Value result(int index) {
    Value common = null;
    for (State end : trace.ends) {
      Value value = index < end.returned.size() ? end.returned.get(index) : new Value.Nil();
      if (value instanceof Value.Nil) {
        continue;
      }
      Value result =
          value instanceof Value.Fresh fresh
              ? new Value.Fresh(0, 0, fresh.origin())
              : isRooted(value) ? value : null;
      if (result == null || (common != null && !common.equals(result))) {
        return null;
      }
      common = result;
    }
    return common;
  }

  /** The fields of the first result on which all paths that return one agree. */
  private Map<FieldName, Value> fields() {
    Map<FieldName, Value> common = null;
    for (State end : trace.ends) {
      if (end.returned.isEmpty() || end.returned.getFirst() instanceof Value.Nil) {
        continue;
      }
      Map<FieldName, Value> here = new LinkedHashMap<>();
      end.heap.forEach((cell, value) -> {
        if (cell instanceof Value.FieldOf field
            && field.base().equals(end.returned.getFirst())
            && isRooted(value)) {
          here.put(field.field(), value);
        }
      });
      if (common == null) {
        common = here;
      } else {
        common.entrySet().retainAll(here.entrySet());
      }
    }
    return common == null ? Map.of() : common;
  }

  private static Set<Value> exportable(Set<Value> values) {
    Set<Value> rooted = new LinkedHashSet<>(values);
    rooted.removeIf(value -> !isRooted(value));
    return rooted;
  }

  /** The value as a caller can see it: rooted, or reachable from what is returned. */
  private static @Nullable Value export(Value value, State end) {
    if (isRooted(value)) {
      return value;
    }
    for (int i = 0; i < end.returned.size(); i++) {
      Value returned = end.returned.get(i);
      if (returned.equals(value)) {
        return new Value.Returned(i);
      }
      for (Map.Entry<Value, Value> cell : end.heap.entrySet()) {
        if (cell.getValue().equals(value)
            && cell.getKey() instanceof Value.FieldOf field
            && field.base().equals(returned)) {
          return new Value.FieldOf(new Value.Returned(i), field.field());
        }
      }
    }
    return switch (value) {
      case Value.FieldOf field -> {
        Value base = export(field.base(), end);
        yield base == null ? null : new Value.FieldOf(base, field.field());
      }
      case Value.Derived derived -> {
        Value owner = export(derived.owner(), end);
        yield owner == null ? null : new Value.Derived(owner, derived.site(), derived.round());
      }
      default -> null;
    };
  }

  private static boolean isRooted(Value value) {
    return switch (value) {
      case Value.Nil nil -> true;
      case Value.Constant constant -> true;
      case Value.Parameter parameter -> true;
      case Value.Global global -> true;
      case Value.FieldOf field -> isRooted(field.base());
      case Value.Entry entry -> isRooted(entry.map()) && isRooted(entry.key());
      case Value.RangeKey key -> isRooted(key.map());
      case Value.Derived derived -> isRooted(derived.owner());
      case Value.Returned returned -> true;
      case Value.Fresh fresh -> false;
      case Value.Result result -> false;
      case Value.Computed computed -> false;
    };
  }
}
