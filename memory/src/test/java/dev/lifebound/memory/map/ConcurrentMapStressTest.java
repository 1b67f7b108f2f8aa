package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The concurrent map under many threads; {@code -Dlifebound.stress.operations=N} for a long run,
 * see {@code bench/stress}.
 */
class ConcurrentMapStressTest {
  private static final int THREADS = 4;
  private static final long OPERATIONS = Long.getLong("lifebound.stress.operations", 60_000);

  /** What makes races likely: tables of one group, directories of four entries, bad hashes. */
  enum Shape {
    USUAL,
    TINY,
    TINY_EQUAL_HASHES,
    TINY_SAME_PREFIX
  }

  private static ConcurrentMapBuilder builder(Shape shape) {
    ConcurrentMapBuilder builder = ConcurrentNativeMap.builder().name(shape.name());
    return switch (shape) {
      case USUAL -> builder;
      case TINY -> builder.sizes(2, 4, 1);
      case TINY_EQUAL_HASHES -> builder.sizes(2, 4, 1).testHash(hash -> hash % 61);
      case TINY_SAME_PREFIX -> builder.sizes(2, 8, 2, 1).testHash(same(24));
    };
  }

  private static LongUnaryOperator same(int bits) {
    return hash -> hash >>> bits;
  }

  private static int keys(Shape shape) {
    return shape == Shape.USUAL ? 4_000 : shape == Shape.TINY ? 400 : 60;
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void longs(Shape shape) throws Exception {
    try (ConcurrentLongLongMap map = builder(shape).buildLongLong()) {
      new ConcurrentMapStress<Long, Long>(
              map.asConcurrentMap(), THREADS, keys(shape), k -> k, k -> k, v -> v, v -> v)
          .run(OPERATIONS);
      map.checkInvariants();
      assertThat(recycles(map.tables())).isPositive();
    }
  }

  /** All memory is taken before the threads begin: tables are rebuilt in their own place. */
  @Test
  void longsWithoutMemory() throws Exception {
    boolean[] out = new boolean[1];
    Slabs.Source source =
        (arena, bytes) -> {
          if (out[0]) {
            throw new OutOfMemoryError("injected");
          }
          return arena.allocate(bytes, 64);
        };
    try (ConcurrentLongLongMap map =
        ConcurrentNativeMap.builder()
            .name("full")
            .seed(9)
            .sizes(2, 4, 32)
            .source(source)
            .buildLongLong()) {
      ConcurrentMapStress<Long, Long> stress =
          new ConcurrentMapStress<>(
              map.asConcurrentMap(), THREADS, 120, k -> k, k -> k, v -> v, v -> v);
      stress.fill();
      while (!out[0]) {
        // Until the slab is used up, which this map would take its next tables from.
        out[0] = map.tables().slabs.unusedBytes() < ConcurrentTables.tableBytes(32);
        map.tables().slabs.take(8, false, new GrowthTally());
      }
      stress.run(OPERATIONS);
      map.checkInvariants();
      assertThat(inPlaceRebuilds(map.tables())).isPositive();
    }
  }

  private static long inPlaceRebuilds(ConcurrentTables tables) {
    long rebuilds = 0;
    Stripe[] root = tables.root;
    for (int i = 0; i < root.length; i = ConcurrentTables.next(root, i)) {
      rebuilds += root[i].state.tally.inPlace;
    }
    return rebuilds;
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void strings(Shape shape) throws Exception {
    try (ConcurrentNativeMap<String, String> map =
        builder(shape).build(Codecs.of(String.class), Codecs.of(String.class))) {
      new ConcurrentMapStress<String, String>(
              map.asConcurrentMap(),
              THREADS,
              keys(shape),
              k -> "key " + k,
              k -> Long.parseLong(k.substring("key ".length())),
              ConcurrentMapStressTest::text,
              ConcurrentMapStressTest::number)
          .run(OPERATIONS);
      map.checkInvariants();
      assertThat(recycles(map.tables)).isPositive();
    }
  }

  /** Two stripes, so that pages are emptied all the time while others read what is in them. */
  @Test
  void textsWhoseCellsAreMoved() throws Exception {
    try (ConcurrentNativeMap<String, String> map =
        ConcurrentNativeMap.builder()
            .name("moved")
            .sizes(2, 8192, 32)
            .build(Codecs.of(String.class), Codecs.of(String.class))) {
      new ConcurrentMapStress<String, String>(
              map.asConcurrentMap(),
              THREADS,
              2_000,
              k -> "key " + k,
              k -> Long.parseLong(k.substring("key ".length())),
              ConcurrentMapStressTest::text,
              ConcurrentMapStressTest::number)
          .run(OPERATIONS);
      map.checkInvariants();
      assertThat(ConcurrentCellsTest.moved(map.tables)).isPositive();
    }
  }

  /** A number as text whose length differs, and whose parts must fit together. */
  private static String text(long number) {
    String digits = Long.toString(number);
    return digits + "/" + "x".repeat((int) (number % 97)) + "/" + digits;
  }

  private static long number(String text) {
    String[] parts = text.split("/", -1);
    assertThat(parts).hasSize(3);
    assertThat(parts[2]).isEqualTo(parts[0]);
    long number = Long.parseLong(parts[0]);
    assertThat(parts[1].length()).isEqualTo((int) (number % 97));
    return number;
  }

  private static long recycles(ConcurrentTables tables) {
    long recycles = 0;
    Stripe[] root = tables.root;
    for (int i = 0; i < root.length; i = ConcurrentTables.next(root, i)) {
      recycles += root[i].state.tally.recycles;
    }
    return recycles;
  }
}
