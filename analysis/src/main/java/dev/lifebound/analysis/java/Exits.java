package dev.lifebound.analysis.java;

import dev.lifebound.analysis.lifetime.FunctionBuilder;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Span;
import dev.lifebound.analysis.lifetime.Terminator;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ways out of the statement being translated, innermost last. Leaving writes the {@code
 * finally} parts that lie between, each time anew, as javac does.
 */
final class Exits {
  private sealed interface Exit {}

  private record Cleanup(Runnable code) implements Exit {}

  private record Breakable(@Nullable String label, int after, int again) implements Exit {}

  private record Catches(List<Integer> handlers) implements Exit {}

  /** Where the value of a switch expression or an inlined lambda goes. */
  private record Target(boolean lambda, Variable result, int after) implements Exit {}

  /** Not a loop: nothing to continue. */
  static final int NONE = -1;

  private final FunctionBuilder out;
  private List<Exit> open = new ArrayList<>();

  Exits(FunctionBuilder out) {
    this.out = out;
  }

  /** Runs a body with code that follows on every way out, then writes that code once more. */
  void withCleanup(Runnable cleanup, Runnable body) {
    within(new Cleanup(cleanup), body);
    if (out.isOpen()) {
      cleanup.run();
    }
  }

  void withLoop(@Nullable String label, int after, int again, Runnable body) {
    within(new Breakable(label, after, again), body);
  }

  void withCatches(List<Integer> handlers, Runnable body) {
    within(new Catches(List.copyOf(handlers)), body);
  }

  void withYield(Variable result, int after, Runnable body) {
    within(new Target(false, result, after), body);
  }

  void withLambda(Variable result, int after, Runnable body) {
    within(new Target(true, result, after), body);
  }

  private void within(Exit exit, Runnable body) {
    open.add(exit);
    body.run();
    open.removeLast();
  }

  void doReturn(Span span, @Nullable Variable value) {
    for (int i = open.size() - 1; i >= 0; i--) {
      if (open.get(i) instanceof Target target && target.lambda()) {
        deliver(span, i, target, value);
        return;
      }
    }
    unwind(0);
    out.end(new Terminator.Return(span, value == null ? List.of() : List.of(value)));
  }

  void doYield(Span span, Variable value) {
    for (int i = open.size() - 1; i >= 0; i--) {
      if (open.get(i) instanceof Target target && !target.lambda()) {
        deliver(span, i, target, value);
        return;
      }
    }
  }

  private void deliver(Span span, int level, Target target, @Nullable Variable value) {
    if (value != null) {
      out.add(new Op.Copy(span, target.result(), value));
    }
    unwind(level);
    out.jump(target.after());
  }

  void doBreak(@Nullable String label) {
    leave(label, false);
  }

  void doContinue(@Nullable String label) {
    leave(label, true);
  }

  private void leave(@Nullable String label, boolean again) {
    for (int i = open.size() - 1; i >= 0; i--) {
      if (open.get(i) instanceof Breakable loop
          && (label == null ? !again || loop.again() != NONE : label.equals(loop.label()))) {
        unwind(i);
        out.jump(again ? loop.again() : loop.after());
        return;
      }
    }
    out.end(new Terminator.Stop());
  }

  /** To the nearest handlers of the method, or out of it. */
  void doThrow() {
    for (int i = open.size() - 1; i >= 0; i--) {
      if (open.get(i) instanceof Catches catches) {
        unwind(i);
        out.end(new Terminator.Choice(catches.handlers()));
        return;
      }
    }
    out.end(new Terminator.Stop());
  }

  /** Writes the cleanups above a level, innermost first; each sees only the exits around it. */
  private void unwind(int level) {
    List<Exit> saved = open;
    for (int i = saved.size() - 1; i >= level; i--) {
      if (saved.get(i) instanceof Cleanup cleanup) {
        open = new ArrayList<>(saved.subList(0, i));
        cleanup.code().run();
      }
    }
    open = saved;
  }
}
