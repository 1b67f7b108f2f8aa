package dev.lifebound.analysis.lifetime;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Walks the paths of every function of a unit and joins what they show. */
public final class Engine {
  /* Overview
   *
   * Functions are walked callees first, so that a call finds its summary. A function in a cycle of
   * calls sees nothing of the callee that is still open; what a callee may remove is then completed
   * by a fixed point over the call graph, and a function that was walked with less is walked again:
   * to miss a removal would be a false alarm, to miss a free only a miss.
   */
  private static final int ROUNDS = 3;

  private final Unit unit;
  private final Context context;
  private final Map<String, Function> functions = new LinkedHashMap<>();
  private final Map<String, Trace> traces = new LinkedHashMap<>();

  private Engine(Unit unit) {
    this.unit = unit;
    this.context = new Context(unit);
    unit.functions().forEach(function -> functions.put(function.id(), function));
  }

  /**
   * The facts of a unit; never throws for a unit whose functions a {@link FunctionBuilder} built.
   */
  public static Facts analyse(Unit unit) {
    return new Engine(unit).run();
  }

  private Facts run() {
    List<Function> order = CallOrder.calleesFirst(functions);
    Set<String> stale = new LinkedHashSet<>(functions.keySet());
    for (int round = 0; round < ROUNDS && !stale.isEmpty(); round++) {
      for (Function function : order) {
        if (stale.contains(function.id())) {
          Trace trace = Walker.walk(function, context);
          traces.put(function.id(), trace);
          context.put(function.id(), Summarizer.summarize(trace));
        }
      }
      stale = completeRemovals();
    }
    Map<String, Trace> ordered = new LinkedHashMap<>();
    functions.keySet().forEach(id -> ordered.put(id, Objects.requireNonNull(traces.get(id), id)));
    return new Correlation(unit, context, ordered).facts();
  }

  /** Spreads what callees may remove; returns the functions that were walked with less. */
  private Set<String> completeRemovals() {
    Map<String, Set<Place>> before = new LinkedHashMap<>();
    traces.keySet().forEach(id -> before.put(id, context.summary(id).mayRemove()));
    boolean changed = true;
    while (changed) {
      changed = false;
      for (Trace trace : traces.values()) {
        for (String callee : CallOrder.callees(trace.function)) {
          Trace other = traces.get(callee);
          changed |= other != null && trace.mayRemove.addAll(other.mayRemove);
        }
      }
    }
    Set<String> stale = new LinkedHashSet<>();
    traces.forEach((id, trace) -> {
      if (!Objects.requireNonNull(before.get(id), id).containsAll(trace.mayRemove)) {
        context.put(id, Summarizer.summarize(trace));
        for (Trace caller : traces.values()) {
          if (CallOrder.callees(caller.function).contains(id)) {
            stale.add(caller.function.id());
          }
        }
      }
    });
    return stale;
  }
}
