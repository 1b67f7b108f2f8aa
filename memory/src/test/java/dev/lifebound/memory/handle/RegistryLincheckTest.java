package dev.lifebound.memory.handle;

import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * One block under retains, releases and leases of several threads behaves as a plain counter.
 *
 * <p>{@code -Dlifebound.lincheck.iterations=1000} for a long run; see {@code bench/stress}.
 */
class RegistryLincheckTest {
  /** For all instances: a process may have 1,023 registries only. */
  private static final Registry REGISTRY = Registry.create(Tracking.OFF);

  private static final long VALUE = 42;

  /** What Lincheck calls from its threads. */
  public static class OneBlock {
    private final long handle = REGISTRY.allocate(16, "block");

    public OneBlock() {
      try (Lease lease = REGISTRY.lease(handle)) {
        lease.setLong(0, VALUE);
      }
    }

    @Operation
    public String retain() {
      try {
        REGISTRY.retain(handle);
        return "retained";
      } catch (StaleHandleException e) {
        return "stale";
      }
    }

    @Operation
    public String release() {
      try {
        REGISTRY.release(handle);
        return "released";
      } catch (DoubleReleaseException e) {
        return "double";
      }
    }

    @Operation
    public long leaseAndRead() {
      try (Lease lease = REGISTRY.lease(handle)) {
        return lease.getLong(0);
      } catch (StaleHandleException e) {
        return -1;
      }
    }

    @Operation
    public long sectionRead() {
      try (ReadSection section = REGISTRY.read()) {
        return section.getLong(handle, 0);
      } catch (StaleHandleException e) {
        return -1;
      }
    }

    @Operation
    public boolean isLive() {
      return REGISTRY.isLive(handle);
    }
  }

  /** The same, one call after another. */
  public static class Counter {
    private int references = 1;

    public String retain() {
      if (references == 0) {
        return "stale";
      }
      references++;
      return "retained";
    }

    public String release() {
      if (references == 0) {
        return "double";
      }
      references--;
      return "released";
    }

    public long leaseAndRead() {
      return references == 0 ? -1 : VALUE;
    }

    public long sectionRead() {
      return leaseAndRead();
    }

    public boolean isLive() {
      return references > 0;
    }
  }

  @Test
  void oneBlockIsACounter() {
    new StressOptions()
        .threads(2)
        .actorsPerThread(4)
        .iterations(Integer.getInteger("lifebound.lincheck.iterations", 10))
        .invocationsPerIteration(100)
        .sequentialSpecification(Counter.class)
        .check(OneBlock.class);
    REGISTRY.checkInvariants();
  }
}
