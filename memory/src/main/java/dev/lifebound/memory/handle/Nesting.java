package dev.lifebound.memory.handle;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * How deep deallocators run inside each other on this thread: one may release a block whose
 * deallocator releases the next. Down to {@value #MAX_DEPTH} each runs at once; what ends further
 * down waits for the one at that depth, which works it off, so that a long list of blocks does not
 * take the thread's stack.
 */
final class Nesting {
  static final int MAX_DEPTH = 64;

  private static final ThreadLocal<Nesting> HERE = ThreadLocal.withInitial(Nesting::new);

  private final Queue<Runnable> later = new ArrayDeque<>();
  private int depth;

  private Nesting() {}

  /** Runs the step, or leaves it to the caller further out on this thread; what it throws, too. */
  static void run(Runnable step) {
    Nesting here = HERE.get();
    if (here.depth == MAX_DEPTH) {
      here.later.add(step);
      return;
    }
    here.depth++;
    try {
      if (here.depth == MAX_DEPTH) {
        here.runAll(step);
      } else {
        step.run();
      }
    } finally {
      here.depth--;
    }
  }

  private void runAll(Runnable first) {
    RuntimeException failure = null;
    for (@Nullable Runnable step = first; step != null; step = later.poll()) {
      try {
        step.run();
      } catch (RuntimeException e) {
        failure = Attachments.joined(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
