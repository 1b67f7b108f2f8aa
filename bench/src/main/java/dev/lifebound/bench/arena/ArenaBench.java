package dev.lifebound.bench.arena;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.lifebound.bench.Contest;
import dev.lifebound.bench.Malloc;
import dev.lifebound.bench.Plots;
import dev.lifebound.memory.arena.MapArena;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * What a 64-byte block costs from a map arena, from {@code malloc} and from Netty; and what it
 * costs to release a million of them.
 *
 * <p>Each block has 8 bytes written to it. The arena is reset after every 1,000 blocks, which its
 * figure includes; {@code malloc} and Netty free each block at once, which is their best case. Run:
 * {@code bench/run arena [--quick] [--plot DIR]}.
 */
public final class ArenaBench {
  private static final int BLOCK_BYTES = 64;
  private static final int LIVE_BLOCKS = 1_000;
  private static final int MAP_BLOCKS = 1_000_000;
  private static final int WARM_UP_MAPS = 3;
  private static final double P10 = 0.1;
  private static final double MEDIAN = 0.5;

  private ArenaBench() {}

  public static void main(String[] args) throws Exception {
    boolean quick = List.of(args).contains("--quick");
    Plots plots = Plots.of(List.of(args));
    Contest blocks = blocks(quick ? 600 : 3_000);
    plots.draw("arena-blocks", blocks);
    Release release = release(quick ? 31 : 151, plots);
    plots.draw("arena-forms", forms(quick ? 200 : 1_000));
    scaling(quick ? 201 : 1_001);
    System.out.printf(
        Locale.ROOT,
        "%nof the p10: bump_vs_malloc=%.3f bump_vs_netty=%.4f; freed in the order of allocation:"
            + " release_vs_free=%.4f%n",
        blocks.nanos("arena", P10) / blocks.nanos("malloc+free", P10),
        blocks.nanos("arena", P10) / blocks.nanos("netty pooled", P10),
        release.versusInOrder());
    double malloc = blocks.nanos("arena", MEDIAN) / blocks.nanos("malloc+free", MEDIAN);
    double netty = blocks.nanos("arena", MEDIAN) / blocks.nanos("netty pooled", MEDIAN);
    plots.goals(
        "arena-goals",
        List.of(
            new Plots.Bar("bump_vs_malloc", malloc, 0.25),
            new Plots.Bar("bump_vs_netty", netty, 0.03),
            new Plots.Bar("release_vs_free", release.versusMapOrder(), 1.0 / 30),
            new Plots.Bar("the same in order", release.versusInOrder(), 1.0 / 30)));
    System.out.printf(
        Locale.ROOT,
        "figures: bump_vs_malloc=%.3f bump_vs_netty=%.4f release_vs_free=%.4f%n",
        malloc,
        netty,
        release.versusMapOrder());
  }

  private static Contest blocks(int rounds) {
    try (MapArena positions = MapArena.single("bench positions");
        MapArena segments = MapArena.single("bench segments")) {
      long[] live = new long[LIVE_BLOCKS];
      ByteBufAllocator pooled = new PooledByteBufAllocator(true);
      ByteBufAllocator adaptive = new AdaptiveByteBufAllocator(true);
      return new Contest("a 64-byte block: allocate, write 8 bytes, give back")
          .with("arena", LIVE_BLOCKS, ops -> positions(positions, ops))
          .with("arena, as a segment", LIVE_BLOCKS, ops -> segments(segments, ops))
          .with("malloc+free", LIVE_BLOCKS, ArenaBench::pairs)
          .with("malloc 1,000, free 1,000", LIVE_BLOCKS, ops -> batches(live, ops))
          .with("netty pooled", LIVE_BLOCKS, ops -> pooled(pooled, ops))
          .with("netty adaptive", LIVE_BLOCKS, ops -> adaptive(adaptive, ops))
          .run(rounds);
    }
  }

  /** The other forms and modes; a contest of its own, since they share code with the first one. */
  private static Contest forms(int rounds) {
    try (MapArena zeroed = MapArena.builder("bench zeroed").zeroRecycled().single();
        MapArena shared = MapArena.shared("bench shared");
        MapArena checked = MapArena.builder("bench checked").checked(true).single()) {
      return new Contest("a 64-byte block, other forms and modes")
          .with("malloc+free", LIVE_BLOCKS, ArenaBench::pairs)
          .with("arena, shared form", LIVE_BLOCKS, ops -> shared(shared, ops))
          .with("arena, zeroed", LIVE_BLOCKS, ops -> zeroed(zeroed, ops))
          .with("arena, checked mode", LIVE_BLOCKS, ops -> checked(checked, ops))
          .run(rounds);
    }
  }

  /** The shared form from one thread and from two at once, alternating. */
  private static void scaling(int rounds) throws Exception {
    double[] one = new double[rounds];
    double[] two = new double[rounds];
    CyclicBarrier start = new CyclicBarrier(2);
    try (MapArena arena = MapArena.shared("bench scaling");
        ExecutorService first = Executors.newSingleThreadExecutor();
        ExecutorService second = Executors.newSingleThreadExecutor()) {
      for (int round = -rounds / 4; round < rounds; round++) {
        int at = Math.max(round, 0);
        one[at] = first.submit(() -> allocateMany(arena)).get();
        arena.reset();
        Future<Double> other =
            second.submit(() -> {
              start.await();
              return allocateMany(arena);
            });
        double mine =
            first
                .submit(() -> {
                  start.await();
                  return allocateMany(arena);
                })
                .get();
        two[at] = Math.max(mine, other.get());
        arena.reset();
      }
    }
    System.out.printf("%nthe shared form, 100,000 blocks from each thread%n");
    System.out.printf(Locale.ROOT, "%-52s %9s %9s %9s %9s%n", "ns", "min", "p10", "median", "p90");
    print("one thread", one);
    print("two threads, the slower one", two);
  }

  private static double allocateMany(MapArena arena) {
    int blocks = 100_000;
    long start = System.nanoTime();
    for (int i = 0; i < blocks; i++) {
      arena.setLong(arena.allocateBlock(BLOCK_BYTES), i);
    }
    return (double) (System.nanoTime() - start) / blocks;
  }

  // One loop for each variant, so that each has its own compiled form and profile.

  private static long positions(MapArena arena, long ops) {
    long position = 0;
    for (long done = 0; done < ops; done += LIVE_BLOCKS) {
      for (int i = 0; i < LIVE_BLOCKS; i++) {
        position = arena.allocateBlock(BLOCK_BYTES);
        arena.setLong(position, i);
      }
      arena.reset();
    }
    return position;
  }

  private static long shared(MapArena arena, long ops) {
    long position = 0;
    for (long done = 0; done < ops; done += LIVE_BLOCKS) {
      for (int i = 0; i < LIVE_BLOCKS; i++) {
        position = arena.allocateBlock(BLOCK_BYTES);
        arena.setLong(position, i);
      }
      arena.reset();
    }
    return position;
  }

  private static long zeroed(MapArena arena, long ops) {
    long position = 0;
    for (long done = 0; done < ops; done += LIVE_BLOCKS) {
      for (int i = 0; i < LIVE_BLOCKS; i++) {
        position = arena.allocateBlock(BLOCK_BYTES);
        arena.setLong(position, i);
      }
      arena.reset();
    }
    return position;
  }

  private static long checked(MapArena arena, long ops) {
    long position = 0;
    for (long done = 0; done < ops; done += LIVE_BLOCKS) {
      for (int i = 0; i < LIVE_BLOCKS; i++) {
        position = arena.allocateBlock(BLOCK_BYTES);
        arena.setLong(position, i);
      }
      arena.reset();
    }
    return position;
  }

  private static long segments(MapArena arena, long ops) {
    long last = 0;
    for (long done = 0; done < ops; done += LIVE_BLOCKS) {
      for (int i = 0; i < LIVE_BLOCKS; i++) {
        var block = arena.allocate(BLOCK_BYTES, Long.BYTES);
        block.set(JAVA_LONG_UNALIGNED, 0, i);
        last ^= block.address();
      }
      arena.reset();
    }
    return last;
  }

  private static long pairs(long ops) {
    long sum = 0;
    for (long i = 0; i < ops; i++) {
      long address = Malloc.malloc(BLOCK_BYTES);
      Malloc.setLong(address, i);
      sum ^= address;
      Malloc.free(address);
    }
    return sum;
  }

  private static long batches(long[] live, long ops) {
    for (long done = 0; done < ops; done += LIVE_BLOCKS) {
      for (int i = 0; i < LIVE_BLOCKS; i++) {
        live[i] = Malloc.malloc(BLOCK_BYTES);
        Malloc.setLong(live[i], i);
      }
      for (int i = 0; i < LIVE_BLOCKS; i++) {
        Malloc.free(live[i]);
      }
    }
    return live[0];
  }

  private static long pooled(ByteBufAllocator allocator, long ops) {
    long sum = 0;
    for (long i = 0; i < ops; i++) {
      ByteBuf block = allocator.directBuffer(BLOCK_BYTES);
      block.setLong(0, i);
      sum ^= block.capacity();
      block.release();
    }
    return sum;
  }

  private static long adaptive(ByteBufAllocator allocator, long ops) {
    long sum = 0;
    for (long i = 0; i < ops; i++) {
      ByteBuf block = allocator.directBuffer(BLOCK_BYTES);
      block.setLong(0, i);
      sum ^= block.capacity();
      block.release();
    }
    return sum;
  }

  /** The arena's close against freeing each block, by the medians. */
  private record Release(double versusMapOrder, double versusInOrder) {}

  /**
   * One whole map's life on each side, alternating.
   *
   * <p>A program that frees a map's blocks one by one walks the map, which meets the blocks in the
   * order of their hashes: that is the figure. Walking them in the order of allocation, which takes
   * a list that a map does not have, is measured too.
   *
   * <p>Each side has a thread of its own, and so a heap of its own in the C library: otherwise each
   * would pay for trimming what the other has left.
   */
  private static Release release(int rounds, Plots plots) throws Exception {
    double[][] arena = new double[2][rounds];
    double[][] inOrder = new double[2][rounds];
    double[][] shuffled = new double[2][rounds];
    long[] live = new long[MAP_BLOCKS];
    long[] other = new long[MAP_BLOCKS];
    int[] order = shuffledOrder();
    try (ExecutorService first = Executors.newSingleThreadExecutor();
        ExecutorService second = Executors.newSingleThreadExecutor();
        ExecutorService third = Executors.newSingleThreadExecutor()) {
      for (int round = -WARM_UP_MAPS; round < rounds; round++) {
        int at = Math.max(round, 0);
        first.submit(() -> arenaLife(arena, at)).get();
        second.submit(() -> mallocLife(live, null, inOrder, at)).get();
        third.submit(() -> mallocLife(other, order, shuffled, at)).get();
      }
    }
    System.out.printf("%na map of 1,000,000 blocks of 64 bytes, from empty%n");
    System.out.printf(Locale.ROOT, "%-52s %9s %9s %9s %9s%n", "ms", "min", "p10", "median", "p90");
    print("arena: allocate and write all, new slabs included", arena[0]);
    print("malloc: allocate and write all", inOrder[0]);
    print("arena: close", arena[1]);
    print("malloc: free in the order of allocation", inOrder[1]);
    print("malloc: free in the order of a hash map", shuffled[1]);
    plots.draw(
        "arena-release",
        "a map of 1,000,000 blocks goes",
        "ms",
        "p10",
        "median",
        List.of(
            bar("arena: close", arena[1]),
            bar("free, order of allocation", inOrder[1]),
            bar("free, order of a hash map", shuffled[1])));
    double close = Contest.at(arena[1], MEDIAN);
    return new Release(
        close / Contest.at(shuffled[1], MEDIAN), close / Contest.at(inOrder[1], MEDIAN));
  }

  private static Plots.Bar bar(String name, double[] sorted) {
    return new Plots.Bar(name, Contest.at(sorted, P10), Contest.at(sorted, MEDIAN));
  }

  private static void arenaLife(double[][] millis, int at) {
    long start = System.nanoTime();
    MapArena arena = MapArena.single("bench release");
    fill(arena);
    millis[0][at] = millis(start);
    start = System.nanoTime();
    arena.close();
    millis[1][at] = millis(start);
  }

  private static void mallocLife(long[] live, int @Nullable [] order, double[][] millis, int at) {
    long start = System.nanoTime();
    for (int i = 0; i < MAP_BLOCKS; i++) {
      live[i] = Malloc.malloc(BLOCK_BYTES);
      Malloc.setLong(live[i], i);
    }
    millis[0][at] = millis(start);
    start = System.nanoTime();
    for (int i = 0; i < MAP_BLOCKS; i++) {
      Malloc.free(live[order == null ? i : order[i]]);
    }
    millis[1][at] = millis(start);
  }

  private static int[] shuffledOrder() {
    int[] order = new int[MAP_BLOCKS];
    Random random = new Random(1);
    for (int i = 0; i < MAP_BLOCKS; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private static void fill(MapArena arena) {
    for (int i = 0; i < MAP_BLOCKS; i++) {
      arena.setLong(arena.allocateBlock(BLOCK_BYTES), i);
    }
  }

  private static double millis(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  private static void print(String name, double[] millis) {
    Arrays.sort(millis);
    System.out.printf(
        Locale.ROOT,
        "%-52s %9.2f %9.2f %9.2f %9.2f%n",
        name,
        millis[0],
        Contest.at(millis, P10),
        Contest.at(millis, MEDIAN),
        Contest.at(millis, 0.9));
  }
}
