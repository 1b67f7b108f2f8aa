package dev.lifebound.bench.arena;

import dev.lifebound.memory.arena.ArenaClosedException;
import dev.lifebound.memory.arena.MapArena;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.J_Result;

/** Release of a map arena against reads and allocations of other threads, under jcstress. */
final class ArenaStress {
  private static final long VALUE = 42;

  /** Stands for the refusal in a result. */
  private static final long REFUSED = -1;

  private ArenaStress() {}

  private static long read(MapArena arena, long block) {
    try {
      return arena.getLong(block);
    } catch (ArenaClosedException e) {
      return REFUSED;
    }
  }

  /** Two reads while the arena is released: the value until the refusal, and never back. */
  @JCStressTest
  @Outcome(id = "42, 42", expect = Expect.ACCEPTABLE, desc = "both reads before the release")
  @Outcome(id = "42, -1", expect = Expect.ACCEPTABLE, desc = "released between the reads")
  @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "both refused")
  @State
  public static class ReleaseAgainstRead {
    private final MapArena arena = MapArena.builder("stress").slabBytes(1024, 1024).single();
    private final long block = arena.allocateBlock(64);

    public ReleaseAgainstRead() {
      arena.setLong(block, VALUE);
    }

    @Actor
    public void release() {
      arena.close();
    }

    @Actor
    public void read(JJ_Result result) {
      result.r1 = ArenaStress.read(arena, block);
      result.r2 = ArenaStress.read(arena, block);
    }
  }

  /** A write while the arena is released, and a read when all is over: refused. */
  @JCStressTest
  @Outcome(id = "42, -1", expect = Expect.ACCEPTABLE, desc = "written before the release")
  @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "refused")
  @State
  public static class ReleaseAgainstWrite {
    private final MapArena arena = MapArena.builder("stress").slabBytes(1024, 1024).single();
    private final long block = arena.allocateBlock(64);

    @Actor
    public void release() {
      arena.close();
    }

    @Actor
    public void write(JJ_Result result) {
      try {
        arena.setLong(block, VALUE);
        result.r1 = VALUE;
      } catch (ArenaClosedException e) {
        result.r1 = REFUSED;
      }
    }

    @Arbiter
    public void after(JJ_Result result) {
      result.r2 = ArenaStress.read(arena, block);
    }
  }

  /** Two threads allocate from a shared arena: the blocks do not overlap. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "disjoint")
  @State
  public static class AllocationAgainstAllocation {
    private final MapArena arena = MapArena.shared("stress");
    private long first;
    private long second;

    @Actor
    public void one() {
      first = arena.allocateBlock(64);
    }

    @Actor
    public void two() {
      second = arena.allocateBlock(64);
    }

    @Arbiter
    public void after(J_Result result) {
      result.r1 = Math.abs(first - second) < 64 ? 1 : 0;
      arena.close();
    }
  }

  /** A block allocated while another thread releases: refused, or refused at its first use. */
  @JCStressTest
  @Outcome(id = "42, -1", expect = Expect.ACCEPTABLE, desc = "allocated and used before")
  @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "refused")
  @State
  public static class ReleaseAgainstAllocation {
    private final MapArena arena = MapArena.shared("stress");
    private long block = arena.allocateBlock(64);

    @Actor
    public void release() {
      arena.close();
    }

    @Actor
    public void allocate(JJ_Result result) {
      try {
        block = arena.allocateBlock(64);
        arena.setLong(block, VALUE);
        result.r1 = arena.getLong(block);
      } catch (ArenaClosedException e) {
        result.r1 = REFUSED;
      }
    }

    @Arbiter
    public void after(JJ_Result result) {
      result.r2 = ArenaStress.read(arena, block);
    }
  }
}
