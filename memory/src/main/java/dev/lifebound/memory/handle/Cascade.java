package dev.lifebound.memory.handle;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Ends of blocks that bring about further ends, one after the other instead of one inside the
 * other: a chain of children may be longer than a thread's stack.
 *
 * <p>Each thread has a queue while it works one off. A step may add steps; whoever began works off
 * all of them before it returns.
 */
final class Cascade {
  private static final ThreadLocal<@Nullable Queue<Runnable>> STEPS = new ThreadLocal<>();

  private Cascade() {}

  /**
   * Runs the steps, and those that they add; or leaves them to the caller further out on this
   * thread who is doing so.
   *
   * @return what the steps threw, joined; null when nothing or when it is left to the outer caller
   */
  static @Nullable RuntimeException run(Iterable<Runnable> steps) {
    Queue<Runnable> queue = STEPS.get();
    if (queue != null) {
      steps.forEach(queue::add);
      return null;
    }
    Queue<Runnable> mine = new ArrayDeque<>();
    steps.forEach(mine::add);
    STEPS.set(mine);
    RuntimeException failure = null;
    try {
      for (Runnable step = mine.poll(); step != null; step = mine.poll()) {
        try {
          step.run();
        } catch (RuntimeException e) {
          failure = Attachments.joined(failure, e);
        }
      }
    } finally {
      STEPS.remove();
    }
    return failure;
  }
}
