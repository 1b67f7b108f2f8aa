package dev.lifebound.analysis.lifetime;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What calling a function does. Values are rooted in the callee's parameters, in globals and in
 * {@link Value.Returned}; what is rooted elsewhere cannot be seen by a caller and is left out.
 *
 * @param frees what it frees
 * @param removals entries it certainly removes; a null key clears the map
 * @param mayRemove maps from which it removes on some path, for whatever key
 * @param mayRemoveFrom maps handed in from which it removes on some path
 * @param insertions entries it certainly makes
 * @param results what it returns, in order; null where that is unknown
 * @param resultFields fields of the first result that are known
 */
public record Summary(
    List<Freed> frees,
    List<Removed> removals,
    Set<Place> mayRemove,
    Set<Value> mayRemoveFrom,
    List<Inserted> insertions,
    List<@Nullable Value> results,
    Map<FieldName, Value> resultFields) {

  /** A call that neither frees nor keeps nor returns anything of interest. */
  public static final Summary NOTHING =
      new Summary(List.of(), List.of(), Set.of(), Set.of(), List.of(), List.of(), Map.of());

  public Summary {
    frees = List.copyOf(frees);
    removals = List.copyOf(removals);
    mayRemoveFrom = Collections.unmodifiableSet(new LinkedHashSet<>(mayRemoveFrom));
    mayRemove = Collections.unmodifiableSet(new LinkedHashSet<>(mayRemove));
    insertions = List.copyOf(insertions);
    results = Collections.unmodifiableList(new ArrayList<>(results));
    resultFields = Collections.unmodifiableMap(new LinkedHashMap<>(resultFields));
  }

  /** A foreign function that frees one of its arguments. */
  public static Summary freeing(int argument, Freeing freeing) {
    return new Summary(
        List.of(new Freed(new Value.Parameter(argument), freeing, "", "")),
        List.of(),
        Set.of(),
        Set.of(),
        List.of(),
        List.of(),
        Map.of());
  }

  /** A foreign function that returns a new block of native memory. */
  public static Summary allocating() {
    return new Summary(
        List.of(),
        List.of(),
        Set.of(),
        Set.of(),
        List.of(),
        List.of(new Value.Fresh(0, 0, Value.Origin.NATIVE)),
        Map.of());
  }

  /**
   * A value freed on every path to the end on which it is not nil.
   *
   * @param value the value
   * @param freeing how it is known to be a free
   * @param origin the function of the unit whose body names the freeing function, or empty
   * @param text the freed expression as that body writes it, or empty
   */
  public record Freed(Value value, Freeing freeing, String origin, String text) {}

  /** An entry removed; a null key clears. */
  public record Removed(Value map, @Nullable Value key) {}

  /** An entry made. */
  public record Inserted(Value map, Value key, Value value) {}
}
