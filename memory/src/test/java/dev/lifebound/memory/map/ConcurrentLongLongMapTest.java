package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One thread: the map against HashMap, its growth, its bounds. */
class ConcurrentLongLongMapTest {
  private static final long MISSING = Long.MIN_VALUE;

  /** Hashes as they should not be. */
  private static LongUnaryOperator hostile(String kind) {
    return switch (kind) {
      case "fair" -> hash -> hash;
      case "equal" -> _ -> 42;
      case "same tag" -> hash -> hash & ~0x7f;
      case "same prefix" -> hash -> hash >>> 32;
      case "same table" -> hash -> hash & 0xffff_ffff_0000_007fL;
      default -> throw new IllegalArgumentException(kind);
    };
  }

  static ConcurrentMapBuilder tiny() {
    return ConcurrentLongLongMap.builder().name("tiny").seed(1).sizes(2, 4, 2, 1);
  }

  @Test
  void everyLongIsAKeyAndAValue() {
    try (ConcurrentLongLongMap map = ConcurrentLongLongMap.create()) {
      long[] numbers = {0, 1, -1, 2, 128, 255, Long.MIN_VALUE, Long.MAX_VALUE, 0x8080808080808080L};
      for (long key : numbers) {
        for (long value : numbers) {
          map.put(key, value, 7);
          assertThat(map.get(key, 7)).isEqualTo(value);
          assertThat(map.containsKey(key)).isTrue();
        }
      }
      assertThat(map.size()).isEqualTo(numbers.length);
      map.checkInvariants();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fair", "equal", "same tag", "same prefix", "same table"})
  void isAMapWhateverTheHashes(String kind) {
    int operations = kind.equals("fair") ? 300_000 : 60_000;
    for (boolean small : new boolean[] {true, false}) {
      ConcurrentMapBuilder builder =
          small ? tiny() : ConcurrentLongLongMap.builder().name("usual").seed(2);
      try (ConcurrentLongLongMap map = builder.testHash(hostile(kind)).buildLongLong()) {
        Map<Long, Long> model = new HashMap<>();
        Random random = new Random(3);
        for (int i = 0; i < operations; i++) {
          long key = random.nextInt(kind.equals("fair") ? 20_000 : 700);
          step(map, model, random.nextInt(100), key, i);
          if (i % 10_000 == 0) {
            map.checkInvariants();
            equal(map, model);
          }
        }
        equal(map, model);
        map.checkInvariants();
      }
    }
  }

  private static void step(
      ConcurrentLongLongMap map, Map<Long, Long> model, int what, long key, long value) {
    if (what < 30) {
      assertThat(map.put(key, value, MISSING)).isEqualTo(or(model.put(key, value)));
    } else if (what < 55) {
      assertThat(map.remove(key, MISSING)).isEqualTo(or(model.remove(key)));
    } else if (what < 60) {
      assertThat(map.putIfAbsent(key, value, MISSING)).isEqualTo(or(model.putIfAbsent(key, value)));
    } else if (what < 65) {
      assertThat(map.replace(key, value, MISSING)).isEqualTo(or(model.replace(key, value)));
    } else if (what < 70) {
      long expected = value % 2 == 0 ? or(model.get(key)) : 5;
      assertThat(map.compareAndSet(key, expected, value))
          .isEqualTo(model.replace(key, expected, value));
      assertThat(map.compareAndRemove(key, expected)).isEqualTo(model.remove(key, expected));
    } else if (what < 75) {
      assertThat(map.addTo(key, 3)).isEqualTo(model.merge(key, 3L, Long::sum));
    } else if (what < 80) {
      assertThat(map.merge(key, 3, (a, b) -> a ^ b))
          .isEqualTo(model.merge(key, 3L, (a, b) -> a ^ b));
    } else if (what < 85) {
      assertThat(map.computeIfAbsent(key, k -> k + 1))
          .isEqualTo(model.computeIfAbsent(key, k -> k + 1));
    } else {
      assertThat(map.get(key, MISSING)).isEqualTo(or(model.get(key)));
      assertThat(map.containsKey(key)).isEqualTo(model.containsKey(key));
    }
    if (value % 15_000 == 14_999) {
      map.clear();
      model.clear();
    }
  }

  private static long or(@Nullable Long value) {
    return value == null ? MISSING : value;
  }

  private static void equal(ConcurrentLongLongMap map, Map<Long, Long> model) {
    Map<Long, Long> seen = new HashMap<>();
    map.forEach((key, value) -> assertThat(seen.put(key, value)).isNull());
    assertThat(seen).isEqualTo(model);
    assertThat(map.size()).isEqualTo(model.size());
  }

  @Test
  void takesAtMost256SlotsWhereTheHashIsFair() {
    try (ConcurrentLongLongMap map = ConcurrentLongLongMap.create()) {
      for (long key = 0; key < 1_000_000; key++) {
        map.put(key, key, 0);
      }
      for (Stripe stripe : map.tables().root) {
        for (long entry : stripe.directory) {
          assertThat(ConcurrentTables.groups(entry)).isLessThanOrEqualTo(32);
        }
      }
      map.checkInvariants();
      GrowthTally most = new GrowthTally();
      for (Stripe stripe : map.tables().root) {
        most.add(stripe.state.tally);
      }
      // What any one put did does not depend on the size of the map.
      assertThat(most.maxMoved).isBetween(100L, 256L);
      assertThat(most.maxWords).isBetween(1L, 2L * ConcurrentSettings.MAX_DIRECTORY);
      assertThat(most.maxZeroed).isBetween(1L, (64L << 10) + 2 * ConcurrentTables.tableBytes(32));
      assertThat(most.splits).isGreaterThan(1_000);
      // Keys, values, a tag each, at a load of 7/16 to 7/8, and what is not used yet.
      assertThat(map.reservedBytes() / 1e6).isBetween(18.0, 34.0);
    }
  }

  /** As the issue has it: 1e7 operations; {@code bench/stress map} does 1e9. */
  private static final long CHURN = Long.getLong("lifebound.map.churn", 10_000_000L);

  @Test
  void churnAtConstantSizeIsBounded() {
    try (ConcurrentLongLongMap map = ConcurrentNativeMap.builder().seed(7).buildLongLong()) {
      long size = 50_000;
      for (long key = 0; key < size; key++) {
        map.put(key, key);
      }
      MapInspection before = map.inspect();
      for (long key = size; key < size + CHURN / 2; key++) {
        map.put(key, key);
        map.remove(key - size);
      }
      MapInspection after = map.inspect();
      assertThat(map.size()).isEqualTo(size);
      assertThat((double) tableBytes(after)).isLessThanOrEqualTo(1.10 * tableBytes(before));
      GrowthTally tally = sum(map);
      assertThat(tally.joins).isPositive();
      assertThat(tally.maxMoved).isBetween(100L, 256L);
      map.checkInvariants();
    }
  }

  /** A writer that has stopped in the midst of a write holds up no reader. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void readsEndWhileAWriterHoldsTheLock() {
    try (ConcurrentLongLongMap map = ConcurrentLongLongMap.create()) {
      for (long key = 0; key < 10_000; key++) {
        map.put(key, -key);
      }
      List<Stripe> locked = new ArrayList<>();
      for (Stripe stripe : map.tables().root) {
        assertThat(stripe.state.tryWriteLock()).isNotZero();
        locked.add(stripe);
      }
      try {
        for (long key = 0; key < 10_000; key++) {
          assertThat(map.get(key, 1)).isEqualTo(-key);
          assertThat(map.containsKey(~key)).isFalse();
        }
        long[] met = {0};
        map.forEach((_, _) -> met[0]++);
        assertThat(met[0]).isEqualTo(10_000);
        assertThat(map.size()).isEqualTo(10_000);
      } finally {
        locked.forEach(stripe -> stripe.state.unlock());
      }
      assertThat(map.put(1, 1)).isFalse();
    }
  }

  /** Without slabs that stand ready: when one is there is up to another thread. */
  static long tableBytes(MapInspection inspection) {
    MapInspection.Bytes bytes = inspection.bytes();
    return bytes.tables() + bytes.freeTables() + bytes.directory();
  }

  /** A walk that comes to the middle of two tables that were joined takes what lies behind it. */
  @Test
  void aWalkMeetsEachEntryOnceWhenTablesAreJoinedBehindIt() {
    try (ConcurrentLongLongMap map = ConcurrentNativeMap.builder().seed(7).buildLongLong()) {
      long stays = 4_000;
      long most = 50_000;
      for (long key = 0; key < most; key++) {
        map.put(key, key);
      }
      Set<Long> met = new HashSet<>();
      long[] steps = {0, most};
      map.forEach((key, _) -> {
        assertThat(met.add(key)).isTrue();
        for (int i = 0; i < 40; i++, steps[0]++) {
          // First the map shrinks, then what it has left is churned, so that tables are joined.
          if (steps[1]-- > stays) {
            map.remove(steps[1]);
          } else {
            map.put(most + steps[0], 0);
            map.remove(most + steps[0] - 1);
          }
        }
      });
      for (long key = 0; key < stays; key++) {
        assertThat(met).contains(key);
      }
      assertThat(sum(map).joins).isPositive();
      map.checkInvariants();
    }
  }

  private static GrowthTally sum(ConcurrentLongLongMap map) {
    GrowthTally sum = new GrowthTally();
    for (Stripe stripe : map.tables().root) {
      sum.add(stripe.state.tally);
    }
    return sum;
  }

  @Test
  void clearKeepsItsMemory() {
    try (ConcurrentLongLongMap map = ConcurrentLongLongMap.create()) {
      for (int round = 0; round < 5; round++) {
        for (long key = 0; key < 50_000; key++) {
          map.put(key, key, 0);
        }
        map.clear();
        assertThat(map.size()).isZero();
        map.checkInvariants();
      }
      // Retired tables of the last round wait for the next one.
      assertThat(map.reservedBytes()).isLessThan(2 * 50_000 * 35);
    }
  }

  @Test
  void aHintIsOnlyAHint() {
    for (long hint : new long[] {-1, 0, 1, 1_000_000, 1L << 62}) {
      try (ConcurrentLongLongMap map =
          ConcurrentLongLongMap.builder().name("hinted").capacityHint(hint).buildLongLong()) {
        for (long key = 0; key < 30_000; key++) {
          map.put(key, -key, 0);
        }
        assertThat(map.get(29_999, 0)).isEqualTo(-29_999);
        assertThat(map.size()).isEqualTo(30_000);
        map.checkInvariants();
      }
    }
  }

  /** The spare thread has the last of the limit in hand: it is waited for, and nothing refused. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aLateSpareIsWaitedForAtTheLimit() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    Slabs.Source source =
        (arena, bytes) -> {
          if (Thread.currentThread().getName().equals("lifebound-map-spare")) {
            asked.countDown();
            awaitUninterruptibly(go);
          }
          return arena.allocate(bytes, 64);
        };
    try (ConcurrentLongLongMap map =
        ConcurrentLongLongMap.builder().limitBytes(1 << 20).source(source).buildLongLong()) {
      Future<Long> filled =
          CompletableFuture.supplyAsync(
              () -> fillUntilFull(map), command -> new Thread(command).start());
      asked.await();
      boolean waits = false;
      while (!waits && !filled.isDone()) {
        waits =
            Thread.getAllStackTraces().values().stream()
                .flatMap(Arrays::stream)
                .anyMatch(frame -> frame.getMethodName().equals("awaitRoom"));
      }
      go.countDown();
      assertThat(waits).isTrue();
      long entries = filled.get();
      assertThat(map.size()).isEqualTo(entries);
      MapInspection.Bytes bytes = map.inspect().bytes();
      assertThat(bytes.spare()).isZero();
      assertThat(bytes.total() - bytes.directory()).isLessThanOrEqualTo(1 << 20);
      map.checkInvariants();
    } finally {
      go.countDown();
    }
  }

  /** Of several writers that wait for it one gets it, and the others the room that is in it. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aLateSpareServesAllWhoWaitForIt() throws Exception {
    Slabs.Source source =
        (arena, bytes) -> {
          if (Thread.currentThread().getName().equals("lifebound-map-spare")) {
            LockSupport.parkNanos(100_000_000);
          }
          return arena.allocate(bytes, 64);
        };
    AtomicLong unused = new AtomicLong(-1);
    try (ConcurrentLongLongMap map =
            ConcurrentLongLongMap.builder().limitBytes(1_500_000).source(source).buildLongLong();
        ExecutorService pool = Executors.newFixedThreadPool(8)) {
      List<Future<?>> writers = new ArrayList<>();
      for (long t = 0; t < 8; t++) {
        long first = t << 40;
        writers.add(pool.submit(() -> fillUntilFull(map, first, unused)));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
      // What was left at the first refusal; no table is as large.
      assertThat(unused.get()).isBetween(0L, ConcurrentTables.tableBytes(32));
      map.checkInvariants();
    }
  }

  private static void fillUntilFull(ConcurrentLongLongMap map, long first, AtomicLong unused) {
    try {
      for (long key = first; unused.get() < 0; key++) {
        map.put(key, key);
      }
    } catch (MapFullException e) {
      boolean _ = unused.compareAndSet(-1, map.tables().slabs.unusedBytes());
    }
  }

  private static long fillUntilFull(ConcurrentLongLongMap map) {
    for (long key = 0; ; key++) {
      try {
        map.put(key, key);
      } catch (MapFullException e) {
        return key;
      }
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void isWholeWhenMemoryEndsInTheMiddleOfGrowth() {
    boolean[] fails = new boolean[1];
    Slabs.Source source =
        (arena, bytes) -> {
          if (fails[0]) {
            throw new OutOfMemoryError("injected");
          }
          return arena.allocate(bytes, 64);
        };
    try (ConcurrentLongLongMap map =
        ConcurrentLongLongMap.builder().name("small").seed(5).source(source).buildLongLong()) {
      long key = 0;
      for (; key < 20_000; key++) {
        map.put(key, key, MISSING);
      }
      fails[0] = true;
      MapFullException full = null;
      while (full == null) {
        try {
          map.put(key, key, MISSING);
          key++;
        } catch (MapFullException e) {
          full = e;
        }
      }
      assertThat(full)
          .hasMessageMatching(
              "a map must find memory for its entries: used=\\d+, limit=none, size=\\d+, map=small; .*")
          .hasRootCauseInstanceOf(OutOfMemoryError.class);
      map.checkInvariants();
      assertThat(map.size()).isEqualTo(key);
      assertThat(map.get(key, MISSING)).isEqualTo(MISSING);
      // Usable: every entry is there, can be changed and removed, and what was removed makes room.
      for (long k = 0; k < key; k++) {
        assertThat(map.put(k, k + 1, MISSING)).isEqualTo(k);
      }
      for (long k = 0; k < key; k += 2) {
        assertThat(map.remove(k, MISSING)).isEqualTo(k + 1);
      }
      for (long k = 0; k < key; k += 2) {
        map.put(k, -k, MISSING);
      }
      map.checkInvariants();
      fails[0] = false;
      for (long k = key; k < 3 * key; k++) {
        map.put(k, k, MISSING);
      }
      assertThat(map.size()).isEqualTo(3 * key);
      map.checkInvariants();
    }
  }

  @Test
  void aLimitIsKept() {
    try (ConcurrentLongLongMap map =
        ConcurrentLongLongMap.builder().name("limited").limitBytes(100_000).buildLongLong()) {
      assertThatThrownBy(
              () -> {
                for (long key = 0; key < 10_000; key++) {
                  map.put(key, key, 0);
                }
              })
          .isInstanceOf(MapFullException.class)
          .hasMessageContaining("limit=100000");
      assertThat(map.reservedBytes()).isLessThanOrEqualTo(100_000);
      map.checkInvariants();
    }
  }

  @Test
  void useAfterCloseIsRefused() {
    ConcurrentLongLongMap empty = ConcurrentLongLongMap.create();
    ConcurrentLongLongMap full = ConcurrentLongLongMap.create();
    full.put(1, 2, 0);
    for (ConcurrentLongLongMap map : new ConcurrentLongLongMap[] {empty, full}) {
      map.close();
      map.close();
      assertThatThrownBy(() -> map.get(1, 0)).isInstanceOf(MapClosedException.class);
      assertThatThrownBy(() -> map.containsKey(1)).isInstanceOf(MapClosedException.class);
      assertThatThrownBy(() -> map.put(1, 2, 0)).isInstanceOf(MapClosedException.class);
      assertThatThrownBy(() -> map.remove(1, 2)).isInstanceOf(MapClosedException.class);
      assertThatThrownBy(map::size).isInstanceOf(MapClosedException.class);
      assertThatThrownBy(map::clear).isInstanceOf(MapClosedException.class);
      assertThatThrownBy(() -> map.forEach((_, _) -> {})).isInstanceOf(MapClosedException.class);
      assertThatThrownBy(() -> map.merge(1, 2, Long::sum)).isInstanceOf(MapClosedException.class);
    }
  }

  @Test
  void aFunctionMayUseTheMapButNotItsOwnKey() {
    try (ConcurrentLongLongMap map = tiny().buildLongLong()) {
      assertThat(map.computeIfAbsent(1, _ -> map.computeIfAbsent(2, _ -> 5) + 1)).isEqualTo(6);
      assertThatThrownBy(() -> map.computeIfAbsent(3, key -> map.put(key, 1, 0)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("recursive update");
      assertThatThrownBy(() ->
              map.computeIfAbsent(
                  3,
                  _ -> {
                    map.clear();
                    return 1;
                  }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("recursive update");
      // The refusal has left nothing behind.
      assertThat(map.put(3, 4, MISSING)).isEqualTo(MISSING);
      assertThat(map.get(3, 0)).isEqualTo(4);
      map.checkInvariants();
    }
  }

  /** Two functions, each waiting for the other's key: one is refused, nobody waits for ever. */
  @Test
  void aCycleOfWaitsIsRefused() throws Exception {
    try (ConcurrentLongLongMap map = tiny().buildLongLong();
        ExecutorService pool = Executors.newFixedThreadPool(2)) {
      CyclicBarrier both = new CyclicBarrier(2);
      List<Future<Long>> answers = new ArrayList<>();
      for (long key = 1; key <= 2; key++) {
        long mine = key;
        answers.add(
            pool.submit(() ->
                map.computeIfAbsent(
                    mine,
                    _ -> {
                      await(both);
                      return map.addTo(3 - mine, 1);
                    })));
      }
      int refused = 0;
      for (Future<Long> answer : answers) {
        try {
          assertThat(answer.get()).isEqualTo(1);
        } catch (ExecutionException e) {
          assertThat(e).hasRootCauseInstanceOf(IllegalStateException.class);
          assertThat(e.getCause()).hasMessageContaining("recursive update");
          refused++;
        }
      }
      assertThat(refused).isEqualTo(1);
      map.checkInvariants();
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void sizesOfCellsFit() {
    int last = 0;
    for (long bytes = 1; bytes < 100_000; bytes++) {
      int sizeClass = CellSizes.classOf(bytes);
      assertThat(sizeClass).isBetween(last, last + 1);
      assertThat(CellSizes.bytes(sizeClass)).isGreaterThanOrEqualTo(bytes);
      if (sizeClass > 0) {
        assertThat(CellSizes.bytes(sizeClass - 1)).isLessThan(bytes);
      }
      last = sizeClass;
    }
    assertThat(CellSizes.classOf(1L << 30)).isLessThan(CellSizes.CLASSES);
  }
}
