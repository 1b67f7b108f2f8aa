package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operations decoded from bytes against {@code HashMap}, each step checked; the seed of the bytes
 * is in every failure.
 */
class NativeMapModelTest {
  /** Of all worlds together at least, as far as the property asks for more. */
  private static final long STEPS =
      Math.max(640_000, Long.getLong("lifebound.map.operations", 10_000_000L) / 16);

  /** Between checks of all invariants, which take time for every slot. */
  private static final int STEPS_PER_CHECK = 4_001;

  record Pair(long a, int b) {}

  record Named(String name, int number) {}

  record Half(short a, short b) {}

  /** What keys and values are made of, by a small number. */
  record Kind<T>(String name, Class<T> type, IntFunction<T> make) {}

  private static final List<Kind<?>> KINDS =
      List.of(
          new Kind<>("long", Long.class, i -> i * 0x9E3779B97F4A7C15L),
          new Kind<>("half", Half.class, i -> new Half((short) i, (short) (i >> 4))),
          new Kind<>("string", String.class, NativeMapModelTest::text),
          new Kind<>("uuid", UUID.class, i -> new UUID(i, ~i)),
          new Kind<>("pair", Pair.class, i -> new Pair(i, -i)),
          new Kind<>("named", Named.class, i -> new Named(text(i), i)));

  /** All lengths, some of two bytes a char, and one in some hundreds larger than a chunk takes. */
  private static String text(int i) {
    String number = i % 5 == 4 ? (char) (0x100 + i) + "" : Integer.toString(i, 36);
    return i % 509 == 508 ? number.repeat(6_000) : number.repeat(i % 23);
  }

  static Stream<Arguments> worlds() {
    List<Arguments> worlds = new ArrayList<>();
    long seed = 1;
    for (Kind<?> keys : KINDS) {
      for (Kind<?> values : KINDS) {
        boolean longs = keys.type == Long.class || values.type == Long.class;
        if (longs || keys.type == values.type) {
          worlds.add(Arguments.of(keys, values, seed++));
        }
      }
    }
    return worlds.stream();
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("worlds")
  <K, V> void theMapBehavesAsItsModel(Kind<K> keys, Kind<V> values, long seed) {
    new World<>(keys, values, seed).run(STEPS);
  }

  /** Words as keys, whose hashes can be chosen; values that are cells, which moving must find. */
  @ParameterizedTest
  @EnumSource(Keys.Kind.class)
  void theMapBehavesAsItsModelWhateverTheHashes(Keys.Kind kind) {
    long seed = 77;
    long[] keys = Keys.keys(kind, 1 << 12, seed);
    Kind<Long> hostile = new Kind<>(kind.name(), Long.class, i -> keys[i]);
    Kind<String> texts = new Kind<>("string", String.class, NativeMapModelTest::text);
    new World<>(hostile, texts, seed).run(STEPS / 16);
  }

  private static final class World<K, V> {
    final Kind<K> keys;
    final Kind<V> values;
    final Random bytes;
    final NativeMap<K, V> map;
    final Map<K, V> model = new HashMap<>();
    int universe = 60;

    World(Kind<K> keys, Kind<V> values, long seed) {
      this.keys = keys;
      this.values = values;
      this.bytes = new Random(seed);
      this.map = NativeMap.builder(keys.type, values.type).seed(seed).build();
    }

    void run(long steps) {
      for (long step = 0; step < steps; step++) {
        step(bytes.nextInt(1 << 16));
        if (step % STEPS_PER_CHECK == 0) {
          check();
          universe = 1 << (3 + bytes.nextInt(10));
        }
      }
      check();
      map.close();
    }

    K key() {
      return keys.make.apply(bytes.nextInt(universe));
    }

    V value() {
      return values.make.apply(bytes.nextInt(600));
    }

    void step(int choice) {
      K key = key();
      if (choice == 7) {
        map.clear();
        model.clear();
        return;
      }
      switch (choice & 15) {
        case 0, 1, 2, 3, 4 -> {
          V value = value();
          same(map.put(key, value), model.put(key, value) == null);
        }
        case 5 -> {
          V value = value();
          same(map.getAndPut(key, value), model.put(key, value));
        }
        case 6, 7, 8 -> same(map.remove(key), model.remove(key) != null);
        case 9 -> same(map.getAndRemove(key), model.remove(key));
        case 10 -> same(map.containsKey(key), model.containsKey(key));
        case 11 -> {
          V value = value();
          same(map.putIfAbsent(key, value), model.putIfAbsent(key, value) == null);
        }
        case 12 -> {
          V value = value();
          same(map.replace(key, value), model.replace(key, value) != null);
        }
        default -> same(map.get(key), model.get(key));
      }
      same(map.size(), (long) model.size());
    }

    void same(@Nullable Object found, @Nullable Object expected) {
      if (!Objects.equals(found, expected)) {
        assertThat(found).isEqualTo(expected);
      }
    }

    void check() {
      map.checkInvariants();
      Map<K, V> seen = new HashMap<>();
      map.forEach((key, value) -> assertThat(seen.put(key, value)).isNull());
      assertThat(seen).isEqualTo(model);
      Cells cells = map.cells;
      assertThat(cells.holesBytes())
          .isLessThan(cells.liveBytes() + cells.chunkBytes() / 4 + (64 << 10));
    }
  }
}
