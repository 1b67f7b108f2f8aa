package dev.lifebound.memory.handle;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Puts, removes and deaths of several threads leave what they would one after another.
 *
 * <p>{@code -Dlifebound.lincheck.iterations=1000} for a long run; see {@code bench/stress}.
 */
class BoundMapLincheckTest {
  /** For all instances: a process may have 1,023 registries only. */
  private static final Registry REGISTRY = Registry.create(Tracking.OFF);

  /** What Lincheck calls from its threads. */
  @Param(name = "key", gen = IntGen.class, conf = "1:2")
  public static class Blocks {
    private final BoundMap<Integer> map = BoundMap.over(REGISTRY, new ConcurrentHashMap<>());

    @Operation
    public boolean put(@Param(name = "key") int key, @Param(name = "key") int value) {
      long handle = REGISTRY.adopt(Arena.ofAuto().allocate(16), _ -> {}, "block");
      try (Lease lease = REGISTRY.lease(handle)) {
        lease.setLong(0, value);
      }
      return map.put(key, handle) != null;
    }

    @Operation
    public boolean remove(@Param(name = "key") int key) {
      return map.remove(key) != null;
    }

    @Operation
    public long leaseAndRead(@Param(name = "key") int key) {
      return map.lease(key)
          .map(lease -> {
            try (lease) {
              return lease.getLong(0);
            }
          })
          .orElse(-1L);
    }
  }

  /**
   * Blocks that C frees behind the map's back, against readers. Deaths do not race with puts here:
   * a put that replaces an entry ends its block after the replacement, so that a death which has
   * looked the block up before may still hit it then, and is not the end of the new entry.
   */
  @Param(name = "key", gen = IntGen.class, conf = "1:2")
  public static class MortalBlocks {
    private static final String WRITERS = "writers";

    private final Blocks blocks = new Blocks();

    @Operation(nonParallelGroup = WRITERS)
    public boolean put(@Param(name = "key") int key, @Param(name = "key") int value) {
      return blocks.put(key, value);
    }

    @Operation(nonParallelGroup = WRITERS)
    public boolean remove(@Param(name = "key") int key) {
      return blocks.remove(key);
    }

    @Operation
    public long leaseAndRead(@Param(name = "key") int key) {
      return blocks.leaseAndRead(key);
    }

    @Operation(nonParallelGroup = WRITERS)
    public void die(@Param(name = "key") int key) {
      Long handle = blocks.map.get(key);
      if (handle != null) {
        REGISTRY.markFreedByC(handle);
      }
    }
  }

  /** The same, one call after another. */
  public static class Values {
    private final Map<Integer, Integer> map = new HashMap<>();

    public boolean put(int key, int value) {
      return map.put(key, value) != null;
    }

    public boolean remove(int key) {
      return map.remove(key) != null;
    }

    public long leaseAndRead(int key) {
      return map.getOrDefault(key, -1);
    }

    public void die(int key) {
      map.remove(key);
    }
  }

  @Test
  void aBoundMapIsAMap() {
    check(Blocks.class);
  }

  @Test
  void aBlocksDeathIsARemove() {
    check(MortalBlocks.class);
  }

  private static void check(Class<?> operations) {
    new StressOptions()
        .threads(2)
        .actorsPerThread(3)
        .iterations(Integer.getInteger("lifebound.lincheck.iterations", 10))
        .invocationsPerIteration(100)
        .sequentialSpecification(Values.class)
        .check(operations);
    REGISTRY.checkInvariants();
  }
}
