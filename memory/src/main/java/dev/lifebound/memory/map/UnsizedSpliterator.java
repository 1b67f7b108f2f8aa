package dev.lifebound.memory.map;

import java.util.Iterator;
import java.util.Objects;
import java.util.Spliterators;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a view whose number may change on other threads, as blocks end there. Binds when
 * it is first used.
 */
final class UnsizedSpliterator<T> extends Spliterators.AbstractSpliterator<T> {
  private final Iterable<T> elements;
  private @Nullable Iterator<T> iterator;

  UnsizedSpliterator(Iterable<T> elements, int characteristics) {
    super(Long.MAX_VALUE, characteristics);
    this.elements = elements;
  }

  @Override
  public boolean tryAdvance(Consumer<? super T> action) {
    Objects.requireNonNull(action, "action must not be null");
    Iterator<T> bound = iterator;
    if (bound == null) {
      bound = elements.iterator();
      iterator = bound;
    }
    if (!bound.hasNext()) {
      return false;
    }
    action.accept(bound.next());
    return true;
  }
}
