package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is dropped or left over is freed, and reported with its sites. */
class LeakTest {
  private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final BlockingQueue<Leak> leaks = new LinkedBlockingQueue<>();

  private Registry registry(Tracking tracking) {
    return Registry.builder().tracking(tracking).leakListener(leaks::add).build();
  }

  /** The next leak that the cleaner reports; collects garbage until it comes. */
  private Leak nextLeak() throws InterruptedException {
    long deadline = System.nanoTime() + DEADLINE_NANOS;
    Leak leak = null;
    while (leak == null) {
      assertThat(System.nanoTime()).as("waited too long for a leak report").isLessThan(deadline);
      System.gc();
      leak = leaks.poll(20, TimeUnit.MILLISECONDS);
    }
    return leak;
  }

  private static long dropOwner(Registry registry, MemorySegment block, Deallocator deallocator) {
    Block owner = registry.own(registry.adopt(block, deallocator, "dropped"));
    owner.setLong(0, 7);
    return owner.handle();
  }

  @Test
  void aDroppedOwnerIsFreedOnceAndReportedWithItsSites() throws InterruptedException {
    AtomicInteger freed = new AtomicInteger();
    try (Registry registry = registry(Tracking.FULL)) {
      long handle = dropOwner(registry, Arena.ofAuto().allocate(24), _ -> freed.incrementAndGet());
      Leak leak = nextLeak();
      assertThat(freed).hasValue(1);
      assertThat(registry.isLive(handle)).isFalse();
      assertThat(leak.cause()).isEqualTo(Leak.Cause.OWNER_DROPPED);
      assertThat(leak.handle()).isEqualTo(handle);
      assertThat(leak.tag()).isEqualTo("dropped");
      assertThat(leak.blocks()).isEqualTo(1);
      assertThat(leak.bytes()).isEqualTo(24);
      assertThat(leak.touches()).extracting(Touch::operation).containsExactly("lease", "own");
      assertThat(leak.text())
          .contains(
              "cause=owner dropped",
              "tag=dropped",
              "allocated",
              "LeakTest.dropOwner",
              "close the Block")
          .doesNotContain("handle.Block.setLong", "-Dlifebound.tracking");
    }
    assertThat(leaks).isEmpty();
    assertThat(freed).hasValue(1);
  }

  @Test
  void aDroppedOwnerIsReportedWithoutTrackingToo() throws InterruptedException {
    try (Registry registry = registry(Tracking.OFF)) {
      dropOwner(registry, Arena.ofAuto().allocate(24), _ -> {});
      Leak leak = nextLeak();
      assertThat(leak.allocated()).isNull();
      assertThat(leak.touches()).isEmpty();
      assertThat(leak.text()).contains("blocks=1", "-Dlifebound.tracking=full");
      assertThat(registry.blocks()).isZero();
    }
  }

  @Test
  void aClosedOwnerIsNotReported() throws InterruptedException {
    try (Registry registry = registry(Tracking.FULL)) {
      try (Block closed = registry.own(registry.allocate(8, "closed"))) {
        closed.setLong(0, 1);
      }
      dropOwner(registry, Arena.ofAuto().allocate(24), _ -> {});
      assertThat(nextLeak().tag()).isEqualTo("dropped");
      System.gc();
      assertThat(leaks).isEmpty();
    }
  }

  @Test
  void aDeallocatorThatThrowsOnTheCleanerIsStillReportedAsALeak() throws InterruptedException {
    try (Registry registry = registry(Tracking.OFF)) {
      dropOwner(
          registry,
          Arena.ofAuto().allocate(8),
          _ -> {
            throw new IllegalStateException("library refused");
          });
      assertThat(nextLeak().cause()).isEqualTo(Leak.Cause.OWNER_DROPPED);
      assertThat(registry.blocks()).isZero();
    }
  }

  /** The registry's table, so that the test can look at it when the registry is gone. */
  private BlockTable dropRegistry(Deallocator deallocator, boolean withMap) {
    Registry registry = registry(Tracking.FULL);
    for (int i = 0; i < 3; i++) {
      registry.adopt(Arena.ofAuto().allocate(16), deallocator, "row");
    }
    if (withMap) {
      BoundMap<String> names = BoundMap.over(registry, new HashMap<>());
      names.put("anna", registry.allocate(8, "session"));
      BoundKeyMap<String> keys = BoundKeyMap.over(registry, new HashMap<>(), "key");
      keys.allocate(8, "value");
    }
    return registry.table();
  }

  @Test
  void aDroppedRegistryFreesEachBlockOnceAndReportsOneLeakForEachSite()
      throws InterruptedException {
    AtomicInteger freed = new AtomicInteger();
    BlockTable table = dropRegistry(_ -> freed.incrementAndGet(), false);
    Leak leak = nextLeak();
    assertThat(leak.cause()).isEqualTo(Leak.Cause.REGISTRY_DROPPED);
    assertThat(leak.blocks()).isEqualTo(3);
    assertThat(leak.bytes()).isEqualTo(48);
    assertThat(leak.text()).contains("LeakTest.dropRegistry", "close the registry");
    assertThat(freed).hasValue(3);
    assertThat(table.undead()).isZero();
    assertThat(table.isClosed()).isTrue();
    assertThat(leaks).isEmpty();
  }

  @Test
  void boundMapsDoNotKeepADroppedRegistryReachable() throws InterruptedException {
    BlockTable table = dropRegistry(_ -> {}, true);
    List<String> tags = List.of(nextLeak().tag(), nextLeak().tag(), nextLeak().tag());
    assertThat(tags).containsExactlyInAnyOrder("row", "session", "key");
    assertThat(table.undead()).isZero();
  }

  @Test
  void aCacheThatReportsEvictionsDoesNotKeepADroppedRegistryReachable()
      throws InterruptedException {
    Map<String, Object> cache = new HashMap<>();
    BlockTable table = dropRegistryUnder(cache);
    assertThat(nextLeak().tag()).isEqualTo("session");
    assertThat(table.undead()).isZero();
    assertThat(cache).hasSize(1);
  }

  private BlockTable dropRegistryUnder(Map<String, Object> cache) {
    Registry registry = registry(Tracking.OFF);
    Evictions<String> evictions = new Evictions<>();
    cache.put("listener", evictions);
    BoundMap<String> map =
        BoundMap.over(registry, new java.util.concurrent.ConcurrentHashMap<>(), evictions);
    map.put("anna", registry.allocate(8, "session"));
    return registry.table();
  }

  @Test
  void anOwnerKeepsItsRegistryOpen() {
    Block owner = ownerOfDroppedRegistry();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    owner.setLong(0, 5);
    assertThat(owner.getLong(0)).isEqualTo(5);
    assertThat(leaks).isEmpty();
    owner.close();
  }

  private Block ownerOfDroppedRegistry() {
    Registry registry = registry(Tracking.OFF);
    return registry.own(registry.allocate(8, "kept"));
  }

  @Test
  void aLeaseOutlivesItsDroppedRegistry() throws InterruptedException {
    Lease lease = leaseOfDroppedRegistry();
    assertThat(nextLeak().leases()).isEqualTo(1);
    lease.setLong(0, 3);
    assertThat(lease.getLong(0)).isEqualTo(3);
    lease.close();
  }

  private Lease leaseOfDroppedRegistry() {
    Registry registry = registry(Tracking.OFF);
    return registry.lease(registry.allocate(8, "leased"));
  }

  @Test
  void aNumberThatWasClaimedAgainIsNotFreedByItsFirstOwner() throws InterruptedException {
    BlockTable dropped = dropRegistry(_ -> {}, false);
    nextLeak();
    assertThat(dropped.undead()).isZero();
    try (Registry first = registry(Tracking.OFF);
        Registry second = registry(Tracking.OFF)) {
      assertThat(first.table().number).isNotEqualTo(second.table().number);
    }
  }

  @Test
  void accessesKeepATemporaryOwnerAliveUntilTheyAreDone() throws InterruptedException {
    try (Registry registry = registry(Tracking.OFF)) {
      AtomicInteger done = new AtomicInteger();
      Thread collector =
          Thread.startVirtualThread(() -> {
            while (done.get() == 0) {
              System.gc();
            }
          });
      try {
        for (int i = 0; i < 5_000; i++) {
          long handle = registry.allocate(8, "temporary");
          registry.own(handle).setLong(0, i);
        }
      } finally {
        done.set(1);
        collector.join();
      }
      // Every owner was dropped, and none while it was used: that would have thrown.
      assertThat(nextLeak().cause()).isEqualTo(Leak.Cause.OWNER_DROPPED);
    }
  }

  @Test
  void aCloseReportsWhatIsLiveByTagAndSite() {
    Registry registry = registry(Tracking.FULL);
    long released = registry.allocate(8, "released");
    registry.release(released);
    long kept = 0;
    for (int i = 0; i < 5; i++) {
      kept = registry.allocate(32, "row");
    }
    long other = registry.allocate(100, "row");
    registry.retain(other);
    registry.close();
    registry.close();
    assertThat(leaks).hasSize(2);
    assertThat(leaks).extracting(Leak::cause).containsOnly(Leak.Cause.LIVE_AT_CLOSE);
    assertThat(leaks).extracting(Leak::blocks).containsExactlyInAnyOrder(5L, 1L);
    assertThat(leaks).extracting(Leak::bytes).containsExactlyInAnyOrder(160L, 100L);
    Leak single = leaks.stream().filter(leak -> leak.blocks() == 1).findFirst().orElseThrow();
    assertThat(single.handle()).isEqualTo(other).isNotEqualTo(kept);
    assertThat(single.touches()).extracting(Touch::operation).containsExactly("retain");
  }

  @Test
  void aCloseAtLevelOffSaysNothing() {
    Registry registry = registry(Tracking.OFF);
    registry.allocate(8, "row");
    registry.close();
    assertThat(leaks).isEmpty();
  }

  @Test
  void aSampledCloseCountsEveryBlockAndKnowsSomeSites() {
    Registry registry = registry(Tracking.SAMPLED);
    int blocks = 20_000;
    for (int i = 0; i < blocks; i++) {
      registry.allocate(8, "row");
    }
    registry.close();
    assertThat(leaks).hasSize(2);
    assertThat(leaks.stream().mapToLong(Leak::blocks).sum()).isEqualTo(blocks);
    Leak known = leaks.stream().filter(leak -> leak.allocated() != null).findFirst().orElseThrow();
    assertThat(known.blocks()).isLessThan(blocks / 64);
    assertThat(known.text()).contains("LeakTest.aSampledCloseCountsEveryBlock");
  }

  @Test
  void onlyTheNewestTouchesAreKept() {
    Registry registry = registry(Tracking.FULL);
    long handle = registry.allocate(8, "row");
    registry.name(handle, "first");
    for (int i = 0; i < Touches.KEPT; i++) {
      registry.lease(handle).close();
    }
    registry.retain(handle);
    registry.close();
    List<Touch> touches = leaks.remove().touches();
    assertThat(touches).hasSize(Touches.KEPT);
    assertThat(touches.getFirst().operation()).isEqualTo("retain");
    assertThat(touches.getLast().operation()).isEqualTo("lease");
  }

  @Test
  void aListenerThatThrowsDoesNotStopTheClose() {
    Registry registry =
        Registry.builder()
            .tracking(Tracking.FULL)
            .leakListener(leak -> {
              leaks.add(leak);
              throw new IllegalStateException("listener is broken");
            })
            .build();
    registry.allocate(8, "a");
    registry.allocate(8, "b");
    registry.close();
    assertThat(leaks).hasSize(2);
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void anOwnerReadsAndWritesItsBlockWithinBounds() {
    try (Registry registry = registry(Tracking.OFF);
        Block block = registry.own(registry.allocate(40, "x"))) {
      assertThat(block.byteSize()).isEqualTo(40);
      block.setByte(0, (byte) 1);
      block.setInt(4, 2);
      block.setLong(8, 3);
      block.setDouble(16, 4.5);
      block.write(24, new byte[] {9, 8}, 0, 2);
      byte[] read = new byte[2];
      block.read(24, read, 0, 2);
      assertThat(block.getByte(0)).isEqualTo((byte) 1);
      assertThat(block.getInt(4)).isEqualTo(2);
      assertThat(block.getLong(8)).isEqualTo(3);
      assertThat(block.getDouble(16)).isEqualTo(4.5);
      assertThat(read).containsExactly(9, 8);
      assertThatThrownBy(() -> block.getLong(33)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void anOwnerIsRefusedAfterCloseAndClosesOnce() {
    try (Registry registry = registry(Tracking.OFF)) {
      long handle = registry.allocate(8, "x");
      registry.retain(handle);
      Block block = registry.own(handle);
      block.close();
      block.close();
      assertThat(registry.isLive(handle)).as("the other reference is still there").isTrue();
      assertThatThrownBy(() -> block.getLong(0))
          .isInstanceOf(BlockClosedException.class)
          .hasMessageContaining("block=" + Handles.block(handle));
      assertThatThrownBy(block::lease).isInstanceOf(BlockClosedException.class);
      registry.release(handle);
      assertThatThrownBy(() -> registry.own(handle)).isInstanceOf(StaleHandleException.class);
    }
  }

  @Test
  void anOwnerOfABlockThatEndedElsewhereIsRefusedAndClosesInPeace() {
    Registry registry = registry(Tracking.OFF);
    Block block = registry.own(registry.allocate(8, "x"));
    registry.close();
    assertThatThrownBy(() -> block.setLong(0, 1)).isInstanceOf(StaleHandleException.class);
    block.close();
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void whatTheCleanerKeepsDoesNotReferToTheOwner() throws InterruptedException {
    try (Registry registry = registry(Tracking.OFF)) {
      WeakReference<Block> owner = new WeakReference<>(registry.own(registry.allocate(8, "weak")));
      nextLeak();
      assertThat(owner.refersTo(null)).isTrue();
    }
  }
}
