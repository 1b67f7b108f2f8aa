package dev.lifebound.memory.map;

import com.google.common.collect.testing.MapTestSuiteBuilder;
import com.google.common.collect.testing.SampleElements;
import com.google.common.collect.testing.SetTestSuiteBuilder;
import com.google.common.collect.testing.TestMapGenerator;
import com.google.common.collect.testing.TestSetGenerator;
import com.google.common.collect.testing.features.CollectionFeature;
import com.google.common.collect.testing.features.CollectionSize;
import com.google.common.collect.testing.features.Feature;
import com.google.common.collect.testing.features.MapFeature;
import com.google.common.collect.testing.features.SetFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import junit.framework.TestSuite;

/**
 * Guava's conformance tests of {@code java.util.Map} and {@code Set} over the views of every form.
 *
 * <p>Declared: all operations are supported, nulls are refused (queries for them too), iterators
 * remove, and are not fail-fast; not serializable.
 */
final class GuavaMapSuites {
  private static final Feature<?>[] MAP_FEATURES = {
    MapFeature.GENERAL_PURPOSE, CollectionFeature.SUPPORTS_ITERATOR_REMOVE, CollectionSize.ANY
  };

  private static final Feature<?>[] SET_FEATURES = {
    SetFeature.GENERAL_PURPOSE, CollectionFeature.SUPPORTS_ITERATOR_REMOVE, CollectionSize.ANY
  };

  record Point(int x, int y) {}

  record Named(String name, double weight) {}

  private GuavaMapSuites() {}

  /** A form: its name, and how an empty one is made. */
  record Form<K, V>(
      String name,
      Class<K> keyType,
      Class<V> valueType,
      List<K> keys,
      List<V> values,
      Supplier<View<K, V>> make) {}

  /** A map and what closes it. */
  record View<K, V>(Map<K, V> map, Runnable close) {}

  static final List<Long> LONGS = List.of(0L, -1L, Long.MIN_VALUE, 42L, Long.MAX_VALUE);
  static final List<String> TEXTS = List.of("", "b", "Ā", "a longer text than eight", "\ud800");
  static final List<UUID> UUIDS =
      List.of(new UUID(0, 0), new UUID(1, 0), new UUID(0, 1), new UUID(-1, 5), new UUID(7, -1));
  static final List<Point> POINTS =
      List.of(
          new Point(0, 0), new Point(0, 1), new Point(1, 0), new Point(-1, -1), new Point(5, 5));
  static final List<Named> NAMED =
      List.of(
          new Named("", 0),
          new Named("a", 0),
          new Named("a", 1.5),
          new Named("b", -1),
          new Named("c", 2));

  static final Form<Long, Long> LONG_LONG =
      new Form<>(
          "LongLongMap",
          Long.class,
          Long.class,
          LONGS,
          LONGS,
          () -> {
            LongLongMap map = LongLongMap.create();
            return new View<>(
                map.asMap(),
                () -> {
                  map.checkInvariants();
                  map.close();
                });
          });

  static final Form<Long, Long> PRESIZED =
      new Form<>(
          "PresizedLongLongMap",
          Long.class,
          Long.class,
          LONGS,
          LONGS,
          () -> {
            PresizedLongLongMap map = PresizedLongLongMap.of(100);
            return new View<>(
                map.asMap(),
                () -> {
                  map.checkInvariants();
                  map.close();
                });
          });

  static <K, V> Form<K, V> typed(
      Class<K> keyType, Class<V> valueType, List<K> keys, List<V> values) {
    return new Form<>(
        "NativeMap of " + keyType.getSimpleName() + " to " + valueType.getSimpleName(),
        keyType,
        valueType,
        keys,
        values,
        () -> {
          NativeMap<K, V> map = NativeMap.create(keyType, valueType);
          return new View<>(
              map.asMap(),
              () -> {
                map.checkInvariants();
                map.close();
              });
        });
  }

  static <K, V> TestSuite suite(Form<K, V> form) {
    List<Runnable> open = new ArrayList<>();
    return MapTestSuiteBuilder.using(new Maps<>(form, open))
        .named(form.name)
        .withFeatures(MAP_FEATURES)
        .withTearDown(() -> {
          open.forEach(Runnable::run);
          open.clear();
        })
        .createTestSuite();
  }

  static <E> TestSuite suite(Class<E> type, List<E> samples) {
    List<Runnable> open = new ArrayList<>();
    return SetTestSuiteBuilder.using(new Sets<>(type, samples, open))
        .named("NativeSet of " + type.getSimpleName())
        .withFeatures(SET_FEATURES)
        .withTearDown(() -> {
          open.forEach(Runnable::run);
          open.clear();
        })
        .createTestSuite();
  }

  private record Maps<K, V>(Form<K, V> form, List<Runnable> open)
      implements TestMapGenerator<K, V> {
    @Override
    public SampleElements<Map.Entry<K, V>> samples() {
      Function<Integer, Map.Entry<K, V>> entry =
          i -> Map.entry(form.keys.get(i), form.values.get(i));
      return new SampleElements<>(
          entry.apply(0), entry.apply(1), entry.apply(2), entry.apply(3), entry.apply(4));
    }

    @Override
    public Map<K, V> create(Object... elements) {
      View<K, V> view = form.make.get();
      open.add(view.close);
      for (Object element : elements) {
        @SuppressWarnings("unchecked") // what samples() gave
        Map.Entry<K, V> entry = (Map.Entry<K, V>) element;
        view.map.put(entry.getKey(), entry.getValue());
      }
      return view.map;
    }

    @Override
    @SuppressWarnings({"unchecked", "rawtypes"})
    public Map.Entry<K, V>[] createArray(int length) {
      return new Map.Entry[length];
    }

    @Override
    public Iterable<Map.Entry<K, V>> order(List<Map.Entry<K, V>> insertionOrder) {
      return insertionOrder;
    }

    @Override
    @SuppressWarnings("unchecked")
    public K[] createKeyArray(int length) {
      return (K[]) java.lang.reflect.Array.newInstance(form.keyType, length);
    }

    @Override
    @SuppressWarnings("unchecked")
    public V[] createValueArray(int length) {
      return (V[]) java.lang.reflect.Array.newInstance(form.valueType, length);
    }
  }

  private record Sets<E>(Class<E> type, List<E> elements, List<Runnable> open)
      implements TestSetGenerator<E> {
    @Override
    public SampleElements<E> samples() {
      return new SampleElements<>(
          elements.get(0), elements.get(1), elements.get(2), elements.get(3), elements.get(4));
    }

    @Override
    @SuppressWarnings("unchecked") // what samples() gave
    public Set<E> create(Object... given) {
      NativeSet<E> set = NativeSet.create(type);
      open.add(() -> {
        set.checkInvariants();
        set.close();
      });
      for (Object element : given) {
        set.add((E) element);
      }
      return set.asSet();
    }

    @Override
    @SuppressWarnings("unchecked")
    public E[] createArray(int length) {
      return (E[]) java.lang.reflect.Array.newInstance(type, length);
    }

    @Override
    public Iterable<E> order(List<E> insertionOrder) {
      return insertionOrder;
    }
  }
}
