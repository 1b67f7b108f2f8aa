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

    /** C frees the block behind the map's back, whichever it is by then. */
    @Operation
    public void die(@Param(name = "key") int key) {
      while (true) {
        Long handle = map.get(key);
        if (handle == null) {
          return;
        }
        try {
          REGISTRY.markFreedByC(handle);
          return;
        } catch (StaleHandleException e) {
          map.lease(key).ifPresent(Lease::close); // takes a stale entry out
        }
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
    new StressOptions()
        .threads(2)
        .actorsPerThread(3)
        .iterations(Integer.getInteger("lifebound.lincheck.iterations", 10))
        .invocationsPerIteration(100)
        .sequentialSpecification(Values.class)
        .check(Blocks.class);
    REGISTRY.checkInvariants();
  }
}
