package dev.lifebound.memory.handle;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
  @Test
  void everySizeFitsItsClassWithAtMostAFifthOfWaste() {
    for (long bytes = 1; bytes <= BlockPool.MAX_BLOCK_BYTES; bytes++) {
      long taken = BlockPool.classBytes(BlockPool.classOf(bytes));
      assertThat(taken).as("bytes=%d", bytes).isGreaterThanOrEqualTo(bytes);
      assertThat(taken % 16).as("bytes=%d", bytes).isZero();
      if (bytes > 64) {
        assertThat(taken - bytes).as("bytes=%d", bytes).isLessThanOrEqualTo(taken / 5 + 1);
      }
    }
  }

  @Test
  void liveBlocksNeverOverlap() {
    Random random = new Random(11);
    try (BlockPool pool = new BlockPool()) {
      Map<Long, Long> live = new HashMap<>();
      TreeMap<Long, Long> ranges = new TreeMap<>();
      for (int step = 0; step < 30_000; step++) {
        if (random.nextInt(5) < 3 || live.isEmpty()) {
          long bytes = 1L + random.nextInt(random.nextInt(20) == 0 ? 65_536 : 300);
          long position = pool.allocate(bytes);
          long start = pool.slab(position).address() + BlockPool.offset(position);
          assertThat(pool.position(BlockPool.slabOf(position), start)).isEqualTo(position);
          long end = start + BlockPool.classBytes(BlockPool.classOf(bytes));
          Map.Entry<Long, Long> below = ranges.floorEntry(start);
          Map.Entry<Long, Long> above = ranges.ceilingEntry(start);
          assertThat(below == null || below.getValue() <= start).isTrue();
          assertThat(above == null || above.getKey() >= end).isTrue();
          ranges.put(start, end);
          live.put(position, bytes);
        } else {
          long position = live.keySet().iterator().next();
          ranges.remove(pool.slab(position).address() + BlockPool.offset(position));
          pool.free(position, requireNonNull(live.remove(position)));
        }
      }
    }
  }
}
