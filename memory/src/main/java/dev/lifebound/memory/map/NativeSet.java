package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A set in native memory whose elements have a {@link Codec}, for one writer: the keys of a {@link
 * NativeMap} without values. What is said there of equality, lives, threads and cost holds here.
 *
 * <pre>{@code
 * try (NativeSet<UUID> seen = NativeSet.create(UUID.class)) {
 *   seen.add(id); // true, the first time
 *   seen.asSet().containsAll(ids);
 * }
 * }</pre>
 *
 * @param <E> the type of elements; null is none
 */
public final class NativeSet<E> implements AutoCloseable {
  private static final NativeSet<?> NIL_SET = new NativeSet<>(NativeMap.nil());

  /** The value of each element: it has no bytes. */
  private record Present() {
    static final Present VALUE = new Present();
  }

  private final NativeMap<E, Present> map;

  private NativeSet(NativeMap<E, Present> map) {
    this.map = map;
  }

  /**
   * An empty set with the default settings.
   *
   * @throws UnsuitableTypeException when there is no codec for the type, or its values are no keys
   */
  public static <E> NativeSet<E> create(Class<E> elements) {
    return create(Codecs.of(elements));
  }

  /** As above, with a codec of your own. */
  public static <E> NativeSet<E> create(Codec<E> elements) {
    return builder(elements).build();
  }

  /** For everything else. */
  public static <E> NativeSetBuilder<E> builder(Class<E> elements) {
    return builder(Codecs.of(elements));
  }

  /** As above, with a codec of your own. */
  public static <E> NativeSetBuilder<E> builder(Codec<E> elements) {
    return new NativeSetBuilder<>(elements);
  }

  static <E> NativeSet<E> over(
      Settings settings, TypeCodec<E> elements, @Nullable String ledgerName) {
    return new NativeSet<>(new NativeMap<>(settings, elements, new PresentCodec(), ledgerName));
  }

  /** The nil set, as the nil map: empty, and adding to it throws {@link NilMapException}. */
  @SuppressWarnings("unchecked") // it never has an element
  public static <E> NativeSet<E> nil() {
    return (NativeSet<E>) NIL_SET;
  }

  private static final class PresentCodec extends TypeCodec<Present> {
    PresentCodec() {
      super(Present.class, "present", 0, null);
    }

    @Override
    public void write(Present value, MemorySegment target, long offset) {}

    @Override
    public Present read(MemorySegment source, long offset, int byteSize) {
      return Present.VALUE;
    }

    @Override
    long word(Present value) {
      return 0;
    }

    @Override
    Present ofWord(long word) {
      return Present.VALUE;
    }

    @Override
    long hash(Present value, long seed) {
      return seed;
    }

    @Override
    long hashOf(MemorySegment source, long offset, int byteSize, long seed) {
      return seed;
    }

    @Override
    boolean matches(Present value, MemorySegment source, long offset, int byteSize) {
      return true;
    }
  }

  /**
   * Adds an element.
   *
   * @return whether it is new
   */
  public boolean add(E element) {
    return map.put(element, Present.VALUE);
  }

  public boolean contains(E element) {
    return map.containsKey(element);
  }

  /**
   * Removes an element.
   *
   * @return whether it was there
   */
  public boolean remove(E element) {
    return map.remove(element);
  }

  /** The number of elements. */
  public long size() {
    return map.size();
  }

  public boolean isEmpty() {
    return map.isEmpty();
  }

  /** Removes all elements and keeps the memory for new ones. Iterations end. */
  public void clear() {
    map.clear();
  }

  /** Calls {@code action} for each element, in an order that is different each time. */
  public void forEach(Consumer<? super E> action) {
    Objects.requireNonNull(action, "action must not be null");
    NativeCursor<E, Present> cursor = new NativeCursor<>(map, false);
    while (cursor.next()) {
      action.accept(cursor.key());
    }
  }

  /** Another set with the same elements; the copy of the nil set is the nil set. */
  public NativeSet<E> copy() {
    NativeMap<E, Present> copy = map.copy();
    return copy == map ? this : new NativeSet<>(copy);
  }

  /** As {@link NativeMap#inspect}. */
  public MapInspection inspect() {
    return map.inspect();
  }

  /** The set as a {@link Set}, on the terms of {@link NativeMap#asMap}. */
  public Set<E> asSet() {
    return new SetView<>(this);
  }

  Iterator<E> iterator() {
    return new NativeMapEntries<>(map).keys();
  }

  boolean isElement(Object object) {
    return map.keys.isInstance(object);
  }

  /** As {@link NativeMap#close}. */
  @Override
  public void close() {
    map.close();
  }

  public boolean isOpen() {
    return map.isOpen();
  }

  void checkInvariants() {
    map.checkInvariants();
  }

  @Override
  public String toString() {
    return "NativeSet[name="
        + map.name
        + ", elements="
        + map.keys.typeName
        + ", size="
        + map.size
        + "]";
  }
}
