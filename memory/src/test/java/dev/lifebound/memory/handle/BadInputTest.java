package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong arguments, throwing deallocators and calls at the wrong time: refused, nothing lost. */
class BadInputTest {
  private final Registry registry = Registry.create(Tracking.OFF);
  private final List<String> freed = new ArrayList<>();

  @AfterEach
  void nothingIsLeftBehind() {
    assertThat(registry.blocks()).isZero();
    assertThat(registry.snapshot().bytes()).isZero();
    registry.checkInvariants();
    registry.close();
  }

  private long block(String name) {
    return registry.adopt(memory(), _ -> freed.add(name), "row");
  }

  private static MemorySegment memory() {
    return Arena.ofAuto().allocate(16);
  }

  private static Deallocator throwing(String message) {
    return _ -> {
      throw new IllegalStateException(message);
    };
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void aSizeBelowOneIsRefused(long byteSize) {
    long parent = registry.allocate(8, "parent");
    BoundKeyMap<String> keys = BoundKeyMap.over(registry, new HashMap<>(), "key");
    assertThatThrownBy(() -> registry.allocate(byteSize, "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("byteSize=" + byteSize);
    assertThatThrownBy(() -> registry.allocateChild(parent, byteSize, "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> keys.allocate(byteSize, "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(keys.size()).isZero();
    assertThatThrownBy(() -> Registry.builder().byteLimit("x", byteSize))
        .isInstanceOf(IllegalArgumentException.class);
    registry.release(parent);
  }

  @ParameterizedTest
  @ValueSource(longs = {1_001, 1L << 40, Long.MAX_VALUE})
  void aSizeBeyondTheLimitIsRefusedWithoutOverflow(long byteSize) {
    try (Registry limited = Registry.builder().byteLimit(1_000).byteLimit("x", 900).build()) {
      long held = limited.allocate(500, "y");
      assertThatThrownBy(() -> limited.allocate(byteSize, "y"))
          .isInstanceOf(LimitExceededException.class)
          .hasMessageContainingAll("used=500", "limit=1000", "size=" + byteSize);
      assertThatThrownBy(() -> limited.allocate(byteSize, "x"))
          .isInstanceOf(LimitExceededException.class);
      limited.release(held);
      limited.release(limited.allocate(1_000, "y"));
      limited.checkInvariants();
    }
  }

  @Test
  void aBlockAtAnOddAddressIsReadAsItIs() {
    MemorySegment odd = Arena.ofAuto().allocate(32, 8).asSlice(3, 16);
    long handle = registry.adopt(odd, _ -> freed.add("odd"), "odd");
    try (Lease lease = registry.lease(handle)) {
      lease.setLong(1, 42);
      assertThat(lease.getLong(1)).isEqualTo(42);
      assertThatThrownBy(() -> lease.segment().get(JAVA_LONG, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
    registry.release(handle);
    assertThat(freed).containsExactly("odd");
  }

  @Test
  @SuppressWarnings("NullAway") // what a program without a null checker may do
  void nullIsRefusedAndTheMemoryStaysTheCallers() {
    long parent = registry.allocate(8, "parent");
    BoundMap<String> map = BoundMap.over(registry, new ConcurrentHashMap<>());
    assertThatThrownBy(() -> registry.adopt(memory(), null, "x"))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("deallocator");
    assertThatThrownBy(() -> registry.adoptChild(parent, memory(), null, "x"))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("deallocator");
    assertThatThrownBy(() -> registry.name(parent, null))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("name");
    assertThatThrownBy(() -> map.put(null, parent))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("key");
    assertThatThrownBy(() -> map.put("a", null))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("handle");
    assertThat(registry.blocks()).isEqualTo(1);
    registry.release(parent);
  }

  @Test
  void aDeallocatorThatThrowsInALeasesCloseIsReportedThere() {
    long handle = registry.adopt(memory(), throwing("busy"), "row");
    long other = block("other");
    Lease lease = registry.lease(handle);
    registry.release(handle);
    assertThatThrownBy(lease::close)
        .isInstanceOf(DeallocationFailedException.class)
        .hasRootCauseMessage("busy");
    registry.release(other);
    assertThat(freed).containsExactly("other");
  }

  @Test
  void aDeallocatorThatThrowsInASectionsCloseIsReportedThereAndOthersAreFreed() {
    ReadSection section = registry.read();
    registry.release(registry.adopt(memory(), throwing("first"), "row"));
    registry.release(block("second"));
    registry.release(registry.adopt(memory(), throwing("third"), "row"));
    assertThatThrownBy(section::close)
        .isInstanceOf(DeallocationFailedException.class)
        .hasRootCauseMessage("first")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(freed).containsExactly("second");
  }

  @Test
  void aChildsDeallocatorThatThrowsDoesNotKeepItsParent() {
    long parent = block("parent");
    registry.adoptChild(parent, memory(), throwing("child"), "child");
    registry.adoptChild(parent, memory(), _ -> freed.add("sibling"), "child");
    assertThatThrownBy(() -> registry.release(parent))
        .isInstanceOf(DeallocationFailedException.class)
        .hasRootCauseMessage("child");
    assertThat(freed).containsExactly("sibling", "parent");
  }

  @Test
  void aMapWhoseDeallocatorsThrowIsClearedAllTheSame() {
    BoundMap<String> map = BoundMap.over(registry, new HashMap<>());
    map.put("a", registry.adopt(memory(), throwing("a"), "row"));
    map.put("b", block("b"));
    map.put("c", registry.adopt(memory(), throwing("c"), "row"));
    assertThatThrownBy(map::close)
        .isInstanceOf(DeallocationFailedException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(map).isEmpty();
    assertThat(freed).containsExactly("b");
  }

  @Test
  void aRegistryWhoseDeallocatorsThrowIsClosedAllTheSame() {
    Registry closing = Registry.create(Tracking.OFF);
    closing.adopt(memory(), throwing("a"), "row");
    closing.adopt(memory(), _ -> freed.add("b"), "row");
    closing.adopt(
        memory(),
        _ -> {
          throw new AssertionError("an error, too");
        },
        "row");
    assertThatThrownBy(closing::close)
        .isInstanceOf(DeallocationFailedException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(freed).containsExactly("b");
    assertThat(closing.blocks()).isZero();
    closing.checkInvariants();
  }

  @Test
  void everythingIsRefusedAfterTheClose() {
    Registry closed = Registry.create(Tracking.OFF);
    long handle = closed.allocate(8, "row");
    closed.name(handle, "name");
    BoundMap<String> map = BoundMap.over(closed, new ConcurrentHashMap<>());
    closed.close();
    MemorySegment memory = memory();
    assertThatThrownBy(() -> closed.allocate(8, "late"))
        .isInstanceOf(RegistryClosedException.class);
    assertThatThrownBy(() -> closed.allocate(100_000, "late"))
        .isInstanceOf(RegistryClosedException.class);
    assertThatThrownBy(() -> closed.adopt(memory, _ -> freed.add("late"), "late"))
        .isInstanceOf(RegistryClosedException.class);
    assertThatThrownBy(() -> closed.adoptChild(handle, memory, _ -> freed.add("late"), "late"))
        .isInstanceOf(RegistryClosedException.class);
    assertThatThrownBy(() -> closed.lease(handle)).isInstanceOf(StaleHandleException.class);
    assertThatThrownBy(() -> closed.retain(handle)).isInstanceOf(StaleHandleException.class);
    assertThatThrownBy(() -> closed.release(handle)).isInstanceOf(DoubleReleaseException.class);
    assertThatThrownBy(() -> closed.markFreedByC(handle)).isInstanceOf(StaleHandleException.class);
    assertThatThrownBy(() -> closed.name(handle, "other")).isInstanceOf(StaleHandleException.class);
    assertThatThrownBy(() -> map.put("a", handle)).isInstanceOf(StaleHandleException.class);
    try (ReadSection section = closed.read()) {
      assertThatThrownBy(() -> section.getLong(handle, 0)).isInstanceOf(StaleHandleException.class);
    }
    assertThat(closed.find("name")).isEmpty();
    assertThat(closed.isLive(handle)).isFalse();
    assertThat(closed.snapshot().blocks()).isZero();
    assertThat(freed).isEmpty();
  }

  @Test
  void aDeallocatorMayReleaseAllocateAndCloseItsRegistry() {
    Registry busy = Registry.create(Tracking.OFF);
    long next = busy.adopt(memory(), _ -> freed.add("next"), "row");
    long first =
        busy.adopt(
            memory(),
            _ -> {
              freed.add("first");
              busy.release(next);
              busy.release(busy.allocate(8, "scratch"));
              busy.allocate(8, "left to the close");
              busy.close();
            },
            "row");
    busy.release(first);
    assertThat(freed).containsExactly("first", "next");
    assertThat(busy.blocks()).isZero();
    busy.checkInvariants();
  }

  /** A linked list whose nodes free each other. */
  @Test
  void releasesMayNestDeeply() {
    int nodes = 100_000;
    long next = block("last");
    for (int i = 1; i < nodes; i++) {
      long mine = next;
      next = registry.adopt(memory(), _ -> registry.release(mine), "node");
    }
    assertThat(registry.blocks()).isEqualTo(nodes);
    registry.release(next);
    assertThat(freed).containsExactly("last");
  }

  /** A chain of children, each under the one before. */
  @Test
  void aDeepFamilyGoesAtOnce() {
    long root = block("root");
    long parent = root;
    for (int depth = 0; depth < 100_000; depth++) {
      parent = registry.allocateChild(parent, 8, "node");
    }
    registry.release(root);
    assertThat(freed).containsExactly("root");
  }
}
