package dev.lifebound.memory.map;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sequences of operations against {@link java.util.HashMap}; the seed is in every failure. */
class LongLongMapModelTest {
  private static final int OPERATION_BYTES = 3;

  /** In all; {@code bench/stress map} asks for more. */
  private static final long OPERATIONS = Long.getLong("lifebound.map.operations", 10_000_000L);

  @ParameterizedTest
  @EnumSource
  void everyStepKeepsTheInvariants(Keys.Kind kind) {
    for (int keys : new int[] {3, 60, 1_500}) {
      run(kind, keys, 4_000, 1, keys);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theMapAnswersAsHashMapDoes(Keys.Kind kind) {
    // Chained tables are searched one after the other.
    int keys = kind == Keys.Kind.SAME_ALL || kind == Keys.Kind.SAME_PREFIX ? 1_200 : 40_000;
    long each = OPERATIONS / Keys.Kind.values().length;
    int part = 200_000;
    for (long done = 0; done < each; done += part) {
      run(kind, keys, part, part / 4, done);
    }
  }

  private static void run(Keys.Kind kind, int keys, int operations, int checkEvery, long seed) {
    try (LongLongMap map = LongLongMap.builder().seed(seed).build()) {
      byte[] bytes = new byte[operations * OPERATION_BYTES];
      new Random(seed).nextBytes(bytes);
      String context = "kind=" + kind + ", keys=" + keys + ", seed=" + seed;
      new MapOperations(MapOperations.of(map), Keys.keys(kind, keys, seed), context)
          .run(bytes, checkEvery);
    }
  }
}
