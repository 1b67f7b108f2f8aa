package dev.lifebound.memory.handle;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Defects that a review of bound keys, and of the stripes that lock them, found. */
class ReviewedBoundKeysTest {
  private static Thread daemon(Runnable action) {
    return Thread.ofPlatform().daemon().start(action);
  }

  @Test
  void aSumMissesNothingWhenTheStripeOfABoundMapGoesMeanwhile() {
    boolean all = false;
    for (int when = 0; !all; when++) {
      Stripes stripes = new Stripes();
      Stripe own = stripes.add();
      own.lock();
      own.count(0, 3, 48);
      own.unlock();
      int[] seen = new int[1];
      int removeAt = when;
      long sum =
          stripes.sum(stripe -> {
            long undead = stripe.undead();
            if (seen[0]++ == removeAt) {
              stripes.remove(own);
            }
            return undead;
          });
      assertThat(sum).as("removed at the stripe no. %d", when).isEqualTo(3);
      all = seen[0] <= removeAt;
    }
  }

  /** A least recently used map whose evictions wait until the registry is being closed. */
  private static final class Evicting extends LinkedHashMap<Long, String> {
    private static final long serialVersionUID = 1L;

    private final transient CountDownLatch reached;
    private final transient CountDownLatch go;
    private transient @Nullable BoundKeyMap<String> bound;

    Evicting(CountDownLatch reached, CountDownLatch go) {
      this.reached = reached;
      this.go = go;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, String> eldest) {
      BoundKeyMap<String> mine = bound;
      if (mine != null && size() > 1) {
        reached.countDown();
        await(go);
        mine.remove(eldest.getKey());
      }
      return false;
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @Timeout(60)
  void evictionsOfTwoBoundMapsDoNotWaitForEachOtherWhileTheRegistryCloses() throws Exception {
    Registry registry = Registry.create();
    CountDownLatch reached = new CountDownLatch(2);
    CountDownLatch go = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Evicting below = new Evicting(reached, go);
      BoundKeyMap<String> map = BoundKeyMap.over(registry, below, "key" + i);
      below.bound = map;
      map.allocate(16, "first");
      threads.add(daemon(() -> map.allocate(16, "second")));
    }
    reached.await();
    threads.add(daemon(registry::close));
    while (!registry.table().isClosed()) {
      Thread.onSpinWait();
    }
    go.countDown();
    for (Thread thread : threads) {
      assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
    }
    assertThat(registry.blocks()).isZero();
  }

  /** The pages must go back also when the last block ended under a bound map's lock. */
  @Test
  void aRegistryThatIsClosedFromWithinABoundMapGivesItsPagesBack() {
    Registry registry = Registry.create();
    BoundKeyMap<String> map =
        BoundKeyMap.over(
            registry,
            new HashMap<>() {
              private static final long serialVersionUID = 1L;

              @Override
              public @Nullable String put(Long key, String value) {
                registry.close();
                return super.put(key, value);
              }
            },
            "key");
    long handle = map.allocate(16, "x");
    assertThat(registry.isLive(handle)).isFalse();
    assertThat(map.size()).isZero();
    assertThat(SlotTable.pageOrNull(Handles.slot(handle))).isNull();
  }

  @Test
  void aLargeKeyWhoseRegistryIsClosedBeforeItsEntryIsThereLeavesNoEntry() {
    Registry registry = Registry.create();
    BoundKeyMap<String> map =
        BoundKeyMap.over(
            registry,
            new HashMap<>() {
              private static final long serialVersionUID = 1L;

              @Override
              public @Nullable String put(Long key, String value) {
                registry.close();
                return super.put(key, value);
              }
            },
            "key");
    assertThatCode(() -> map.allocate(100_000, "x")).doesNotThrowAnyException();
    assertThat(map.size()).isZero();
  }

  @Test
  @Timeout(60)
  void theRefusalOfAClosedBoundMapWaitsForNoOtherMap() throws Exception {
    Registry registry = Registry.create();
    BoundKeyMap<String> closed = BoundKeyMap.over(registry, new HashMap<>(), "closed");
    closed.close();
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    BoundKeyMap<String> busy =
        BoundKeyMap.over(
            registry,
            new HashMap<>() {
              private static final long serialVersionUID = 1L;

              @Override
              public boolean containsKey(@Nullable Object key) {
                reached.countDown();
                ReviewedBoundKeysTest.await(go);
                return false;
              }
            },
            "busy");
    Thread holder = daemon(() -> busy.containsKey(1));
    reached.await();
    AtomicReference<Throwable> refusal = new AtomicReference<>();
    Thread caller =
        daemon(() -> {
          try {
            closed.allocate(16, "x");
          } catch (IllegalStateException e) {
            refusal.set(e);
          }
        });
    boolean answered = caller.join(Duration.ofSeconds(10));
    go.countDown();
    holder.join();
    caller.join();
    assertThat(answered).isTrue();
    assertThat(refusal.get()).hasMessageContaining("; allocate before close()");
    registry.close();
  }

  /** A map that holds nothing: each entry is removed while it is put. */
  private static final class Full extends LinkedHashMap<Long, String> {
    private static final long serialVersionUID = 1L;

    private transient @Nullable BoundKeyMap<String> bound;

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, String> eldest) {
      BoundKeyMap<String> mine = bound;
      if (mine != null) {
        mine.remove(eldest.getKey());
      }
      return false;
    }
  }

  @Test
  void aKeyThatEndsWhileItIsPutLeavesNothingBehindInCheckedMode() {
    try (Registry registry = Registry.builder().checked(true).tracking(Tracking.FULL).build()) {
      Full below = new Full();
      BoundKeyMap<String> map = BoundKeyMap.over(registry, below, "key");
      below.bound = map;
      for (int i = 0; i < 3; i++) {
        long handle = map.allocate(16, "x");
        assertThat(registry.isLive(handle)).isFalse();
        Lives.Life life = requireNonNull(registry.table().lives.find(handle));
        assertThat(life.freed()).isNotNull();
      }
      assertThat(registry.blocks()).isZero();
      registry.checkInvariants();
    }
  }

  @Test
  void aMapThatRefusesAnEntryKeepsNoBlock() {
    try (Registry registry = Registry.create()) {
      Map<Long, String> refusing =
          new ConcurrentHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            public @Nullable String put(Long key, String value) {
              throw new IllegalStateException("full");
            }
          };
      BoundKeyMap<String> map = BoundKeyMap.over(registry, refusing, "key");
      assertThatThrownBy(() -> map.allocate(16, "x")).hasMessage("full");
      assertThatThrownBy(() -> map.allocate(100_000, "x")).hasMessage("full");
      assertThat(registry.blocks()).isZero();
    }
  }
}
