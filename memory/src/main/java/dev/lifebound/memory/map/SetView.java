package dev.lifebound.memory.map;

import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Objects;
import java.util.Set;
import java.util.Spliterator;
import org.jspecify.annotations.Nullable;

/**
 * A {@link NativeSet} as a {@link Set}, on the terms of {@link MapView}; its spliterator is not
 * sized.
 */
final class SetView<E> extends AbstractSet<E> {
  private final NativeSet<E> set;

  SetView(NativeSet<E> set) {
    this.set = set;
  }

  @Override
  public int size() {
    return (int) Math.min(set.size(), Integer.MAX_VALUE);
  }

  @SuppressWarnings("unchecked") // isElement
  private @Nullable E asElement(@Nullable Object object) {
    return set.isElement(Objects.requireNonNull(object, "element must not be null"))
        ? (E) object
        : null;
  }

  @Override
  public boolean contains(@Nullable Object object) {
    E element = asElement(object);
    return element != null && set.contains(element);
  }

  @Override
  public boolean add(E element) {
    return set.add(element);
  }

  @Override
  public boolean remove(@Nullable Object object) {
    E element = asElement(object);
    return element != null && set.remove(element);
  }

  @Override
  public void clear() {
    set.clear();
  }

  @Override
  public Iterator<E> iterator() {
    return set.iterator();
  }

  @Override
  public Spliterator<E> spliterator() {
    // Elements may be handles, whose blocks end on other threads.
    return new UnsizedSpliterator<>(this, Spliterator.DISTINCT | Spliterator.NONNULL);
  }
}
