package dev.lifebound.bench.map;

import dev.lifebound.memory.map.Codecs;
import dev.lifebound.memory.map.ConcurrentLongLongMap;
import dev.lifebound.memory.map.ConcurrentNativeMap;
import dev.lifebound.memory.map.MapClosedException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.JJJ_Result;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** The concurrent map under jcstress: publication, atomic updates, growth and close. */
final class MapStress {
  /** A key that has no entry. */
  private static final long MISSING = -1;

  /** Stands for the refusal in a result. */
  private static final long CLOSED = -2;

  private MapStress() {}

  private static ConcurrentLongLongMap map() {
    return ConcurrentLongLongMap.builder().name("stress").seed(7).buildLongLong();
  }

  /** Two reads while an entry is put: its value whole, and never back to nothing. */
  @JCStressTest
  @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "both before")
  @Outcome(id = "-1, 42", expect = Expect.ACCEPTABLE, desc = "put in between")
  @Outcome(id = "42, 42", expect = Expect.ACCEPTABLE, desc = "both after")
  @State
  public static class PutAgainstGet {
    private final ConcurrentLongLongMap map = map();

    @Actor
    public void put() {
      map.put(1, 42);
    }

    @Actor
    public void get(JJ_Result result) {
      result.r1 = map.get(1, MISSING);
      result.r2 = map.get(1, MISSING);
    }

    @Arbiter
    public void close() {
      map.close();
    }
  }

  /** Two puts of two keys in program order: who sees the second sees the first. */
  @JCStressTest
  @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "before both")
  @Outcome(id = "-1, 42", expect = Expect.ACCEPTABLE, desc = "in between, in either way")
  @Outcome(id = "42, 42", expect = Expect.ACCEPTABLE, desc = "after both")
  @State
  public static class TwoPutsInOrder {
    private final ConcurrentLongLongMap map = map();

    @Actor
    public void put() {
      map.put(1, 42);
      map.put(2, 42);
    }

    @Actor
    public void get(JJ_Result result) {
      result.r1 = map.get(2, MISSING);
      result.r2 = map.get(1, MISSING);
    }

    @Arbiter
    public void close() {
      map.close();
    }
  }

  /** A key is removed and put again: a read answers one of its values or none, and no other's. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the first value")
  @Outcome(id = "-1, 0", expect = Expect.ACCEPTABLE, desc = "removed")
  @Outcome(id = "2, 0", expect = Expect.ACCEPTABLE, desc = "the second value")
  @State
  public static class RemovalAgainstGet {
    private final ConcurrentLongLongMap map = map();

    public RemovalAgainstGet() {
      map.put(1, 1);
    }

    @Actor
    public void replace() {
      map.remove(1);
      map.put(3, 3);
      map.put(1, 2);
    }

    @Actor
    public void get(JJ_Result result) {
      result.r1 = map.get(1, MISSING);
      result.r2 = 0;
    }

    @Arbiter
    public void close() {
      map.close();
    }
  }

  /** Two threads raise one counter, by merge and by compute: neither is lost. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "both")
  @State
  public static class TwoMerges {
    private final ConcurrentLongLongMap map = map();

    @Actor
    public void one() {
      map.merge(1, 1, Long::sum);
    }

    @Actor
    public void two() {
      map.addTo(1, 1);
    }

    @Arbiter
    public void sum(I_Result result) {
      result.r1 = (int) map.get(1, MISSING);
      map.close();
    }
  }

  /** Two threads put if absent: one of them is first, and both get its value. */
  @JCStressTest
  @Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "the first")
  @Outcome(id = "2, 2, 2", expect = Expect.ACCEPTABLE, desc = "the second")
  @State
  public static class TwoComputations {
    private final ConcurrentLongLongMap map = map();

    @Actor
    public void one(III_Result result) {
      result.r1 = (int) map.computeIfAbsent(1, _ -> 1);
    }

    @Actor
    public void two(III_Result result) {
      result.r2 = (int) map.computeIfAbsent(1, _ -> 2);
    }

    @Arbiter
    public void value(III_Result result) {
      result.r3 = (int) map.get(1, MISSING);
      map.close();
    }
  }

  /** Reads of a key while its table is doubled and the old one is used again. */
  @JCStressTest
  @Outcome(id = "42, 42", expect = Expect.ACCEPTABLE, desc = "the entry is there all the time")
  @State
  public static class GrowthAgainstGet {
    private final ConcurrentLongLongMap map = map();

    public GrowthAgainstGet() {
      map.put(1, 42);
    }

    @Actor
    public void grow() {
      for (long key = 2; key < 600; key++) {
        map.put(key, key);
      }
    }

    @Actor
    public void get(JJ_Result result) {
      result.r1 = map.get(1, MISSING);
      result.r2 = map.get(1, MISSING);
    }

    @Arbiter
    public void close() {
      map.close();
    }
  }

  /**
   * A text is overwritten so often that its cells are recycled: a read answers one of them whole.
   */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "a text that was put")
  @State
  public static class CellsAgainstGet {
    private static final String[] TEXTS = {
      "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb", "cccccccccccc"
    };

    private final ConcurrentNativeMap<Long, String> map =
        ConcurrentNativeMap.create(Codecs.of(Long.class), Codecs.of(String.class));

    public CellsAgainstGet() {
      map.put(1L, TEXTS[0]);
    }

    @Actor
    public void overwrite() {
      for (int i = 0; i < 300; i++) {
        map.put(1L, TEXTS[i % TEXTS.length]);
      }
    }

    @Actor
    public void get(I_Result result) {
      String text = map.get(1L);
      result.r1 = 0;
      for (String one : TEXTS) {
        if (one.equals(text)) {
          result.r1 = 1;
        }
      }
    }

    @Arbiter
    public void close() {
      map.close();
    }
  }

  /** Two reads while the map is closed: the value until the refusal, and never back. */
  @JCStressTest
  @Outcome(id = "42, 42", expect = Expect.ACCEPTABLE, desc = "both reads before the close")
  @Outcome(id = "42, -2", expect = Expect.ACCEPTABLE, desc = "closed between the reads")
  @Outcome(id = "-2, -2", expect = Expect.ACCEPTABLE, desc = "both refused")
  @State
  public static class CloseAgainstGet {
    private final ConcurrentLongLongMap map = map();

    public CloseAgainstGet() {
      map.put(1, 42);
    }

    @Actor
    public void close() {
      map.close();
    }

    @Actor
    public void get(JJ_Result result) {
      result.r1 = read();
      result.r2 = read();
    }

    private long read() {
      try {
        return map.get(1, MISSING);
      } catch (MapClosedException e) {
        return CLOSED;
      }
    }
  }

  /** A put while the map is closed, and a read when all is over: refused. */
  @JCStressTest
  @Outcome(id = "1, -2", expect = Expect.ACCEPTABLE, desc = "put before the close")
  @Outcome(id = "-2, -2", expect = Expect.ACCEPTABLE, desc = "refused")
  @State
  public static class CloseAgainstPut {
    private final ConcurrentLongLongMap map = map();

    @Actor
    public void close() {
      map.close();
    }

    @Actor
    public void put(II_Result result) {
      try {
        map.put(1, 42);
        result.r1 = 1;
      } catch (MapClosedException e) {
        result.r1 = (int) CLOSED;
      }
    }

    @Arbiter
    public void after(II_Result result) {
      try {
        result.r2 = (int) map.get(1, MISSING);
      } catch (MapClosedException e) {
        result.r2 = (int) CLOSED;
      }
    }
  }

  /** Iterations while other entries come: what is there all the time is met once. */
  @JCStressTest
  @Outcome(id = "3, 0, 0", expect = Expect.ACCEPTABLE, desc = "each of the three once")
  @State
  public static class WalkAgainstGrowth {
    private final ConcurrentLongLongMap map = map();

    public WalkAgainstGrowth() {
      for (long key = 0; key < 3; key++) {
        map.put(key, key);
      }
    }

    @Actor
    public void grow() {
      for (long key = 3; key < 600; key++) {
        map.put(key, key);
      }
    }

    @Actor
    public void walk(JJJ_Result result) {
      long[] met = new long[3];
      map.forEach((key, value) -> {
        if (key < 3) {
          met[(int) key]++;
        }
      });
      for (long times : met) {
        if (times == 1) {
          result.r1++;
        } else {
          result.r2 = times;
        }
      }
      result.r3 = 0;
    }

    @Arbiter
    public void close() {
      map.close();
    }
  }
}
