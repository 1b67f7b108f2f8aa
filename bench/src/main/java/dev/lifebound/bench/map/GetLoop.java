package dev.lifebound.bench.map;

import dev.lifebound.memory.map.LongLongMap;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;

/** A map of these keys, and a reader loop over some of them. Loaded twice, see {@link Misuse}. */
public final class GetLoop implements Function<long[], LongBinaryOperator>, AutoCloseable {
  private final LongLongMap map = LongLongMap.builder().seed(1).build();

  public GetLoop() {}

  @Override
  public LongBinaryOperator apply(long[] keys) {
    for (int i = 0; i < keys.length; i++) {
      map.put(keys[i], i);
    }
    return (from, to) -> sum(map, keys, (int) from, (int) to);
  }

  @Override
  public void close() {
    map.close();
  }

  private static long sum(LongLongMap map, long[] keys, int from, int to) {
    long sum = 0;
    for (int i = from; i < to; i++) {
      sum += map.get(keys[i], -1);
    }
    return sum;
  }
}
