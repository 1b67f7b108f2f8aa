package dev.lifebound.memory.map;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What several threads do to a concurrent map is what they would have done one after another. In
 * stress mode: Lincheck's model checker does not see accesses to native memory.
 *
 * <p>{@code -Dlifebound.lincheck.iterations=1000} for a long run; see {@code bench/stress}.
 */
class ConcurrentMapLincheckTest {
  /** Words under words, in tables of one group, all of one hash tag. */
  @Param(name = "key", gen = IntGen.class, conf = "1:3")
  @Param(name = "value", gen = IntGen.class, conf = "1:4")
  public static class Longs {
    // Never closed: Lincheck makes some thousands of them, of 16 KiB each, and says not when it is
    // done with one.
    private final ConcurrentLongLongMap map =
        ConcurrentLongLongMap.builder()
            .name("lincheck")
            .sizes(2, 4, 1)
            .testHash(hash -> hash & ~0x7f)
            .source((_, bytes) -> Arena.ofAuto().allocate(bytes, 64))
            .buildLongLong();

    @Operation
    public long put(@Param(name = "key") int key, @Param(name = "value") int value) {
      return map.put(key, value, 0);
    }

    @Operation
    public long putIfAbsent(@Param(name = "key") int key, @Param(name = "value") int value) {
      return map.putIfAbsent(key, value, 0);
    }

    @Operation
    public long get(@Param(name = "key") int key) {
      return map.get(key, 0);
    }

    @Operation
    public boolean containsKey(@Param(name = "key") int key) {
      return map.containsKey(key);
    }

    @Operation
    public long remove(@Param(name = "key") int key) {
      return map.remove(key, 0);
    }

    @Operation
    public boolean compareAndSet(
        @Param(name = "key") int key,
        @Param(name = "value") int expected,
        @Param(name = "value") int value) {
      return map.compareAndSet(key, expected, value);
    }

    @Operation
    public long merge(@Param(name = "key") int key, @Param(name = "value") int value) {
      return map.merge(key, value, Long::sum);
    }
  }

  /** The same, one call after another. */
  public static class LongValues {
    private final Map<Integer, Long> map = new HashMap<>();

    private static long or(@Nullable Long value) {
      return value == null ? 0 : value;
    }

    public long put(int key, int value) {
      return or(map.put(key, (long) value));
    }

    public long putIfAbsent(int key, int value) {
      return or(map.putIfAbsent(key, (long) value));
    }

    public long get(int key) {
      return or(map.get(key));
    }

    public boolean containsKey(int key) {
      return map.containsKey(key);
    }

    public long remove(int key) {
      return or(map.remove(key));
    }

    public boolean compareAndSet(int key, int expected, int value) {
      return map.replace(key, (long) expected, (long) value);
    }

    public long merge(int key, int value) {
      return map.merge(key, (long) value, Long::sum);
    }
  }

  /** Cells under cells. */
  @Param(name = "key", gen = IntGen.class, conf = "1:3")
  @Param(name = "value", gen = IntGen.class, conf = "1:4")
  public static class Texts {
    private final ConcurrentNativeMap<String, String> map =
        ConcurrentNativeMap.builder()
            .name("lincheck")
            .sizes(2, 4, 1)
            .source((_, bytes) -> Arena.ofAuto().allocate(bytes, 64))
            .build(Codecs.of(String.class), Codecs.of(String.class));

    private static String key(int key) {
      return "a key of some length " + key;
    }

    @Operation
    public @Nullable String put(@Param(name = "key") int key, @Param(name = "value") int value) {
      return map.put(key(key), "x".repeat(value));
    }

    @Operation
    public @Nullable String get(@Param(name = "key") int key) {
      return map.get(key(key));
    }

    @Operation
    public @Nullable String remove(@Param(name = "key") int key) {
      return map.remove(key(key));
    }

    @Operation
    public boolean replace(
        @Param(name = "key") int key,
        @Param(name = "value") int expected,
        @Param(name = "value") int value) {
      return map.replace(key(key), "x".repeat(expected), "x".repeat(value));
    }

    @Operation
    public @Nullable String compute(
        @Param(name = "key") int key, @Param(name = "value") int value) {
      return map.compute(
          key(key),
          (_, present) ->
              present == null
                  ? "x".repeat(value)
                  : present.length() > value ? null : present + "x");
    }
  }

  /** The same, one call after another. */
  public static class TextValues {
    private final Map<Integer, String> map = new HashMap<>();

    public @Nullable String put(int key, int value) {
      return map.put(key, "x".repeat(value));
    }

    public @Nullable String get(int key) {
      return map.get(key);
    }

    public @Nullable String remove(int key) {
      return map.remove(key);
    }

    public boolean replace(int key, int expected, int value) {
      return map.replace(key, "x".repeat(expected), "x".repeat(value));
    }

    public @Nullable String compute(int key, int value) {
      return map.compute(
          key,
          (_, present) ->
              present == null
                  ? "x".repeat(value)
                  : present.length() > value ? null : present + "x");
    }
  }

  @Test
  void longsAreAMap() {
    check(Longs.class, LongValues.class);
  }

  @Test
  void textsAreAMap() {
    check(Texts.class, TextValues.class);
  }

  private static void check(Class<?> operations, Class<?> specification) {
    new StressOptions()
        .threads(2)
        .actorsPerThread(4)
        .iterations(Integer.getInteger("lifebound.lincheck.iterations", 10))
        .invocationsPerIteration(300)
        .sequentialSpecification(specification)
        .check(operations);
  }
}
