package dev.lifebound.memory.map;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A cursor as an iterator. {@code hasNext} takes one step ahead, so that what it promises comes,
 * also when it is removed in between.
 *
 * @param <T> what is iterated over
 * @param <M> what an entry is removed by, when the cursor is further
 */
abstract class AheadIterator<T, M> implements Iterator<T> {
  private @Nullable T ahead;
  private @Nullable M aheadMark;
  private @Nullable M last;

  AheadIterator() {}

  /** Takes the cursor's next step. */
  abstract boolean advance();

  /** Of the cursor's present entry. */
  abstract T part();

  /** Of the cursor's present entry. */
  abstract M mark();

  abstract void remove(M mark);

  @Override
  public final boolean hasNext() {
    if (ahead == null && advance()) {
      ahead = part();
      aheadMark = mark();
    }
    return ahead != null;
  }

  @Override
  public final T next() {
    T next = hasNext() ? ahead : null;
    if (next == null) {
      throw new NoSuchElementException("the iteration must have a next entry");
    }
    last = aheadMark;
    ahead = null;
    return next;
  }

  @Override
  public final void remove() {
    M mark = last;
    if (mark == null) {
      throw new IllegalStateException("a remove must follow a next");
    }
    last = null;
    remove(mark);
  }
}
