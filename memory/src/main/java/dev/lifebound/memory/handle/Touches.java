package dev.lifebound.memory.handle;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The newest few touches of one block; any thread may add. */
final class Touches {
  static final int KEPT = 8;

  private final Deque<Touch> newestFirst = new ArrayDeque<>(KEPT);

  synchronized void add(Touch touch) {
    if (newestFirst.size() == KEPT) {
      newestFirst.removeLast();
    }
    newestFirst.addFirst(touch);
  }

  synchronized List<Touch> newestFirst() {
    return List.copyOf(newestFirst);
  }
}
