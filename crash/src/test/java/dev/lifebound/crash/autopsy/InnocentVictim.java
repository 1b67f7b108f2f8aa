package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.Tracking;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A program with Lifebound and a ledger that dies of what C did to memory of its own: no block of
 * the ledger has to do with it, and some are as near to it as can be.
 */
public final class InnocentVictim {
  /** What it dies of. */
  public enum Cause {
    /** C reads a freed block of its own; right before it lies a healthy one of the ledger. */
    OWN_NEIGHBOUR(FailureKind.WILD_ADDRESS),
    /** C reads a freed block of its own; one of the ledger was freed rightly before. */
    OWN_AFTER_FREE(FailureKind.WILD_ADDRESS),
    /** C frees what is no address; another argument is that of a block that was freed rightly. */
    WILD_FREE(FailureKind.WILD_ADDRESS),
    /** C frees a block of its own twice, after one of the ledger was freed rightly. */
    OWN_DOUBLE_FREE(FailureKind.DOUBLE_FREE);

    private final FailureKind expected;

    Cause(FailureKind expected) {
      this.expected = expected;
    }

    /** Whether the process leaves a log of HotSpot. */
    boolean leavesLog() {
      return this != OWN_DOUBLE_FREE;
    }

    /** Whether the verdict is the right one, and blames no block. */
    public boolean isRight(Autopsy autopsy) {
      return autopsy.verdict().kind() == expected
          && autopsy.block() == null
          && autopsy.holders().isEmpty();
    }
  }

  private static final long SMALL_BYTES = 1000;
  private static final long LARGE_BYTES = 1 << 20;
  private static final long HUGE_BYTES = 40L << 20;

  private InnocentVictim() {}

  public static void main(String[] arguments) throws IOException {
    Ledger _ =
        Ledger.create(
                Path.of(arguments[2]).resolve("ledger"), LedgerSettings.defaults().withStacks(1, 8))
            .install();
    Random random = new Random(Long.parseLong(arguments[1]));
    Registry registry = Registry.create(Tracking.FULL);
    BoundMap<Object> map = BoundMap.over(registry, new ConcurrentHashMap<>(), "sessions");
    // All code is there before a hole is, which it might fill.
    long warm = RawMemory.malloc(SMALL_BYTES);
    map.put("warm", adopted(registry, warm, SMALL_BYTES));
    byte _ = RawMemory.read(warm);
    map.remove("warm");
    switch (Cause.valueOf(arguments[0])) {
      case OWN_NEIGHBOUR -> {
        long own = RawMemory.malloc(LARGE_BYTES);
        map.put("key", adopted(registry, RawMemory.malloc(LARGE_BYTES), LARGE_BYTES));
        RawMemory.free(own);
        byte _ = RawMemory.read(own + random.nextInt(32));
      }
      case OWN_AFTER_FREE -> {
        map.put("key", adopted(registry, RawMemory.malloc(HUGE_BYTES), HUGE_BYTES));
        long own = RawMemory.malloc(HUGE_BYTES);
        map.remove("key");
        RawMemory.free(own);
        byte _ = RawMemory.read(own + random.nextInt((int) HUGE_BYTES));
      }
      case WILD_FREE -> {
        long dead = RawMemory.malloc(HUGE_BYTES);
        map.put("key", adopted(registry, dead, HUGE_BYTES));
        map.remove("key");
        RawMemory.free(0x1000_0000_0010L + (random.nextLong(1L << 40) & ~0xfffL), dead);
      }
      case OWN_DOUBLE_FREE -> {
        map.put("key", adopted(registry, RawMemory.malloc(SMALL_BYTES), SMALL_BYTES));
        map.remove("key");
        long own = RawMemory.malloc(SMALL_BYTES / 2);
        RawMemory.free(own);
        RawMemory.free(own);
      }
    }
    Runtime.getRuntime().halt(CrashVictim.SURVIVED);
  }

  private static long adopted(Registry registry, long address, long bytes) {
    return registry.adopt(
        RawMemory.at(address, bytes), dead -> RawMemory.free(dead.address()), "session");
  }
}
