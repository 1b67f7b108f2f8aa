package dev.lifebound.analysis.lifetime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The order in which functions are walked. */
final class CallOrder {
  private CallOrder() {}

  /** What a function's text calls or contains, known to the unit or not. */
  static Set<String> callees(Function function) {
    Set<String> callees = new LinkedHashSet<>(function.parts());
    for (Block block : function.blocks()) {
      for (Op op : block.ops()) {
        if (op instanceof Op.Call call) {
          callees.addAll(call.callees());
        }
      }
    }
    return callees;
  }

  /** Callees before callers where there is no cycle; otherwise in source order. */
  static List<Function> calleesFirst(Map<String, Function> functions) {
    List<Function> order = new ArrayList<>();
    Set<String> entered = new HashSet<>();
    for (Function root : functions.values()) {
      visit(root, functions, entered, order);
    }
    return order;
  }

  /** An explicit stack: chains of calls may be longer than a thread's. */
  private static void visit(
      Function root, Map<String, Function> functions, Set<String> entered, List<Function> order) {
    if (!entered.add(root.id())) {
      return;
    }
    Deque<Frame> stack = new ArrayDeque<>();
    stack.push(new Frame(root, callees(root).iterator()));
    while (!stack.isEmpty()) {
      Frame frame = stack.element();
      if (!frame.rest().hasNext()) {
        order.add(frame.function());
        stack.pop();
        continue;
      }
      Function next = functions.get(frame.rest().next());
      if (next != null && entered.add(next.id())) {
        stack.push(new Frame(next, callees(next).iterator()));
      }
    }
  }

  private record Frame(Function function, Iterator<String> rest) {}
}
