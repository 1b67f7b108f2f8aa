package dev.lifebound.memory.handle;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class StripesTest {
  @Test
  void everySizeFitsItsClassWithAtMostAFifthOfWaste() {
    for (long bytes = 1; bytes <= SizeClass.MAX_BLOCK_BYTES; bytes++) {
      long taken = SizeClass.blockBytes(SizeClass.of(bytes));
      assertThat(taken).as("bytes=%d", bytes).isGreaterThanOrEqualTo(bytes);
      assertThat(taken % 16).as("bytes=%d", bytes).isZero();
      if (bytes > 64) {
        assertThat(taken - bytes).as("bytes=%d", bytes).isLessThanOrEqualTo(taken / 5 + 1);
      }
    }
    for (int sizeClass = 0; sizeClass <= SizeClass.HELD; sizeClass++) {
      assertThat(SizeClass.slotsOfPage(sizeClass)).isBetween(2, SlotTable.PAGE_SLOTS);
    }
  }

  @Test
  void liveBlocksNeverOverlapAndAreZeroed() {
    Random random = new Random(11);
    try (Registry registry = Registry.create()) {
      Map<Long, Long> live = new HashMap<>();
      TreeMap<Long, Long> ranges = new TreeMap<>();
      for (int step = 0; step < 30_000; step++) {
        if (random.nextInt(5) < 3 || live.isEmpty()) {
          long bytes = 1L + random.nextInt(random.nextInt(20) == 0 ? 65_536 : 300);
          long handle = registry.allocate(bytes, "x");
          long start = registry.table().address(handle);
          assertThat(start % 16).isZero();
          Map.Entry<Long, Long> below = ranges.floorEntry(start);
          Map.Entry<Long, Long> above = ranges.ceilingEntry(start);
          assertThat(below == null || below.getValue() <= start).isTrue();
          assertThat(above == null || above.getKey() >= start + bytes).isTrue();
          ranges.put(start, start + bytes);
          live.put(handle, bytes);
          try (Lease lease = registry.lease(handle)) {
            for (long at = 0; at < bytes; at++) {
              assertThat(lease.getByte(at)).isZero();
            }
            lease.fill((byte) 0x5a);
          }
        } else {
          long handle = live.keySet().iterator().next();
          ranges.remove(registry.table().address(handle));
          live.remove(handle);
          registry.release(handle);
        }
      }
      registry.checkInvariants();
    }
  }

  /** One thread allocates, another frees: slots must come back by way of the depot. */
  @Test
  void slotsThatOneThreadFreesAreUsedByAnother() throws InterruptedException {
    try (Registry registry = Registry.create()) {
      Set<Integer> slots = new HashSet<>();
      for (int round = 0; round < 40; round++) {
        List<Long> handles = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
          long handle = registry.allocate(64, "x");
          slots.add(Handles.slot(handle));
          handles.add(handle);
        }
        Thread other = Thread.ofPlatform().start(() -> handles.forEach(registry::release));
        other.join();
        assertThat(registry.blocks()).isZero();
      }
      assertThat(slots).hasSizeLessThan(3_000);
      registry.checkInvariants();
    }
  }

  @Test
  void slotsOfAClosedRegistryServeOthersAndItsHandlesStayStale() {
    Set<Integer> pages = new HashSet<>();
    List<Long> stale = new ArrayList<>();
    Registry first = Registry.create();
    for (int i = 0; i < 2_000; i++) {
      long handle = first.allocate(32, "x");
      stale.add(handle);
      pages.add(Handles.slot(handle) >>> SlotTable.PAGE_SHIFT);
    }
    first.close();
    boolean reused = false;
    for (int round = 0; round < 5; round++) {
      try (Registry next = Registry.create()) {
        for (int i = 0; i < 2_000; i++) {
          long handle = next.allocate(100, "y");
          reused |= pages.contains(Handles.slot(handle) >>> SlotTable.PAGE_SHIFT);
          assertThat(next.isLive(handle)).isTrue();
        }
        for (long handle : stale) {
          assertThat(first.isLive(handle)).isFalse();
        }
        assertThatThrownBy(() -> first.lease(stale.get(7)))
            .isInstanceOf(StaleHandleException.class)
            .hasMessageContaining("state=registry closed");
      }
    }
    assertThat(reused).isTrue();
  }

  @Test
  void aStripeThatIsHeldIsPassedBy() throws InterruptedException {
    Stripes stripes = new Stripes();
    Stripe mine = stripes.lock();
    assertThat(stripes.lock()).as("reentrant").isSameAs(mine);
    mine.unlock();
    CountDownLatch done = new CountDownLatch(64);
    for (int i = 0; i < 64; i++) {
      Thread.ofVirtual()
          .start(() -> {
            Stripe theirs = stripes.lock();
            if (theirs != mine) {
              done.countDown();
            }
            theirs.unlock();
          });
    }
    done.await();
    mine.unlock();
    assertThat(stripes.closeIfEmpty()).isTrue();
  }

  @Test
  void theStripeOfABoundMapLeavesItsCountsAndSlotsBehind() {
    try (Registry registry = Registry.create()) {
      BoundKeyMap<String> map = BoundKeyMap.over(registry, new HashMap<>(), "key");
      long kept = map.allocate(64, "kept");
      int slot = Handles.slot(kept);
      Lease lease = registry.lease(kept);
      map.close();
      assertThat(registry.blocks()).isEqualTo(1);
      assertThat(requireNonNull(registry.snapshot().tags().get("key")).dying()).isEqualTo(1);
      lease.close();
      assertThat(registry.blocks()).isZero();
      registry.checkInvariants();
      boolean again = false;
      for (int i = 0; i < 2 * SlotTable.PAGE_SLOTS; i++) {
        again |= Handles.slot(registry.allocate(64, "x")) == slot;
      }
      assertThat(again).isTrue();
    }
  }
}
