package dev.lifebound.bench.handles;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.lifebound.bench.Contest;
import dev.lifebound.bench.Malloc;
import dev.lifebound.bench.Plots;
import dev.lifebound.memory.handle.BoundKeyMap;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.ReadSection;
import dev.lifebound.memory.handle.Registry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * What handles cost beside what people write by hand: reference counts, leases, read sections,
 * bound keys, two threads, bytes.
 *
 * <p>Each contest runs its variants in alternating batches of about a millisecond and quotes the
 * tenth percentile. {@code bench/run} keeps the young generation small, so that it stays in memory:
 * the first use of fresh heap is a page fault each 4 KiB, which the sides that make objects would
 * pay and the others not. Run: {@code bench/run handles [--quick] [--plot DIR]}.
 */
public final class HandlesBench {
  private static final int COUNTED = 1_000;
  private static final int BLOCKS = 1_000_000;
  private static final int BLOCK_BYTES = 64;
  private static final int SECTION_READS = 100;
  private static final int READ_BYTES = 4096;
  private static final double P10 = 0.1;
  private static final String BOUND_BY_HAND = "malloc, HashMap, free";

  private HandlesBench() {}

  public static void main(String[] args) throws Exception {
    boolean quick = List.of(args).contains("--quick");
    Plots plots = Plots.of(List.of(args));
    int rounds = quick ? 400 : 2_000;
    Contest counts = counts(rounds);
    plots.draw("handles-counts", counts);
    Contest leases = leases(rounds);
    plots.draw("handles-leases", leases);
    Contest sections = sections(rounds);
    plots.draw("handles-sections", sections);
    Contest bound = bound(rounds);
    plots.draw("handles-bound", bound);
    Strategies.run(rounds, plots);
    double twoThreads = TwoThreads.ratio(quick ? 60 : 300);
    double bytes = Footprint.ratio();
    List<Plots.Bar> goals =
        List.of(
            new Plots.Bar("retain_vs_atomic", ratio(counts, "registry", "AtomicInteger"), 1.15),
            new Plots.Bar("retain_vs_netty", ratio(counts, "registry", "netty ByteBuf"), 0.80),
            new Plots.Bar(
                "retain_vs_chm",
                ratio(counts, "registry", "ConcurrentHashMap.compute twice"),
                0.25),
            new Plots.Bar(
                "lease_vs_chm",
                ratio(leases, "lease by handle", "ConcurrentHashMap.get + count"),
                0.60),
            new Plots.Bar(
                "section_vs_read",
                ratio(sections, "section, one block", "plain segment of a shared arena"),
                1.30),
            new Plots.Bar("two_threads_vs_one", twoThreads, 1.10),
            new Plots.Bar("bound_vs_hand", ratio(bound, "bound key", BOUND_BY_HAND), 1.0),
            new Plots.Bar("bytes_vs_object", bytes, 1.0));
    plots.goals("handles-goals", goals);
    System.out.println(
        goals.stream()
            .map(goal ->
                String.format(
                    Locale.ROOT,
                    goal.name().equals("retain_vs_chm") ? "%s=%.3f" : "%s=%.2f",
                    goal.name(),
                    goal.first()))
            .collect(Collectors.joining(" ", "figures: ", "")));
  }

  private static double ratio(Contest contest, String ours, String peer) {
    return contest.nanos(ours, P10) / contest.nanos(peer, P10);
  }

  /** Retain and release, over a thousand objects each, so that nothing is hoisted. */
  private static Contest counts(int rounds) {
    try (Registry registry = Registry.create()) {
      long[] handles = new long[COUNTED];
      Arrays.setAll(handles, _ -> registry.allocate(BLOCK_BYTES, "bench"));
      AtomicInteger[] atomics = new AtomicInteger[COUNTED];
      Arrays.setAll(atomics, _ -> new AtomicInteger(1));
      ByteBuf[] buffers = new ByteBuf[COUNTED];
      Arrays.setAll(buffers, _ -> PooledByteBufAllocator.DEFAULT.directBuffer(BLOCK_BYTES));
      ConcurrentMap<Integer, Integer> map = new ConcurrentHashMap<>();
      for (int i = 0; i < COUNTED; i++) {
        map.put(i, 1);
      }
      Contest contest =
          new Contest("retain + release")
              .with("registry", COUNTED, ops -> registry(registry, handles, ops))
              .with("AtomicInteger", COUNTED, ops -> atomic(atomics, ops))
              .with("netty ByteBuf", COUNTED, ops -> netty(buffers, ops))
              .with("ConcurrentHashMap.compute twice", COUNTED, ops -> compute(map, ops))
              .run(rounds);
      for (ByteBuf buffer : buffers) {
        buffer.release();
      }
      return contest;
    }
  }

  private static long registry(Registry registry, long[] handles, long ops) {
    for (long done = 0; done < ops; done += COUNTED) {
      for (long handle : handles) {
        registry.retain(handle);
        registry.release(handle);
      }
    }
    return ops;
  }

  private static long atomic(AtomicInteger[] atomics, long ops) {
    long sum = 0;
    for (long done = 0; done < ops; done += COUNTED) {
      for (AtomicInteger atomic : atomics) {
        sum += atomic.incrementAndGet();
        sum += atomic.decrementAndGet();
      }
    }
    return sum;
  }

  private static long netty(ByteBuf[] buffers, long ops) {
    long sum = 0;
    for (long done = 0; done < ops; done += COUNTED) {
      for (ByteBuf buffer : buffers) {
        buffer.retain();
        sum += buffer.release() ? 1 : 0;
      }
    }
    return sum;
  }

  private static long compute(ConcurrentMap<Integer, Integer> map, long ops) {
    long sum = 0;
    for (long done = 0; done < ops; done += COUNTED) {
      for (int i = 0; i < COUNTED; i++) {
        sum += map.compute(i, (_, count) -> count + 1);
        sum += map.compute(i, (_, count) -> count - 1);
      }
    }
    return sum;
  }

  /** A block as people keep it by hand: its memory and a count beside it. */
  private static final class Counted {
    final MemorySegment segment;
    final AtomicInteger count = new AtomicInteger(1);

    Counted(MemorySegment segment) {
      this.segment = segment;
    }

    boolean acquire() {
      while (true) {
        int seen = count.get();
        if (seen == 0) {
          return false;
        }
        if (count.compareAndSet(seen, seen + 1)) {
          return true;
        }
      }
    }
  }

  /** Open, read 8 bytes, close, over a million blocks in random order. */
  private static Contest leases(int rounds) {
    try (Registry registry = Registry.create();
        Arena arena = Arena.ofShared()) {
      long[] handles = new long[BLOCKS];
      Arrays.setAll(handles, _ -> registry.allocate(BLOCK_BYTES, "bench"));
      ConcurrentMap<Long, Counted> map = new ConcurrentHashMap<>(BLOCKS * 2);
      MemorySegment memory = arena.allocate((long) BLOCKS * BLOCK_BYTES, BLOCK_BYTES);
      for (int i = 0; i < BLOCKS; i++) {
        map.put(handles[i], new Counted(memory.asSlice((long) i * BLOCK_BYTES, BLOCK_BYTES)));
      }
      shuffle(handles);
      int[] at = new int[2];
      return new Contest("lease, read 8 bytes, close; 1e6 blocks")
          .with("lease by handle", COUNTED, ops -> lease(registry, handles, at, ops))
          .with("ConcurrentHashMap.get + count", COUNTED, ops -> byHand(map, handles, at, ops))
          .run(rounds);
    }
  }

  private static void shuffle(long[] values) {
    Random random = new Random(7);
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      long value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  private static long lease(Registry registry, long[] handles, int[] at, long ops) {
    long sum = 0;
    int i = at[0];
    for (long done = 0; done < ops; done++) {
      try (Lease lease = registry.lease(handles[i])) {
        sum += lease.getLong(8);
      }
      i = i + 1 == BLOCKS ? 0 : i + 1;
    }
    at[0] = i;
    return sum;
  }

  private static long byHand(ConcurrentMap<Long, Counted> map, long[] handles, int[] at, long ops) {
    long sum = 0;
    int i = at[1];
    for (long done = 0; done < ops; done++) {
      Counted counted = map.get(handles[i]);
      if (counted != null && counted.acquire()) {
        sum += counted.segment.get(JAVA_LONG_UNALIGNED, 8);
        counted.count.decrementAndGet();
      }
      i = i + 1 == BLOCKS ? 0 : i + 1;
    }
    at[1] = i;
    return sum;
  }

  /** A hundred reads under one section, per read. */
  private static Contest sections(int rounds) {
    try (Registry registry = Registry.create();
        Arena arena = Arena.ofShared()) {
      long handle = registry.allocate(READ_BYTES, "bench");
      long[] many = new long[SECTION_READS];
      Arrays.setAll(many, _ -> registry.allocate(BLOCK_BYTES, "bench"));
      MemorySegment plain = arena.allocate(READ_BYTES, 8);
      int[] offsets =
          new Random(3).ints(SECTION_READS, 0, READ_BYTES / 8).map(i -> i * 8).toArray();
      return new Contest("100 reads, per read")
          .with("section, one block", COUNTED, ops -> section(registry, handle, offsets, ops))
          .with("section, a block each read", COUNTED, ops -> blocks(registry, many, ops))
          .with("plain segment of a shared arena", COUNTED, ops -> plain(plain, offsets, ops))
          .run(rounds);
    }
  }

  private static long section(Registry registry, long handle, int[] offsets, long ops) {
    long sum = 0;
    for (long done = 0; done < ops; done += SECTION_READS) {
      try (ReadSection section = registry.read()) {
        MemorySegment segment = section.segment(handle);
        for (int offset : offsets) {
          sum += segment.get(JAVA_LONG_UNALIGNED, offset);
        }
      }
    }
    return sum;
  }

  private static long blocks(Registry registry, long[] handles, long ops) {
    long sum = 0;
    for (long done = 0; done < ops; done += SECTION_READS) {
      try (ReadSection section = registry.read()) {
        for (long handle : handles) {
          sum += section.getLong(handle, 8);
        }
      }
    }
    return sum;
  }

  private static long plain(MemorySegment segment, int[] offsets, long ops) {
    long sum = 0;
    for (long done = 0; done < ops; done += SECTION_READS) {
      for (int offset : offsets) {
        sum += segment.get(JAVA_LONG_UNALIGNED, offset);
      }
    }
    return sum;
  }

  /** Allocate a block, enter it as a key, remove it, free it; a thousand live at a time. */
  private static Contest bound(int rounds) {
    try (Registry registry = Registry.create()) {
      BoundKeyMap<Integer> keys = BoundKeyMap.over(registry, new HashMap<>(), "bench");
      BoundKeyMap<Integer> concurrent =
          BoundKeyMap.over(registry, new ConcurrentHashMap<>(), "bench");
      Map<Long, Integer> map = new HashMap<>();
      long[] live = new long[COUNTED];
      AtomicLong[] locks = {new AtomicLong(), new AtomicLong(), new AtomicLong()};
      return new Contest("bound key: allocate, put, remove, free")
          .with("bound key", COUNTED, ops -> boundKeys(keys, live, ops))
          .with("bound key, ConcurrentHashMap", COUNTED, ops -> boundKeys(concurrent, live, ops))
          .with(BOUND_BY_HAND, COUNTED, ops -> boundByHand(map, live, ops))
          .with("the same, 3 locked adds", COUNTED, ops -> boundAndLocked(map, live, locks, ops))
          .run(rounds);
    }
  }

  private static long boundKeys(BoundKeyMap<Integer> map, long[] live, long ops) {
    for (long done = 0; done < ops; done += COUNTED) {
      for (int i = 0; i < COUNTED; i++) {
        live[i] = map.allocate(BLOCK_BYTES, i);
      }
      for (long handle : live) {
        map.remove(handle);
      }
    }
    return map.size();
  }

  private static long boundByHand(Map<Long, Integer> map, long[] live, long ops) {
    for (long done = 0; done < ops; done += COUNTED) {
      for (int i = 0; i < COUNTED; i++) {
        live[i] = Malloc.malloc(BLOCK_BYTES);
        map.put(live[i], i);
      }
      for (long address : live) {
        map.remove(address);
        Malloc.free(address);
      }
    }
    return map.size();
  }

  /**
   * By hand with as many locked instructions as a bound key needs: one for the put, one for the
   * remove, one for the state of the block. Tells how much of the difference they are.
   */
  private static long boundAndLocked(
      Map<Long, Integer> map, long[] live, AtomicLong[] locks, long ops) {
    for (long done = 0; done < ops; done += COUNTED) {
      for (int i = 0; i < COUNTED; i++) {
        live[i] = Malloc.malloc(BLOCK_BYTES);
        locks[0].getAndIncrement();
        map.put(live[i], i);
      }
      for (long address : live) {
        map.remove(address);
        locks[1].getAndIncrement();
        locks[2].getAndIncrement();
        Malloc.free(address);
      }
    }
    return map.size();
  }
}
