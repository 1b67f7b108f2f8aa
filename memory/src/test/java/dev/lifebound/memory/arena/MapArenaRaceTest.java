package dev.lifebound.memory.arena;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads against each other: no overlap, and after close no silent read. */
class MapArenaRaceTest {
  private static final long MAGIC = 0x5DEECE66DL;

  private record Piece(long position, long byteSize, long stamp) {}

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false"})
  void blocksOfManyThreadsDoNotOverlap(boolean checked, boolean zeroing) throws Exception {
    MapArenaBuilder builder = MapArena.builder("race").checked(checked);
    if (zeroing) {
      builder.zeroRecycled();
    }
    try (MapArena arena = builder.shared()) {
      ConcurrentLinkedQueue<Piece> pieces = new ConcurrentLinkedQueue<>();
      int blocks = checked ? 200 : 2_000;
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        tasks.add(allocating(arena, pieces, t, 10 * blocks));
      }
      List<Callable<Void>> virtual = new ArrayList<>();
      for (int t = 0; t < 200; t++) {
        virtual.add(allocating(arena, pieces, 1_000 + t, blocks / 10));
      }
      try (ExecutorService platform = Executors.newFixedThreadPool(4);
          ExecutorService light = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Void>> results = new ArrayList<>();
        tasks.forEach(task -> results.add(platform.submit(task)));
        virtual.forEach(task -> results.add(light.submit(task)));
        for (Future<Void> result : results) {
          result.get();
        }
      }
      assertThat(pieces).hasSize(4 * 10 * blocks + 200 * (blocks / 10));
      arena.checkInvariants();
      assertDisjoint(pieces);
      for (Piece piece : pieces) {
        for (long at = 0; at + 8 <= piece.byteSize; at += 8) {
          assertThat(arena.getLong(piece.position + at)).isEqualTo(piece.stamp);
        }
      }
    }
  }

  private static Callable<Void> allocating(
      MapArena arena, ConcurrentLinkedQueue<Piece> pieces, int thread, int blocks) {
    return () -> {
      Random random = new Random(thread);
      for (int i = 0; i < blocks; i++) {
        long size =
            random.nextInt(50) == 0 ? 1L + random.nextInt(20_000) : 1L + random.nextInt(150);
        Piece piece = new Piece(arena.allocateBlock(size), size, (long) thread << 32 | i);
        for (long at = 0; at + 8 <= size; at += 8) {
          arena.setLong(piece.position + at, piece.stamp);
        }
        pieces.add(piece);
      }
      return null;
    };
  }

  private static void assertDisjoint(Iterable<Piece> pieces) {
    List<Piece> sorted = new ArrayList<>();
    pieces.forEach(sorted::add);
    sorted.sort(Comparator.comparingLong(Piece::position));
    for (int i = 1; i < sorted.size(); i++) {
      Piece before = sorted.get(i - 1);
      if (before.position + before.byteSize > sorted.get(i).position) {
        assertThat(sorted.get(i)).as("overlaps " + before).isNull();
      }
    }
  }

  /** Each rollback ends an epoch; blocks that were surely allocated within one are disjoint. */
  @Test
  void rollbackAgainstAllocationHandsNothingOutTwice() throws Exception {
    int threads = 3;
    int rollbacks = 2_000;
    AtomicInteger epoch = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    try (MapArena arena = MapArena.shared("race");
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<List<List<Piece>>>> results = new ArrayList<>();
      CountDownLatch started = new CountDownLatch(threads);
      for (int t = 0; t < threads; t++) {
        Random random = new Random(t);
        results.add(
            pool.submit(() -> {
              List<List<Piece>> byEpoch = new ArrayList<>();
              for (int e = 0; e <= 2 * rollbacks; e++) {
                byEpoch.add(new ArrayList<>());
              }
              started.countDown();
              while (!stop.get()) {
                int before = epoch.get();
                long size = 1L + random.nextInt(600);
                long position = arena.allocateBlock(size);
                if (epoch.get() == before) {
                  byEpoch.get(before).add(new Piece(position, size, 0));
                }
              }
              return byEpoch;
            }));
      }
      started.await();
      for (int i = 0; i < rollbacks; i++) {
        Mark mark = arena.mark();
        epoch.incrementAndGet();
        Thread.onSpinWait();
        // Odd epochs lie between a mark and its rollback; even ones between a rollback and a mark.
        epoch.incrementAndGet();
        arena.rollback(mark);
      }
      stop.set(true);
      List<List<List<Piece>>> all = new ArrayList<>();
      for (Future<List<List<Piece>>> result : results) {
        all.add(result.get());
      }
      arena.checkInvariants();
      for (int e = 1; e <= 2 * rollbacks; e += 2) {
        List<Piece> pieces = new ArrayList<>();
        for (List<List<Piece>> byEpoch : all) {
          pieces.addAll(byEpoch.get(e));
        }
        assertDisjoint(pieces);
      }
    }
  }

  @Test
  void virtualThreadsLeaveNoSlabBehind() throws Exception {
    int threads = 20_000;
    try (MapArena arena = MapArena.shared("virtual")) {
      try (ExecutorService light = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Long>> results = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
          results.add(light.submit(() -> arena.allocateBlock(16)));
        }
        for (Future<Long> result : results) {
          assertThat(result.get()).isPositive();
        }
      }
      long stripes = 4L * Runtime.getRuntime().availableProcessors();
      long needed = 16L * threads + stripes * SharedArena.RUN_BYTES;
      assertThat(arena.reservedBytes()).isLessThanOrEqualTo(2 * needed);
    }
  }

  /** A reader sees the arena's own value or the refusal, and after the refusal nothing else. */
  @ParameterizedTest
  @ValueSource(strings = {"single", "shared", "checked"})
  void closeAgainstReadIsAValueOrARefusal(String form) throws Exception {
    int rounds = form.equals("checked") ? 100 : 200;
    int readers = 3;
    Random random = new Random(7);
    try (ExecutorService pool = Executors.newFixedThreadPool(readers)) {
      for (int round = 0; round < rounds; round++) {
        MapArenaBuilder builder = MapArena.builder("race").checked(form.equals("checked"));
        MapArena arena = form.equals("shared") ? builder.shared() : builder.single();
        long[] positions = new long[64];
        for (int i = 0; i < positions.length; i++) {
          positions[i] = arena.allocateBlock(1_000);
          arena.setLong(positions[i] + 8, MAGIC + i);
        }
        CountDownLatch reading = new CountDownLatch(readers);
        List<Future<Long>> results = new ArrayList<>();
        for (int r = 0; r < readers; r++) {
          results.add(pool.submit(() -> readUntilRefused(arena, positions, reading)));
        }
        reading.await();
        for (int spin = random.nextInt(2_000); spin > 0; spin--) {
          Thread.onSpinWait();
        }
        arena.close();
        // Whoever read silently now would most likely read this.
        try (MapArena next = MapArena.single("next")) {
          next.fill(next.allocateBlock(64_000), 64_000, (byte) 0x55);
          for (Future<Long> result : results) {
            assertThat(result.get()).isPositive();
          }
        }
        assertThatThrownBy(() -> arena.getLong(positions[0] + 8))
            .isInstanceOf(ArenaClosedException.class);
      }
    }
  }

  private static long readUntilRefused(MapArena arena, long[] positions, CountDownLatch reading) {
    long reads = 0;
    try {
      while (true) {
        int at = (int) (reads++ % positions.length);
        long value = arena.getLong(positions[at] + 8);
        if (value != MAGIC + at) {
          throw new AssertionError("a read must be the block's own: value=" + value);
        }
        if (reads == 100) {
          reading.countDown();
        }
      }
    } catch (ArenaClosedException e) {
      assertThatThrownBy(() -> arena.getLong(positions[0]))
          .isInstanceOf(ArenaClosedException.class);
      return reads;
    }
  }

  /** Allocating threads end with the refusal, whatever they were about to do. */
  @Test
  void closeAgainstAllocationEndsInTheRefusal() throws Exception {
    int threads = 3;
    Random random = new Random(11);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (int round = 0; round < 200; round++) {
        MapArena arena =
            MapArena.builder("race").checked(round % 4 == 3).slabBytes(1 << 10, 64 << 10).shared();
        CountDownLatch allocating = new CountDownLatch(threads);
        List<Future<Long>> results = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
          long seed = t;
          results.add(pool.submit(() -> allocateUntilRefused(arena, seed, allocating)));
        }
        allocating.await();
        for (int spin = random.nextInt(2_000); spin > 0; spin--) {
          Thread.onSpinWait();
        }
        arena.close();
        for (Future<Long> result : results) {
          assertThat(result.get()).isPositive();
        }
      }
    }
  }

  private static long allocateUntilRefused(MapArena arena, long seed, CountDownLatch allocating) {
    Random random = new Random(seed);
    long blocks = 0;
    try {
      while (true) {
        long block = arena.allocateBlock(8L + random.nextInt(300));
        arena.setLong(block, seed);
        if (++blocks % 1_000 == 999) {
          arena.allocateBlock(30_000);
        }
        if (blocks == 10) {
          allocating.countDown();
        }
        if (arena.getLong(block) != seed) {
          throw new AssertionError("a block must be its thread's own: position=" + block);
        }
      }
    } catch (ArenaClosedException e) {
      assertThatThrownBy(() -> arena.allocateBlock(8)).isInstanceOf(ArenaClosedException.class);
      return blocks;
    }
  }

  /** Two threads that come first at once: one owns the arena, the other is refused. */
  @Test
  void ofTwoFirstThreadsOneOwnsTheArena() throws Exception {
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < 500; round++) {
        try (MapArena arena = MapArena.single("race")) {
          CyclicBarrier start = new CyclicBarrier(2);
          List<Future<Boolean>> results = new ArrayList<>();
          for (int t = 0; t < 2; t++) {
            results.add(
                pool.submit(() -> {
                  start.await();
                  try {
                    return arena.allocateBlock(8) != 0;
                  } catch (NotOwnerException e) {
                    return false;
                  }
                }));
          }
          boolean first = results.get(0).get();
          assertThat(results.get(1).get()).isNotEqualTo(first);
        }
      }
    }
  }
}
