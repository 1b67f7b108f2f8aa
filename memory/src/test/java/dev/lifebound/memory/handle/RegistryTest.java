package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RegistryTest {
  private final Registry registry = Registry.create(Tracking.OFF);
  private final List<MemorySegment> freed = new ArrayList<>();

  @AfterEach
  void countsAgree() {
    registry.checkInvariants();
    registry.close();
  }

  @Test
  void aBlockIsZeroedAndHoldsWhatIsWritten() {
    long handle = registry.allocate(64, "session");
    try (Lease lease = registry.lease(handle)) {
      assertThat(lease.getLong(56)).isZero();
      lease.setLong(56, 42);
      lease.setByte(0, (byte) 7);
      lease.setInt(3, -5);
      lease.setDouble(16, 1.5);
      assertThat(lease.getLong(56)).isEqualTo(42);
      assertThat(lease.getByte(0)).isEqualTo((byte) 7);
      assertThat(lease.getInt(3)).isEqualTo(-5);
      assertThat(lease.getDouble(16)).isEqualTo(1.5);
    }
    registry.release(handle);
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void aRecycledBlockIsZeroedAgain() {
    long first = registry.allocate(48, "a");
    try (Lease lease = registry.lease(first)) {
      lease.fill((byte) 0xA5);
    }
    registry.release(first);
    try (Lease lease = registry.lease(registry.allocate(48, "a"))) {
      byte[] bytes = new byte[48];
      lease.read(0, bytes, 0, 48);
      assertThat(bytes).containsOnly(0);
    }
  }

  @Test
  void aStaleHandleIsRefusedByEveryOperation() {
    long handle = registry.allocate(64, "session");
    registry.release(handle);
    assertThatThrownBy(() -> registry.lease(handle))
        .isInstanceOf(StaleHandleException.class)
        .hasMessageContainingAll(
            "block=" + Handles.block(handle), "size=64", "tag=session", "state=freed")
        .hasMessageContaining("-Dlifebound.tracking=full");
    assertThatThrownBy(() -> registry.retain(handle)).isInstanceOf(StaleHandleException.class);
    assertThatThrownBy(() -> registry.release(handle)).isInstanceOf(DoubleReleaseException.class);
    assertThat(registry.isLive(handle)).isFalse();
  }

  @Test
  void aStaleHandleIsRefusedWhenSlotAndAddressHaveANewBlock() {
    long old = registry.allocate(64, "old");
    registry.release(old);
    long young = registry.allocate(64, "young");
    assertThat(Handles.slot(young)).isEqualTo(Handles.slot(old));
    assertThatThrownBy(() -> registry.lease(old))
        .isInstanceOf(StaleHandleException.class)
        .hasMessageContaining("size=unknown");
    assertThat(registry.isLive(young)).isTrue();
  }

  @Test
  void fullTrackingNamesBothSitesAndTheThread() throws InterruptedException {
    try (Registry tracked = Registry.create(Tracking.FULL)) {
      long handle = allocateHere(tracked);
      Thread thread = new Thread(() -> freeHere(tracked, handle), "expiry");
      thread.start();
      thread.join();
      assertThatThrownBy(() -> tracked.lease(handle))
          .hasMessageContainingAll(
              "size=24",
              "allocated",
              "RegistryTest.allocateHere",
              "freed",
              "by thread expiry",
              "RegistryTest.freeHere")
          .satisfies(e ->
              assertThat(e.getMessage())
                  .doesNotContain(
                      "at dev.lifebound.memory.handle.Reg" + "istry.", "-Dlifebound.tracking"));
    }
  }

  private static long allocateHere(Registry registry) {
    return registry.allocate(24, "session");
  }

  private static void freeHere(Registry registry, long handle) {
    registry.release(handle);
  }

  @Test
  void aHandleOfAnotherRegistryIsRefused() {
    try (Registry other = Registry.create(Tracking.OFF)) {
      long handle = other.allocate(8, "x");
      registry.allocate(8, "x");
      assertThatThrownBy(() -> registry.lease(handle))
          .isInstanceOf(ForeignHandleException.class)
          .hasMessageContaining("itsRegistry=");
    }
    assertThatThrownBy(() -> registry.lease(0))
        .isInstanceOf(ForeignHandleException.class)
        .hasMessageContaining("0 names no block");
    assertThatThrownBy(() -> registry.lease(-1)).isInstanceOf(ForeignHandleException.class);
  }

  @Test
  void aHandleThatWasNeverIssuedIsRefused() {
    long handle = registry.allocate(8, "x");
    assertThatThrownBy(() -> registry.lease(handle + 1)).isInstanceOf(StaleHandleException.class);
    assertThatThrownBy(() -> registry.release(handle + 1))
        .isInstanceOf(DoubleReleaseException.class);
  }

  @Test
  void theLastReferenceFrees() {
    MemorySegment block = Arena.ofAuto().allocate(32);
    long handle = registry.adopt(block, freed::add, "row");
    registry.retain(handle);
    registry.release(handle);
    assertThat(freed).isEmpty();
    registry.release(handle);
    assertThat(freed).containsExactly(block);
    assertThatThrownBy(() -> registry.release(handle)).isInstanceOf(DoubleReleaseException.class);
    assertThat(freed).hasSize(1);
  }

  @Test
  void aFreeWaitsForTheLastLease() {
    MemorySegment block = Arena.ofAuto().allocate(32);
    long handle = registry.adopt(block, freed::add, "row");
    Lease first = registry.lease(handle);
    Lease second = registry.lease(handle);
    registry.release(handle);
    assertThatThrownBy(() -> registry.lease(handle))
        .isInstanceOf(StaleHandleException.class)
        .hasMessageContaining("a lease is still open");
    first.setLong(0, 9);
    first.close();
    first.close();
    assertThat(freed).isEmpty();
    assertThat(second.getLong(0)).isEqualTo(9);
    second.close();
    assertThat(freed).containsExactly(block);
  }

  @Test
  void aLeaseIsBoundedAndRefusedAfterClose() {
    long handle = registry.allocate(20, "x");
    Lease lease = registry.lease(handle);
    assertThat(lease.byteSize()).isEqualTo(20);
    assertThatThrownBy(() -> lease.getLong(13)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> lease.getByte(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> lease.getByte(Long.MAX_VALUE))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("size=20");
    assertThatThrownBy(() -> lease.read(15, new byte[8], 0, 8))
        .isInstanceOf(IndexOutOfBoundsException.class);
    lease.close();
    assertThatThrownBy(() -> lease.getByte(0)).isInstanceOf(LeaseClosedException.class);
    assertThatThrownBy(lease::segment).isInstanceOf(LeaseClosedException.class);
  }

  @Test
  void theSegmentDiesWithItsLeaseWhenNativeAccessIsEnabled() {
    long handle = registry.allocate(16, "x");
    MemorySegment segment;
    try (Lease lease = registry.lease(handle)) {
      segment = lease.segment();
      assertThat(segment.byteSize()).isEqualTo(16);
      segment.set(java.lang.foreign.ValueLayout.JAVA_LONG, 8, 3);
      assertThat(lease.getLong(8)).isEqualTo(3);
    }
    assertThatThrownBy(() -> segment.get(java.lang.foreign.ValueLayout.JAVA_LONG, 8))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anAddressThatIsLiveCannotBeAdoptedAgain() {
    MemorySegment block = Arena.ofAuto().allocate(32);
    long handle = registry.adopt(block, freed::add, "row");
    assertThatThrownBy(() -> registry.adopt(block, freed::add, "again"))
        .isInstanceOf(AlreadyLiveException.class)
        .hasMessageContainingAll("size=32", "tag=row");
    assertThat(registry.blocks()).isEqualTo(1);
    registry.release(handle);
    registry.release(registry.adopt(block, freed::add, "again"));
    assertThat(freed).hasSize(2);
  }

  @Test
  void aBlockFreedByCIsStaleAndItsDeallocatorNeverRuns() {
    MemorySegment block = Arena.ofAuto().allocate(32);
    long handle = registry.adopt(block, freed::add, "row");
    registry.retain(handle);
    registry.markFreedByC(handle);
    assertThatThrownBy(() -> registry.lease(handle))
        .isInstanceOf(StaleHandleException.class)
        .hasMessageContaining("freed by C");
    long successor = registry.adopt(block, freed::add, "same address");
    registry.release(handle);
    registry.release(handle);
    assertThatThrownBy(() -> registry.release(handle)).isInstanceOf(DoubleReleaseException.class);
    assertThat(freed).isEmpty();
    assertThat(registry.isLive(successor)).isTrue();
    long own = registry.allocate(8, "own");
    assertThatThrownBy(() -> registry.markFreedByC(own))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aDeallocatorThatThrowsIsReportedAndTheSlotIsFreeAgain() {
    MemorySegment block = Arena.ofAuto().allocate(32);
    RuntimeException cause = new IllegalStateException("library refused");
    long handle =
        registry.adopt(
            block,
            _ -> {
              throw cause;
            },
            "row");
    assertThatThrownBy(() -> registry.release(handle))
        .isInstanceOf(DeallocationFailedException.class)
        .hasCause(cause);
    assertThat(registry.blocks()).isZero();
    assertThat(Handles.slot(registry.adopt(Arena.ofAuto().allocate(8), freed::add, "x")))
        .isEqualTo(Handles.slot(handle));
  }

  @Test
  void aDeallocatorMayReleaseAnotherBlockButNotItsOwn() {
    long child = registry.adopt(Arena.ofAuto().allocate(8), freed::add, "child");
    long[] parent = new long[1];
    List<RuntimeException> refused = new ArrayList<>();
    parent[0] =
        registry.adopt(
            Arena.ofAuto().allocate(8),
            _ -> {
              registry.release(child);
              try {
                registry.release(parent[0]);
              } catch (DoubleReleaseException e) {
                refused.add(e);
              }
            },
            "parent");
    registry.release(parent[0]);
    assertThat(freed).hasSize(1);
    assertThat(refused).hasSize(1);
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void badArgumentsAreRefusedAndLoseNothing() {
    assertThatThrownBy(() -> registry.allocate(0, "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("byteSize=0");
    assertThatThrownBy(() -> registry.allocate(-8, "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> registry.adopt(MemorySegment.ofAddress(16), freed::add, "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("reinterpret");
    assertThatThrownBy(() -> registry.adopt(MemorySegment.ofArray(new byte[8]), freed::add, "heap"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("native");
    assertThatThrownBy(() -> registry.allocate(Long.MAX_VALUE / 2, "huge"))
        .isInstanceOfAny(OutOfMemoryError.class, IllegalArgumentException.class);
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void aLargeBlockHasMemoryOfItsOwn() {
    long handle = registry.allocate(3 << 20, "large");
    Lease lease = registry.lease(handle);
    lease.setByte((3 << 20) - 1, (byte) 1);
    assertThat(lease.getByte((3 << 20) - 1)).isEqualTo((byte) 1);
    registry.release(handle);
    lease.close();
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void closeFreesEverythingAndWaitsForLeases() {
    Registry closing = Registry.create(Tracking.OFF);
    closing.adopt(Arena.ofAuto().allocate(8), freed::add, "row");
    long leased = closing.allocate(8, "leased");
    Lease lease = closing.lease(leased);
    closing.close();
    closing.close();
    assertThat(freed).hasSize(1);
    lease.setLong(0, 5);
    assertThat(lease.getLong(0)).isEqualTo(5);
    assertThat(closing.blocks()).isEqualTo(1);
    lease.close();
    assertThat(closing.blocks()).isZero();
    assertThatThrownBy(() -> closing.allocate(8, "late"))
        .isInstanceOf(RegistryClosedException.class);
    assertThatThrownBy(() -> closing.lease(leased))
        .isInstanceOf(StaleHandleException.class)
        .hasMessageContaining("registry closed");
  }

  @Test
  void closeRunsEveryDeallocatorAlsoAfterOneThrew() {
    Registry closing = Registry.create(Tracking.OFF);
    for (int i = 0; i < 3; i++) {
      closing.adopt(
          Arena.ofAuto().allocate(8),
          block -> {
            freed.add(block);
            throw new IllegalStateException("refused");
          },
          "row");
    }
    assertThatThrownBy(closing::close)
        .isInstanceOf(DeallocationFailedException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
    assertThat(freed).hasSize(3);
    assertThat(closing.blocks()).isZero();
  }

  @Test
  void aSlotIsRetiredBeforeItsGenerationRunsOut() {
    long handle = Handles.of(1, Handles.GENERATION_MASK, 5);
    assertThat(Handles.generation(handle)).isEqualTo(Handles.GENERATION_MASK);
    assertThat(Handles.slot(handle)).isEqualTo(5);
    assertThat(Handles.registry(handle)).isEqualTo(1);
    long word = SlotTable.word(Handles.GENERATION_MASK, SlotTable.LIVE, 3, 9);
    assertThat(SlotTable.generation(word)).isEqualTo(Handles.GENERATION_MASK);
    assertThat(SlotTable.state(word)).isEqualTo(SlotTable.LIVE);
    assertThat(SlotTable.leases(word)).isEqualTo(3);
    assertThat(SlotTable.references(word)).isEqualTo(9);
    assertThat(SlotTable.state(SlotTable.withState(word, SlotTable.DYING)))
        .isEqualTo(SlotTable.DYING);
  }

  @Test
  void countsThatWouldOverflowAreRefused() {
    long handle = registry.allocate(8, "x");
    for (int i = 1; i < SlotTable.MAX_REFERENCES; i++) {
      registry.retain(handle);
    }
    assertThatThrownBy(() -> registry.retain(handle)).isInstanceOf(IllegalStateException.class);
    List<Lease> leases = new ArrayList<>();
    for (int i = 0; i < SlotTable.MAX_LEASES; i++) {
      leases.add(registry.lease(handle));
    }
    assertThatThrownBy(() -> registry.lease(handle)).isInstanceOf(IllegalStateException.class);
    leases.forEach(Lease::close);
    for (int i = 0; i < SlotTable.MAX_REFERENCES; i++) {
      registry.release(handle);
    }
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void theTrackingPropertyMustBeALevel() {
    System.setProperty(Tracking.PROPERTY, "loud");
    try {
      assertThatThrownBy(Registry::create)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("lifebound.tracking=loud");
      System.setProperty(Tracking.PROPERTY, "Full");
      Registry.create().close();
    } finally {
      System.clearProperty(Tracking.PROPERTY);
    }
  }
}
