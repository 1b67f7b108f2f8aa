package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Defects that a review of the common slots found. */
class ReviewedSlotsTest {
  private static final int NO_TAG_YET = 5;

  @Test
  void aMadeUpHandleIsRefusedWhateverPageItNames() {
    try (Registry registry = Registry.create()) {
      for (int page = 0; page < 512; page++) {
        int slot = page << SlotTable.PAGE_SHIFT;
        long handle = Handles.of(registry.table().number, Handles.GENERATION_MASK, slot);
        assertThatThrownBy(() -> registry.lease(handle))
            .isInstanceOfAny(StaleHandleException.class, ForeignHandleException.class);
      }
    }
  }

  /** The number of a closed registry comes back; the tag in the slot is the old registry's. */
  @Test
  void aHandleOfAnEarlierRegistryOfTheSameNumberIsStale() {
    Registry earlier = Registry.create();
    for (int i = 0; i < NO_TAG_YET; i++) {
      earlier.table().tags.account("tag" + i);
    }
    long handle = earlier.allocate(16, "one more");
    earlier.close();
    try (Registry later = Registry.create()) {
      long same =
          Handles.of(later.table().number, Handles.generation(handle), Handles.slot(handle));
      assertThatThrownBy(() -> later.lease(same))
          .isInstanceOf(StaleHandleException.class)
          .hasMessageContaining("tag=unknown");
      assertThatThrownBy(() -> later.release(same)).isInstanceOf(DoubleReleaseException.class);
    }
  }

  @Test
  void aRetiredSlotStaysRetiredWhenItsPageGoesToAnotherRegistry() {
    Set<Long> issued = new HashSet<>();
    try (Registry first = Registry.create()) {
      long handle = first.allocate(48, "x");
      first.release(handle);
      int slot = Handles.slot(handle);
      int nearlyLast = Handles.GENERATION_MASK - 2;
      SlotTable.setStateRelease(slot, SlotTable.word(nearlyLast, SlotTable.DEAD, 0, 0));
      for (int i = 0; i < 5; i++) {
        long next = first.allocate(48, "x");
        assertThat(issued.add(withoutRegistry(next))).isTrue();
        first.release(next);
      }
    }
    try (Registry next = Registry.create()) {
      for (int i = 0; i < 100 * SlotTable.PAGE_SLOTS; i++) {
        assertThat(issued.add(withoutRegistry(next.allocate(48, "x")))).isTrue();
      }
      next.checkInvariants();
    }
  }

  private static long withoutRegistry(long handle) {
    return handle & ((1L << Handles.REGISTRY_SHIFT) - 1);
  }

  @Test
  @Timeout(120)
  void aCloseThatReportsLeaksMayRaceReleases() throws Exception {
    MemorySegment memory = Arena.ofAuto().allocate(64_000);
    for (int round = 0; round < 40; round++) {
      Registry registry =
          Registry.builder().tracking(Tracking.SAMPLED).leakListener(_ -> {}).build();
      List<Long> handles = new ArrayList<>();
      for (int i = 0; i < 4_000; i++) {
        handles.add(registry.adopt(memory.asSlice(i * 16L, 16), _ -> {}, "x"));
      }
      CountDownLatch started = new CountDownLatch(1);
      Thread releaser =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                started.countDown();
                for (long handle : handles) {
                  try {
                    registry.release(handle);
                  } catch (DoubleReleaseException e) {
                    return;
                  }
                }
              });
      started.await();
      registry.close();
      releaser.join();
      assertThat(registry.blocks()).isZero();
    }
  }
}
