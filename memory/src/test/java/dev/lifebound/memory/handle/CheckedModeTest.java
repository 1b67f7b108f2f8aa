package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What checked mode refuses, and that nothing of it runs when it is off. */
class CheckedModeTest {
  private final Registry registry = Registry.builder().checked(true).tracking(Tracking.OFF).build();
  private final MemorySegment memory = Arena.ofAuto().allocate(256, 16);

  @AfterEach
  void countsAgree() {
    registry.checkInvariants();
    registry.close();
  }

  @Test
  void aBlockThatOverlapsALiveOneIsRefusedAndBothAreNamed() {
    long live = registry.adopt(memory.asSlice(64, 64), _ -> {}, "page");
    long start = memory.address();
    assertThatThrownBy(() -> registry.adopt(memory.asSlice(96, 16), _ -> {}, "row"))
        .isInstanceOf(AlreadyLiveException.class)
        .hasMessageContainingAll(
            "new=0x" + Long.toHexString(start + 96) + "+16",
            "block=" + Handles.block(live) + " at 0x" + Long.toHexString(start + 64) + "+64",
            "tag=page");
    assertThatThrownBy(() -> registry.adopt(memory.asSlice(0, 72), _ -> {}, "row"))
        .isInstanceOf(AlreadyLiveException.class);
    assertThatThrownBy(() -> registry.adopt(memory, _ -> {}, "row"))
        .isInstanceOf(AlreadyLiveException.class);
    long before = registry.adopt(memory.asSlice(0, 64), _ -> {}, "row");
    long after = registry.adopt(memory.asSlice(128, 64), _ -> {}, "row");
    registry.release(live);
    registry.release(registry.adopt(memory.asSlice(64, 64), _ -> {}, "page"));
    registry.release(before);
    registry.release(after);
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void anAddressFreedByCMayBeAdoptedAgain() {
    long first = registry.adopt(memory, _ -> {}, "page");
    registry.markFreedByC(first);
    long second = registry.adopt(memory, _ -> {}, "page");
    registry.release(first);
    registry.lease(second).close();
  }

  @Test
  void aBlockThatIsNotAlignedForItsSizeIsRefused() {
    assertThatThrownBy(() -> registry.adopt(memory.asSlice(4, 24), _ -> {}, "row"))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContainingAll("size=24", "alignment=8");
    registry.release(registry.adopt(memory.asSlice(4, 20), _ -> {}, "row"));
    registry.release(registry.adopt(memory.asSlice(1, 7), _ -> {}, "text"));
    assertThat(registry.blocks()).isZero();
  }

  @Test
  @SuppressWarnings("restricted")
  void aSizeThatLeavesTheAddressSpaceIsRefused() {
    // SAFETY: nothing is ever read there; the registry refuses both.
    MemorySegment endless = MemorySegment.ofAddress(Long.MAX_VALUE - 15).reinterpret(64);
    assertThatThrownBy(() -> registry.adopt(endless, _ -> {}, "row"))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("size=64");
    MemorySegment nothing = MemorySegment.NULL.reinterpret(64);
    assertThatThrownBy(() -> registry.adopt(nothing, _ -> {}, "row"))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("address=0x0");
  }

  @Test
  void aLeaseOnABlockWhoseArenaWasClosedIsRefused() {
    long handle;
    try (Arena arena = Arena.ofShared()) {
      handle = registry.adopt(arena.allocate(32), _ -> {}, "row");
      registry.lease(handle).close();
    }
    assertThatThrownBy(() -> registry.lease(handle))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContainingAll(
            "block=" + Handles.block(handle), "tag=row", "its arena was closed");
    registry.release(handle);
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void aSlotThatWasOverwrittenIsFoundByTheNextLease() {
    long handle = registry.adopt(memory.asSlice(0, 32), _ -> {}, "row");
    int slot = Handles.slot(handle);
    SlotTable.fill(slot, 64, SlotTable.tag(slot), 0);
    assertThatThrownBy(() -> registry.lease(handle))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("native code has written over the slot");
    SlotTable.fill(slot, 32, SlotTable.tag(slot), 0);
    registry.lease(handle).close();
  }

  @Test
  void aPointerThatLeftItsBlockIsRefusedAndBothBlocksAreNamed() {
    long mine = registry.adopt(memory.asSlice(0, 64), _ -> {}, "mine");
    long other = registry.adopt(memory.asSlice(64, 64), _ -> {}, "other");
    long start = memory.address();
    assertThat(registry.check(mine, start + 63)).isEqualTo(start + 63);
    assertThat(registry.check(mine, memory.asSlice(60, 4))).isEqualTo(memory.asSlice(60, 4));
    assertThatThrownBy(() -> registry.check(mine, start + 64))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContainingAll(
            "block=" + Handles.block(mine), "tag=mine", "offset=64", "tag=other")
        .hasMessageContaining("in block=" + Handles.block(other));
    assertThatThrownBy(() -> registry.check(mine, memory.asSlice(60, 8)))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("in block=" + Handles.block(other));
    assertThatThrownBy(() -> registry.check(other, start + 200))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("in no other known block");
    assertThatThrownBy(() -> registry.check(mine, start - 1))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("offset=-1");
    registry.release(mine);
    assertThatThrownBy(() -> registry.check(mine, start)).isInstanceOf(StaleHandleException.class);
  }

  @Test
  void anAccessBeyondItsBlockNamesTheBlockItWouldTouch() {
    long mine = registry.adopt(memory.asSlice(0, 64), _ -> {}, "mine");
    long other = registry.adopt(memory.asSlice(64, 64), _ -> {}, "other");
    try (Lease lease = registry.lease(mine)) {
      assertThatThrownBy(() -> lease.getLong(60))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContainingAll(
              "size=64", "offset=60", "would touch block=" + Handles.block(other), "tag=other");
      assertThatThrownBy(() -> lease.getLong(1_000_000))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageNotContaining("would touch");
    }
  }

  @Test
  void blocksOfThePoolAreCheckedToo() {
    long first = registry.allocate(64, "first");
    long second = registry.allocate(64, "second");
    long large = registry.allocate(1 << 20, "large");
    MemorySegment pooled;
    try (Lease lease = registry.lease(first);
        Lease _ = registry.lease(second);
        Lease _ = registry.lease(large)) {
      pooled = lease.whole();
      assertThatThrownBy(() -> registry.check(first, pooled.address() + 64))
          .isInstanceOf(CheckFailedException.class)
          .hasMessageContaining("tag=second");
      assertThatThrownBy(() -> registry.adopt(pooled, _ -> {}, "stolen"))
          .isInstanceOf(AlreadyLiveException.class)
          .hasMessageContaining("tag=first");
    }
    registry.release(first);
    registry.release(registry.allocate(64, "again"));
  }

  @Test
  void nothingIsCheckedAndNoOtherCodeRunsWhenItIsOff() {
    try (Registry plain = Registry.builder().checked(false).tracking(Tracking.OFF).build()) {
      assertThat(plain.table().getClass()).isEqualTo(BlockTable.class);
      assertThat(plain.table().addresses.getClass()).isEqualTo(Addresses.class);
      long handle = plain.adopt(memory.asSlice(4, 24), _ -> {}, "row");
      plain.adopt(memory.asSlice(8, 24), _ -> {}, "overlaps");
      assertThat(plain.check(handle, 12)).isEqualTo(12);
      plain.release(handle);
      assertThat(plain.check(handle, 12)).isEqualTo(12);
    }
    assertThat(registry.table()).isInstanceOf(WatchedTable.class);
  }

  @Test
  void thePropertySwitchesItOn() {
    System.setProperty(RegistryBuilder.CHECK_PROPERTY, "");
    try (Registry checked = Registry.create(Tracking.OFF)) {
      assertThat(checked.table().addresses).isInstanceOf(CheckedAddresses.class);
      System.setProperty(RegistryBuilder.CHECK_PROPERTY, "perhaps");
      assertThatThrownBy(Registry::create)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("lifebound.check=perhaps");
    } finally {
      System.clearProperty(RegistryBuilder.CHECK_PROPERTY);
    }
  }
}
