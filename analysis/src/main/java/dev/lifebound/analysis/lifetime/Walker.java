package dev.lifebound.analysis.lifetime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Follows the paths of one function and gathers what they show in a {@link Trace}. */
final class Walker {
  /* Overview
   *
   * Depth-first over (block, state). A state is dropped when an equal one has entered the same
   * block. After EXACT_STATES entries equality ignores tests and variables: two states that agree
   * on what is held, freed and removed count as one. After MOST_STATES entries the function is cut.
   *
   * A loop's head sends the first visit to the body and the second one out, so loops add no paths.
   */
  private static final int EXACT_STATES = 400;
  private static final int MOST_STATES = 4000;

  /** One entry of a block by one path. */
  private record Visit(int block, State state) {}

  private final Function function;
  private final Stepper stepper;
  private final Trace trace;
  private final Deque<Visit> open = new ArrayDeque<>();
  private final Set<List<Object>> seen = new HashSet<>();
  private int entered;

  private Walker(Function function, Context context) {
    this.function = function;
    this.trace = new Trace(function);
    this.stepper = new Stepper(function, context, trace);
  }

  static Trace walk(Function function, Context context) {
    Walker walker = new Walker(function, context);
    walker.run();
    return walker.trace;
  }

  private void run() {
    State start = new State(function.variables(), function.blocks().size());
    for (int i = 0; i < function.parameters().size(); i++) {
      start.set(function.parameters().get(i), new Value.Parameter(i));
    }
    go(0, start);
    while (!open.isEmpty()) {
      Visit visit = open.pop();
      if (entered > MOST_STATES) {
        trace.cut = true;
        return;
      }
      step(visit.block(), visit.state());
    }
  }

  private void step(int number, State state) {
    Block block = function.blocks().get(number);
    state.visits[number]++;
    int site = block.firstSite();
    for (Op op : block.ops()) {
      stepper.apply(op, site++, state);
    }
    switch (block.end()) {
      case Terminator.Jump jump -> go(jump.target(), state);
      case Terminator.Branch branch -> branch(branch, state);
      case Terminator.Choice choice -> choose(choice.targets(), state);
      case Terminator.Loop loop -> loop(loop, state.visits[number], state);
      case Terminator.Return end -> {
        List<Value> values = new ArrayList<>();
        end.values().forEach(variable -> values.add(state.get(variable)));
        state.leave(end.span(), values);
        unwind(state);
      }
      case Terminator.EndDefer end -> unwind(state);
      case Terminator.Stop stop -> {}
    }
  }

  /** Runs the next deferred block, or ends the path. */
  private void unwind(State state) {
    Integer deferred = state.defers.pollFirst();
    if (deferred == null) {
      trace.ended(state);
    } else {
      go(deferred, state);
    }
  }

  private void branch(Terminator.Branch branch, State state) {
    Value test = state.get(branch.condition());
    Boolean outcome = Conditions.outcome(state, test);
    if (outcome != null) {
      go(outcome ? branch.whenTrue() : branch.whenFalse(), state);
      return;
    }
    State other = state.copy();
    state.tests.put(test, true);
    other.tests.put(test, false);
    go(branch.whenFalse(), other);
    go(branch.whenTrue(), state);
  }

  private void choose(List<Integer> targets, State state) {
    for (int i = targets.size() - 1; i >= 0; i--) {
      go(targets.get(i), i == 0 ? state : state.copy());
    }
  }

  private void loop(Terminator.Loop loop, int visits, State state) {
    if (visits == 1) {
      go(loop.body(), state);
    } else if (loop.exit() >= 0) {
      go(loop.exit(), state);
    }
  }

  private void go(int block, State state) {
    // A block is entered twice by one path only as a loop's head or through a backward goto.
    if (state.visits[block] >= 2) {
      return;
    }
    entered++;
    List<Object> key = entered <= EXACT_STATES ? state.exactKey(block) : state.coarseKey(block);
    if (seen.add(key)) {
      open.push(new Visit(block, state));
    }
  }
}
