package dev.lifebound.bench.jmh;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.lifebound.bench.Malloc;
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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What do a count, a lease, a read under a section and a bound key cost, each alone in a process?
 *
 * <p>Workload: a thousand blocks of 64 bytes in a row for each operation, so that nothing is
 * hoisted; figures are per block. Command: {@code bench/run handles --jmh [--quick]}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(HandlesJmh.BLOCKS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class HandlesJmh {
  static final int BLOCKS = 1_000;
  private static final int BLOCK_BYTES = 64;

  private final Registry registry = Registry.create();
  private final Arena arena = Arena.ofShared();
  private final long[] handles = new long[BLOCKS];
  private final AtomicInteger[] atomics = new AtomicInteger[BLOCKS];
  private final ByteBuf[] buffers = new ByteBuf[BLOCKS];
  private final ConcurrentMap<Integer, Integer> counts = new ConcurrentHashMap<>();
  private final MemorySegment[] segments = new MemorySegment[BLOCKS];
  private final BoundKeyMap<Integer> keys = BoundKeyMap.over(registry, new HashMap<>(), "bench");
  private final Map<Long, Integer> map = new HashMap<>();
  private final long[] live = new long[BLOCKS];

  @Setup
  public void fill() {
    Arrays.setAll(handles, i -> registry.allocate(BLOCK_BYTES, "bench"));
    Arrays.setAll(atomics, i -> new AtomicInteger(1));
    Arrays.setAll(buffers, i -> PooledByteBufAllocator.DEFAULT.directBuffer(BLOCK_BYTES));
    Arrays.setAll(segments, i -> arena.allocate(BLOCK_BYTES, BLOCK_BYTES));
    for (int i = 0; i < BLOCKS; i++) {
      counts.put(i, 1);
    }
  }

  @TearDown
  public void empty() {
    registry.close();
    arena.close();
    for (ByteBuf buffer : buffers) {
      buffer.release();
    }
  }

  @Benchmark
  public void retainRegistry() {
    for (long handle : handles) {
      registry.retain(handle);
      registry.release(handle);
    }
  }

  /** As a program that has the registry in a local variable, as {@code bench/run handles} does. */
  @Benchmark
  public void retainRegistryLocal() {
    retain(registry, handles);
  }

  private static void retain(Registry registry, long[] handles) {
    for (long handle : handles) {
      registry.retain(handle);
      registry.release(handle);
    }
  }

  @Benchmark
  public long retainAtomicInteger() {
    long sum = 0;
    for (AtomicInteger atomic : atomics) {
      sum += atomic.incrementAndGet();
      sum += atomic.decrementAndGet();
    }
    return sum;
  }

  @Benchmark
  public long retainNetty() {
    long sum = 0;
    for (ByteBuf buffer : buffers) {
      buffer.retain();
      sum += buffer.release() ? 1 : 0;
    }
    return sum;
  }

  @Benchmark
  public long retainConcurrentHashMap() {
    long sum = 0;
    for (int i = 0; i < BLOCKS; i++) {
      sum += counts.compute(i, (key, count) -> count + 1);
      sum += counts.compute(i, (key, count) -> count - 1);
    }
    return sum;
  }

  @Benchmark
  public long readByLease() {
    long sum = 0;
    for (long handle : handles) {
      try (Lease lease = registry.lease(handle)) {
        sum += lease.getLong(8);
      }
    }
    return sum;
  }

  @Benchmark
  public long readUnderSection() {
    long sum = 0;
    try (ReadSection section = registry.read()) {
      for (long handle : handles) {
        sum += section.getLong(handle, 8);
      }
    }
    return sum;
  }

  @Benchmark
  public long readPlainSegment() {
    long sum = 0;
    for (MemorySegment segment : segments) {
      sum += segment.get(JAVA_LONG_UNALIGNED, 8);
    }
    return sum;
  }

  @Benchmark
  public int boundKey() {
    for (int i = 0; i < BLOCKS; i++) {
      live[i] = keys.allocate(BLOCK_BYTES, i);
    }
    for (long handle : live) {
      keys.remove(handle);
    }
    return keys.size();
  }

  @Benchmark
  public int boundByHand() {
    for (int i = 0; i < BLOCKS; i++) {
      live[i] = Malloc.malloc(BLOCK_BYTES);
      map.put(live[i], i);
    }
    for (long address : live) {
      map.remove(address);
      Malloc.free(address);
    }
    return map.size();
  }
}
