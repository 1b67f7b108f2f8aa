package dev.lifebound.bench.handle;

import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.DoubleReleaseException;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.ReadSection;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.handle.Tracking;
import java.util.concurrent.ConcurrentHashMap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** Leases, releases and bound maps against the end of their block, under jcstress. */
final class HandleStress {
  /** For all states: a process may have 1,023 registries only. */
  private static final Registry REGISTRY = Registry.create(Tracking.OFF);

  private static final long VALUE = 42;

  /** Stands for the refusal in a result. */
  private static final int REFUSED = -1;

  private HandleStress() {}

  private static long block() {
    long handle = REGISTRY.allocate(16, "stress");
    try (Lease lease = REGISTRY.lease(handle)) {
      lease.setLong(0, VALUE);
    }
    return handle;
  }

  private static int release(long handle) {
    try {
      REGISTRY.release(handle);
      return 1;
    } catch (DoubleReleaseException e) {
      return REFUSED;
    }
  }

  /** A lease while the block is freed: its value or the refusal, never another block's bytes. */
  @JCStressTest
  @Outcome(id = "42, 42", expect = Expect.ACCEPTABLE, desc = "leased before the free")
  @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "refused")
  @State
  public static class LeaseAgainstFree {
    private final long handle = block();

    @Actor
    public void free() {
      REGISTRY.release(handle);
    }

    @Actor
    public void read(JJ_Result result) {
      try (Lease lease = REGISTRY.lease(handle)) {
        result.r1 = lease.getLong(0);
        result.r2 = lease.getLong(0);
      } catch (StaleHandleException e) {
        result.r1 = REFUSED;
        result.r2 = REFUSED;
      }
    }
  }

  /** Two reads of a section while the block is freed: never back from the refusal. */
  @JCStressTest
  @Outcome(id = "42, 42", expect = Expect.ACCEPTABLE, desc = "both before the free")
  @Outcome(id = "42, -1", expect = Expect.ACCEPTABLE, desc = "freed in between")
  @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "both refused")
  @State
  public static class SectionAgainstFree {
    private final long handle = block();

    @Actor
    public void free() {
      REGISTRY.release(handle);
    }

    @Actor
    public void read(JJ_Result result) {
      try (ReadSection section = REGISTRY.read()) {
        result.r1 = read(section);
        result.r2 = read(section);
      }
    }

    private long read(ReadSection section) {
      try {
        return section.getLong(handle, 0);
      } catch (StaleHandleException e) {
        return REFUSED;
      }
    }
  }

  /** Two releases of one reference: one of them is refused. */
  @JCStressTest
  @Outcome(id = "1, -1, 0", expect = Expect.ACCEPTABLE, desc = "the first")
  @Outcome(id = "-1, 1, 0", expect = Expect.ACCEPTABLE, desc = "the second")
  @State
  public static class ReleaseAgainstRelease {
    private final long handle = block();

    @Actor
    public void first(III_Result result) {
      result.r1 = release(handle);
    }

    @Actor
    public void second(III_Result result) {
      result.r2 = release(handle);
    }

    @Arbiter
    public void live(III_Result result) {
      result.r3 = REGISTRY.isLive(handle) ? 1 : 0;
    }
  }

  /** A put while the block's parent ends: taken or refused, no entry stays. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "put, and taken out again")
  @Outcome(id = "-1, 0", expect = Expect.ACCEPTABLE, desc = "refused")
  @State
  public static class BindAgainstDeath {
    private final BoundMap<String> map = BoundMap.over(REGISTRY, new ConcurrentHashMap<>());
    private final long parent = block();
    private final long child = REGISTRY.allocateChild(parent, 16, "child");

    @Actor
    public void bind(II_Result result) {
      try {
        map.put("key", child);
        result.r1 = 1;
      } catch (StaleHandleException e) {
        result.r1 = REFUSED;
      }
    }

    @Actor
    public void die() {
      REGISTRY.release(parent);
    }

    @Arbiter
    public void entries(II_Result result) {
      result.r2 = map.size();
    }
  }
}
