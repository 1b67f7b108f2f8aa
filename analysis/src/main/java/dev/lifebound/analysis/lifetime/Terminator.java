package dev.lifebound.analysis.lifetime;

import java.util.List;

/** How a {@link Block} ends. Targets are block numbers of the same function. */
public sealed interface Terminator {
  record Jump(int target) implements Terminator {}

  /**
   * Two ways by a condition. Equal conditions take the same way along one path; front ends write
   * {@code a != b} and {@code !a} as the opposite branch of {@code a == b} and {@code a}.
   */
  record Branch(Variable condition, int whenTrue, int whenFalse) implements Terminator {}

  /**
   * The head of a loop: the first visit goes to the body, the second leaves. A path therefore
   * passes each loop once, and a loop that removes entries is never skipped.
   *
   * @param exit the block after the loop; negative when only a break leaves it
   */
  record Loop(int body, int exit) implements Terminator {}

  /** Any of several ways, for reasons the graph does not know. */
  record Choice(List<Integer> targets) implements Terminator {
    public Choice {
      targets = List.copyOf(targets);
    }
  }

  /** The function returns; deferred blocks run first. */
  record Return(Span span, List<Variable> values) implements Terminator {
    public Return {
      values = List.copyOf(values);
    }
  }

  /** The end of a deferred block. */
  record EndDefer() implements Terminator {}

  /** The path ends without the function returning: the process exits, or the code panics. */
  record Stop() implements Terminator {}
}
