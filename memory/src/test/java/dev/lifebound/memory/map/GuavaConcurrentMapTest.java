package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.testing.ConcurrentMapTestSuiteBuilder;
import com.google.common.collect.testing.SampleElements;
import com.google.common.collect.testing.TestMapGenerator;
import com.google.common.collect.testing.features.CollectionFeature;
import com.google.common.collect.testing.features.CollectionSize;
import com.google.common.collect.testing.features.MapFeature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import junit.framework.AssertionFailedError;
import junit.framework.Test;
import junit.framework.TestListener;
import junit.framework.TestResult;
import junit.framework.TestSuite;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Guava's conformance tests of {@code ConcurrentMap}. Declared: every operation of a map, removing
 * iterators, every size; nulls are refused also in queries; not serializable.
 *
 * <p>Run by their own runner, and counted: a suite that generates nothing passes too, and JUnit's
 * reports fold equal names together.
 */
class GuavaConcurrentMapTest {
  private static final int TESTS = 932;

  private static final List<Long> LONGS = List.of(0L, -1L, Long.MIN_VALUE, 128L, Long.MAX_VALUE);
  private static final List<String> TEXTS =
      List.of("", "b", "\u0100", "longer than a word", "\ud800");
  private static final List<UUID> UUIDS =
      List.of(new UUID(0, 0), new UUID(1, 0), new UUID(0, 1), new UUID(-1, 5), new UUID(7, -1));

  /** A map, and how it is closed. */
  private record Open<K, V>(ConcurrentMap<K, V> view, Runnable close) {}

  static Stream<Arguments> suites() {
    return Stream.of(
        Arguments.of(
            suite(
                "ConcurrentLongLongMap",
                LONGS,
                LONGS,
                () -> {
                  ConcurrentLongLongMap map = ConcurrentLongLongMap.create();
                  return new Open<>(
                      map.asConcurrentMap(),
                      () -> {
                        map.checkInvariants();
                        map.close();
                      });
                })),
        Arguments.of(suite("longs", Long.class, Long.class, LONGS, LONGS)),
        Arguments.of(suite("texts", String.class, String.class, TEXTS, TEXTS)),
        Arguments.of(suite("longs of texts", Long.class, String.class, LONGS, TEXTS)),
        Arguments.of(suite("UUIDs of longs", UUID.class, Long.class, UUIDS, LONGS)));
  }

  private static <K, V> TestSuite suite(
      String name, Class<K> key, Class<V> value, List<K> keys, List<V> values) {
    return suite(
        "ConcurrentNativeMap, " + name,
        keys,
        values,
        () -> {
          ConcurrentNativeMap<K, V> map =
              ConcurrentNativeMap.create(Codecs.of(key), Codecs.of(value));
          return new Open<>(
              map.asConcurrentMap(),
              () -> {
                map.checkInvariants();
                map.close();
              });
        });
  }

  private static <K, V> TestSuite suite(
      String name, List<K> keys, List<V> values, Supplier<Open<K, V>> make) {
    List<Runnable> open = new ArrayList<>();
    return ConcurrentMapTestSuiteBuilder.using(new Generator<>(keys, values, make, open))
        .named(name)
        .withFeatures(
            MapFeature.GENERAL_PURPOSE,
            CollectionFeature.SUPPORTS_ITERATOR_REMOVE,
            CollectionSize.ANY)
        .withTearDown(() -> {
          open.forEach(Runnable::run);
          open.clear();
        })
        .createTestSuite();
  }

  private record Generator<K, V>(
      List<K> keys, List<V> values, Supplier<Open<K, V>> make, List<Runnable> open)
      implements TestMapGenerator<K, V> {
    @Override
    public SampleElements<Map.Entry<K, V>> samples() {
      Function<Integer, Map.Entry<K, V>> entry = i -> Map.entry(keys.get(i), values.get(i));
      return new SampleElements<>(
          entry.apply(0), entry.apply(1), entry.apply(2), entry.apply(3), entry.apply(4));
    }

    @Override
    public Map<K, V> create(Object... elements) {
      Open<K, V> made = make.get();
      open.add(made.close);
      for (Object element : elements) {
        @SuppressWarnings("unchecked") // what samples() gave
        Map.Entry<K, V> entry = (Map.Entry<K, V>) element;
        made.view.put(entry.getKey(), entry.getValue());
      }
      return made.view;
    }

    @Override
    @SuppressWarnings("unchecked") // as Guava's interface wants it
    public Map.Entry<K, V>[] createArray(int length) {
      return (Map.Entry<K, V>[]) new Map.Entry<?, ?>[length];
    }

    @Override
    @SuppressWarnings("unchecked") // as Guava's interface wants it
    public K[] createKeyArray(int length) {
      return (K[]) Arrays.copyOf(keys.toArray(), length);
    }

    @Override
    @SuppressWarnings("unchecked") // as Guava's interface wants it
    public V[] createValueArray(int length) {
      return (V[]) Arrays.copyOf(values.toArray(), length);
    }

    @Override
    public Iterable<Map.Entry<K, V>> order(List<Map.Entry<K, V>> insertionOrder) {
      return insertionOrder;
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("suites")
  void guavasTestsPass(TestSuite suite) {
    List<String> failures = new ArrayList<>();
    TestResult result = new TestResult();
    result.addListener(
        new TestListener() {
          @Override
          public void addError(Test test, Throwable error) {
            failures.add(test + ": " + error);
          }

          @Override
          public void addFailure(Test test, AssertionFailedError error) {
            failures.add(test + ": " + error);
          }

          @Override
          public void startTest(Test test) {}

          @Override
          public void endTest(Test test) {}
        });
    suite.run(result);
    assertThat(failures).isEmpty();
    assertThat(result.runCount()).isEqualTo(TESTS);
  }
}
