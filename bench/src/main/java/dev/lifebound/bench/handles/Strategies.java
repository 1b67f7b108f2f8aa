package dev.lifebound.bench.handles;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import com.sun.management.OperatingSystemMXBean;
import dev.lifebound.bench.Contest;
import dev.lifebound.bench.Malloc;
import dev.lifebound.bench.Plots;
import dev.lifebound.memory.handle.Block;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What the strategies of {@code docs/design/isolation.md} cost that no goal names: keep-alive,
 * owner object, memory owned by the collector, copied bytes.
 *
 * <p>A part of {@code bench/run handles}; prints a line {@code strategies:}.
 */
final class Strategies {
  private static final int BLOCKS = 1_000;
  private static final int BLOCK_BYTES = 64;
  private static final int COLLECTED = 200_000;
  private static final int WARM_UP_ROUNDS = 3;
  private static final long COLLECT_SECONDS = 20;
  private static final long POLL_NANOS = 1_000_000;
  private static final double P10 = 0.1;
  private static final double MEDIAN = 0.5;
  private static final VarHandle LONG_OF_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final Cleaner CLEANER = Cleaner.create();

  private Strategies() {}

  static void run(int rounds, Plots plots) throws IOException {
    Contest reads = reads(rounds);
    plots.draw("handles-strategies-read", reads);
    Contest owners = owners(rounds);
    plots.draw("handles-strategies-own", owners);
    double[] collector = collector(rounds >= 1_000 ? 31 : 11);
    System.out.printf(
        Locale.ROOT,
        "strategies: fence_vs_plain=%.2f owner_vs_hand=%.2f owner_vs_release=%.2f"
            + " collector_vs_malloc_cpu=%.1f copied_read_vs_plain=%.2f copy_in_vs_plain=%.2f%n",
        reads.nanos("accessor with a fence", P10) / reads.nanos("accessor without", P10),
        owners.nanos("Registry.own, close", P10) / owners.nanos("malloc, Cleaner, free", P10),
        owners.nanos("Registry.own, close", P10) / owners.nanos("allocate, release", P10),
        collector[0] / collector[1],
        reads.nanos("copied bytes", P10) / reads.nanos("accessor without", P10),
        reads.nanos("copy 64 bytes to the heap", P10) / reads.nanos("accessor without", P10));
  }

  /** A segment behind an accessor, as an object that owns native memory has it. */
  private static final class Kept {
    private final MemorySegment segment;

    Kept(MemorySegment segment) {
      this.segment = segment;
    }

    long fenced(long at) {
      try {
        return segment.get(JAVA_LONG_UNALIGNED, at);
      } finally {
        Reference.reachabilityFence(this);
      }
    }

    long plain(long at) {
      return segment.get(JAVA_LONG_UNALIGNED, at);
    }
  }

  private static Contest reads(int rounds) {
    try (Registry registry = Registry.create();
        Arena arena = Arena.ofShared()) {
      Kept[] kept = new Kept[BLOCKS];
      Arrays.setAll(kept, _ -> new Kept(arena.allocate(BLOCK_BYTES, BLOCK_BYTES)));
      long[] handles = new long[BLOCKS];
      Arrays.setAll(handles, _ -> registry.allocate(BLOCK_BYTES, "bench"));
      byte[][] copies = new byte[BLOCKS][BLOCK_BYTES];
      return new Contest("read 8 bytes of a block, a thousand blocks")
          .with("accessor with a fence", BLOCKS, ops -> fenced(kept, ops))
          .with("accessor without", BLOCKS, ops -> plain(kept, ops))
          .with("lease by handle", BLOCKS, ops -> leased(registry, handles, ops))
          .with("copied bytes", BLOCKS, ops -> copied(copies, ops))
          .with("copy 64 bytes to the heap", BLOCKS, ops -> copy(kept, copies, ops))
          .run(rounds);
    }
  }

  private static long fenced(Kept[] kept, long ops) {
    long sum = 0;
    for (long done = 0; done < ops; done += BLOCKS) {
      for (Kept each : kept) {
        sum += each.fenced(8);
      }
    }
    return sum;
  }

  private static long plain(Kept[] kept, long ops) {
    long sum = 0;
    for (long done = 0; done < ops; done += BLOCKS) {
      for (Kept each : kept) {
        sum += each.plain(8);
      }
    }
    return sum;
  }

  private static long leased(Registry registry, long[] handles, long ops) {
    long sum = 0;
    for (long done = 0; done < ops; done += BLOCKS) {
      for (long handle : handles) {
        try (Lease lease = registry.lease(handle)) {
          sum += lease.getLong(8);
        }
      }
    }
    return sum;
  }

  private static long copied(byte[][] copies, long ops) {
    long sum = 0;
    for (long done = 0; done < ops; done += BLOCKS) {
      for (byte[] copy : copies) {
        sum += (long) LONG_OF_BYTES.get(copy, 8);
      }
    }
    return sum;
  }

  private static long copy(Kept[] kept, byte[][] copies, long ops) {
    for (long done = 0; done < ops; done += BLOCKS) {
      for (int i = 0; i < BLOCKS; i++) {
        byte[] copy = new byte[BLOCK_BYTES];
        MemorySegment.copy(kept[i].segment, JAVA_BYTE, 0, copy, 0, BLOCK_BYTES);
        copies[i] = copy;
      }
    }
    return copies[0][0];
  }

  /** An owner as people write it: the address, and a cleaner that frees it. */
  private static final class HandMade {
    private final Cleaner.Cleanable cleanable;

    HandMade() {
      long address = Malloc.malloc(BLOCK_BYTES);
      cleanable = CLEANER.register(this, () -> Malloc.free(address));
    }
  }

  private static Contest owners(int rounds) {
    try (Registry registry = Registry.create()) {
      Block[] blocks = new Block[BLOCKS];
      HandMade[] byHand = new HandMade[BLOCKS];
      long[] handles = new long[BLOCKS];
      return new Contest("an owner object: make it, close it; a thousand live at a time")
          .with("Registry.own, close", BLOCKS, ops -> own(registry, blocks, ops))
          .with("malloc, Cleaner, free", BLOCKS, ops -> ownByHand(byHand, ops))
          .with("allocate, release", BLOCKS, ops -> release(registry, handles, ops))
          .run(rounds);
    }
  }

  private static long own(Registry registry, Block[] blocks, long ops) {
    for (long done = 0; done < ops; done += BLOCKS) {
      for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = registry.own(registry.allocate(BLOCK_BYTES, "bench"));
      }
      for (Block block : blocks) {
        block.close();
      }
    }
    return blocks[0].handle();
  }

  private static long ownByHand(HandMade[] owners, long ops) {
    for (long done = 0; done < ops; done += BLOCKS) {
      for (int i = 0; i < BLOCKS; i++) {
        owners[i] = new HandMade();
      }
      for (HandMade owner : owners) {
        owner.cleanable.clean();
      }
    }
    return owners.length;
  }

  private static long release(Registry registry, long[] handles, long ops) {
    for (long done = 0; done < ops; done += BLOCKS) {
      for (int i = 0; i < BLOCKS; i++) {
        handles[i] = registry.allocate(BLOCK_BYTES, "bench");
      }
      for (long handle : handles) {
        registry.release(handle);
      }
    }
    return handles[0];
  }

  /**
   * Processor time of the whole process for a block that the collector owns, from its allocation
   * until it is freed, and for {@code malloc} and {@code free}; medians of alternating rounds. Wall
   * time of the allocating thread alone would leave out what the collector and the cleaner do.
   */
  private static double[] collector(int rounds) {
    double[] collected = new double[rounds];
    double[] freed = new double[rounds];
    for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
      int at = Math.max(round, 0);
      collected[at] = collectedRound();
      freed[at] = freedRound();
    }
    Arrays.sort(collected);
    Arrays.sort(freed);
    System.out.printf(
        Locale.ROOT,
        "%nprocessor ns for a 64-byte block, medians: Arena.ofAuto until it is freed %.0f,"
            + " malloc + free %.1f%n",
        Contest.at(collected, MEDIAN),
        Contest.at(freed, MEDIAN));
    return new double[] {Contest.at(collected, MEDIAN), Contest.at(freed, MEDIAN)};
  }

  private static double collectedRound() {
    long before = collectorBytes();
    long start = processorNanos();
    for (int i = 0; i < COLLECTED; i++) {
      Arena.ofAuto().allocate(BLOCK_BYTES).set(JAVA_LONG_UNALIGNED, 0, i);
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(COLLECT_SECONDS);
    System.gc();
    while (collectorBytes() > before) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the collector must free what nobody holds: bytes=" + collectorBytes());
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    return (double) (processorNanos() - start) / COLLECTED;
  }

  /**
   * By the clock: nobody else works for it, and processor time counts in hundredths of a second.
   */
  private static double freedRound() {
    long start = System.nanoTime();
    for (int i = 0; i < COLLECTED; i++) {
      long address = Malloc.malloc(BLOCK_BYTES);
      Malloc.setLong(address, i);
      Malloc.free(address);
    }
    return (double) (System.nanoTime() - start) / COLLECTED;
  }

  private static long processorNanos() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  /** Bytes that the collector owns: the JDK counts them with those of direct buffers. */
  private static long collectorBytes() {
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      if (pool.getName().equals("direct")) {
        return pool.getMemoryUsed();
      }
    }
    throw new IllegalStateException("the JVM must count direct memory: pool=direct");
  }
}
