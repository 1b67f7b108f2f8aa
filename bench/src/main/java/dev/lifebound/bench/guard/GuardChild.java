package dev.lifebound.bench.guard;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.guard.Armed;
import dev.lifebound.memory.guard.Guard;
import dev.lifebound.memory.guard.GuardCounters;
import dev.lifebound.memory.guard.GuardOptions;
import dev.lifebound.memory.guard.Mode;
import dev.lifebound.memory.guard.UseAfterFreeException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Dead and good accesses of every kind in this JVM; prints what became of them as {@code
 * name=value} words, the last line first words {@code result}.
 *
 * <p>Arguments: mode, {@code platform} or {@code virtual}, threads, warm-up accesses for each kind,
 * dead accesses, good accesses.
 */
final class GuardChild {
  private final Armed guard;
  private final LongAdder dead = new LongAdder();
  private final LongAdder thrown = new LongAdder();
  private final LongAdder recovered = new LongAdder();
  private final LongAdder kernel = new LongAdder();
  private final LongAdder good = new LongAdder();
  private final LongAdder falseAlarms = new LongAdder();
  private final LongAdder unguarded = new LongAdder();
  private final LongAdder reused = new LongAdder();
  private final Map<String, Integer> missed = new TreeMap<>();

  @SuppressWarnings("UnusedVariable") // keeps results alive
  private volatile long sink;

  private GuardChild(Armed guard) {
    this.guard = guard;
  }

  public static void main(String[] args) throws InterruptedException {
    Mode mode = Mode.valueOf(args[0].toUpperCase(Locale.ROOT));
    boolean virtual = args[1].equals("virtual");
    int threads = Integer.parseInt(args[2]);
    int warmUp = Integer.parseInt(args[3]);
    long deadAccesses = Long.parseLong(args[4]) / threads;
    long goodAccesses = Long.parseLong(args[5]) / threads;
    try (Armed guard = Guard.arm(GuardOptions.of(mode))) {
      GuardChild child = new GuardChild(guard);
      List<Thread> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        Runnable work = () -> child.run(warmUp, deadAccesses, goodAccesses);
        running.add(virtual ? Thread.ofVirtual().start(work) : Thread.ofPlatform().start(work));
      }
      for (Thread thread : running) {
        thread.join();
      }
      guard.flush();
      GuardCounters c = guard.counters();
      System.out.println(guard.text());
      System.out.printf(
          "result dead=%d thrown=%d recovered=%d kernel=%d unguarded=%d reused=%d good=%d falseAlarms=%d"
              + " faults=%d delivered=%d served=%d bytes=%d mappings=%d missed=%s%n",
          child.dead.sum(),
          child.thrown.sum(),
          child.recovered.sum(),
          child.kernel.sum(),
          child.unguarded.sum(),
          child.reused.sum(),
          child.good.sum(),
          child.falseAlarms.sum(),
          c.faults(),
          c.delivered(),
          c.recovered(),
          c.usedBytes(),
          c.mappings(),
          child.missed);
    }
  }

  private void run(int warmUp, long deadAccesses, long goodAccesses) {
    Map<String, AccessKinds.Kind> kinds = new AccessKinds().all();
    MemorySegment live = block();
    for (AccessKinds.Kind kind : kinds.values()) {
      for (int i = 0; i < warmUp; i++) {
        good(kind, live);
      }
    }
    long rounds = deadAccesses / kinds.size();
    for (long i = 0; i < rounds; i++) {
      kinds.forEach(this::dead);
    }
    AccessKinds.Kind[] cheap = {
      kinds.get("get"), kinds.get("getByte"), kinds.get("set"), kinds.get("volatile")
    };
    for (long i = 0; i < goodAccesses; i++) {
      good(cheap[(int) (i & 3)], live);
    }
    guard.free(live.address());
  }

  /** A live block; at a limit of the pool, waits for a slot. */
  private MemorySegment block() {
    MemorySegment block = guard.tryAllocate(AccessKinds.BLOCK_BYTES).orElse(null);
    while (block == null) {
      unguarded.increment();
      LockSupport.parkNanos(20_000);
      block = guard.tryAllocate(AccessKinds.BLOCK_BYTES).orElse(null);
    }
    block.fill((byte) 7);
    block.set(JAVA_BYTE, AccessKinds.ZERO_AT, (byte) 0);
    return block;
  }

  private void good(AccessKinds.Kind kind, MemorySegment block) {
    good.increment();
    try {
      sink = kind.on(block);
    } catch (IndexOutOfBoundsException e) {
      // getString after fill: no zero byte is left
    } catch (Throwable e) {
      if (falseAlarms.sum() == 0) {
        System.out.println("false alarm: " + e);
      }
      falseAlarms.increment();
    }
  }

  private void dead(String name, AccessKinds.Kind kind) {
    MemorySegment block = block();
    long address = block.address();
    long number = guard.blockNumber(address);
    guard.free(address);
    boolean threw = false;
    boolean refused = false;
    try {
      threw = isThrown(kind, block);
    } catch (IOException e) {
      refused = AccessKinds.isKernels(name);
    } catch (InternalError e) {
      threw = true; // late: in the caller
    } catch (Throwable e) {
      System.out.println("unexpected: kind=" + name + " " + e);
    }
    // In this order: a reuse in between shows in the number, or, while the slot's pages live
    // already
    // and its number is still the old one, in that the block is not dead.
    boolean met = guard.faults(address) > 0;
    boolean noted = met || threw || refused;
    if (guard.blockNumber(address) != number || (!noted && !guard.isDead(address))) {
      reused.increment(); // this thread slept while the pool went all the way round
      return;
    }
    dead.increment();
    if (threw) {
      thrown.increment();
    } else if (refused) {
      kernel.increment();
    } else if (met) {
      recovered.increment();
    } else {
      synchronized (missed) {
        missed.merge(name, 1, Integer::sum);
      }
    }
  }

  private boolean isThrown(AccessKinds.Kind kind, MemorySegment block) throws Throwable {
    try {
      sink = kind.on(block);
      return false;
    } catch (InternalError | UseAfterFreeException e) {
      return true;
    }
  }
}
