package dev.lifebound.bench.jmh;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.lifebound.bench.Malloc;
import dev.lifebound.memory.arena.MapArena;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
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
 * What does a 64-byte block cost from a map arena, from {@code malloc} and from Netty, each alone
 * in a process?
 *
 * <p>Workload: a thousand blocks for each operation, 8 bytes written to each; the arena is reset
 * behind them, the others free each block at once. Figures are per block. The release of a whole
 * map is not here: it lasts milliseconds and needs a thread for each side ({@code bench/run
 * arena}). Command: {@code bench/run arena --jmh [--quick]}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ArenaJmh.BLOCKS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class ArenaJmh {
  static final int BLOCKS = 1_000;
  private static final int BLOCK_BYTES = 64;

  private final ByteBufAllocator pooled = new PooledByteBufAllocator(true);
  private final ByteBufAllocator adaptive = new AdaptiveByteBufAllocator(true);
  private MapArena single;
  private MapArena shared;

  /** On the thread that measures: the single form has one owner. */
  @Setup
  public void open() {
    single = MapArena.single("bench single");
    shared = MapArena.shared("bench shared");
  }

  @TearDown
  public void close() {
    single.close();
    shared.close();
  }

  @Benchmark
  public long arena() {
    return fill(single);
  }

  @Benchmark
  public long arenaShared() {
    return fill(shared);
  }

  private static long fill(MapArena arena) {
    long position = 0;
    for (int i = 0; i < BLOCKS; i++) {
      position = arena.allocateBlock(BLOCK_BYTES);
      arena.setLong(position, i);
    }
    arena.reset();
    return position;
  }

  @Benchmark
  public long arenaSegment() {
    long last = 0;
    for (int i = 0; i < BLOCKS; i++) {
      var block = single.allocate(BLOCK_BYTES, Long.BYTES);
      block.set(JAVA_LONG_UNALIGNED, 0, i);
      last ^= block.address();
    }
    single.reset();
    return last;
  }

  @Benchmark
  public long mallocFree() {
    long sum = 0;
    for (int i = 0; i < BLOCKS; i++) {
      long address = Malloc.malloc(BLOCK_BYTES);
      Malloc.setLong(address, i);
      sum ^= address;
      Malloc.free(address);
    }
    return sum;
  }

  @Benchmark
  public long nettyPooled() {
    return release(pooled);
  }

  @Benchmark
  public long nettyAdaptive() {
    return release(adaptive);
  }

  private static long release(ByteBufAllocator allocator) {
    long sum = 0;
    for (int i = 0; i < BLOCKS; i++) {
      ByteBuf block = allocator.directBuffer(BLOCK_BYTES);
      block.setLong(0, i);
      sum ^= block.capacity();
      block.release();
    }
    return sum;
  }
}
