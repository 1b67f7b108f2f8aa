package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Defects that a review found, each with the input that showed it. */
class ReviewedDefectsTest {
  private final List<String> freed = new ArrayList<>();

  private static MemorySegment memory() {
    return Arena.ofAuto().allocate(16);
  }

  private Deallocator frees(String name) {
    return _ -> freed.add(name);
  }

  private static Deallocator throwing() {
    return _ -> {
      throw new IllegalStateException("refused");
    };
  }

  @Test
  void aChildWhoseEndThrowsDoesNotKeepAGivenParent() {
    Registry registry = Registry.create(Tracking.OFF);
    Foreign foreign = Foreign.of(registry, frees("unused"), "foreign");
    long parent = registry.adopt(memory(), frees("parent"), "parent");
    registry.adoptChild(parent, memory(), throwing(), "child");
    assertThatThrownBy(() -> foreign.given(parent, _ -> freed.add("given")))
        .isInstanceOf(DeallocationFailedException.class);
    assertThat(freed).containsExactly("parent");
    assertThat(registry.blocks()).isZero();
    registry.close();
  }

  @RepeatedTest(100)
  void aBlockWhoseChildWaitsForAReadSectionCanBeGivenAway() throws Exception {
    Registry registry = Registry.create(Tracking.OFF);
    Foreign foreign = Foreign.of(registry, frees("unused"), "foreign");
    long parent = registry.adopt(memory(), frees("parent"), "parent");
    registry.adoptChild(parent, memory(), frees("child"), "child");
    ReadSection section = registry.read();
    Thread giver = new Thread(() -> foreign.given(parent, _ -> freed.add("given")));
    giver.start();
    while (registry.isLive(parent)) {
      Thread.onSpinWait();
    }
    section.close();
    giver.join();
    assertThat(freed).containsExactly("child", "given");
    assertThat(registry.blocks()).isZero();
    registry.close();
  }

  @Test
  void oneFailingBlockDoesNotKeepABoundKeyMapFromClosing() {
    Registry registry = Registry.create(Tracking.OFF);
    BoundKeyMap<String> map = BoundKeyMap.over(registry, new HashMap<>(), "key");
    for (int i = 0; i < 10; i++) {
      registry.adoptChild(map.allocate(8, "v"), memory(), throwing(), "child");
    }
    assertThatThrownBy(map::close)
        .isInstanceOf(DeallocationFailedException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(9));
    assertThat(map.size()).isZero();
    assertThat(registry.blocks()).isZero();
    registry.close();
  }

  @Test
  void aLeaseWhoseSegmentIsInUseStaysOpenAndClosesLater() throws Exception {
    Registry registry = Registry.create(Tracking.OFF);
    long handle = registry.allocate(16, "x");
    Lease lease = registry.lease(handle);
    assertThat(lease.segment().byteSize()).isEqualTo(16);
    List<RuntimeException> refused = new ArrayList<>();
    Thread other =
        new Thread(() -> {
          try {
            lease.close();
          } catch (WrongThreadException e) {
            refused.add(e);
          }
        });
    other.start();
    other.join();
    assertThat(refused).hasSize(1);
    registry.release(handle);
    lease.close();
    assertThat(registry.blocks()).isZero();
    registry.close();
  }

  @Test
  void aSectionWarningThatThrowsOrUsesTheRegistryHarmsNobody() {
    List<Registry> self = new ArrayList<>();
    List<LongSection> reports = new ArrayList<>();
    Registry registry =
        Registry.builder()
            .sectionWarning(
                Duration.ZERO,
                report -> {
                  reports.add(report);
                  Registry own = self.getFirst();
                  own.release(own.allocate(8, "from the listener"));
                  throw new IllegalStateException("listener");
                })
            .build();
    self.add(registry);
    try (ReadSection _ = registry.read()) {
      for (int i = 0; i < 3; i++) {
        registry.release(registry.allocate(8, "x"));
      }
    }
    assertThat(reports).hasSize(1);
    assertThat(registry.blocks()).isZero();
    registry.close();
  }

  @Test
  void theAddressOfABlockFreedByCIsForgottenWhoeverIsLast() {
    Registry registry = Registry.create(Tracking.OFF);
    MemorySegment block = memory();
    long handle = registry.adopt(block, frees("never"), "row");
    registry.markFreedByC(handle);
    registry.release(handle);
    registry.release(registry.adopt(block, frees("again"), "row"));
    assertThat(freed).containsExactly("again");
    registry.close();
  }
}
