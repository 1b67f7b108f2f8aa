package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Names, parents and children, limits and the snapshot. */
class FamilyTest {
  private final Registry registry = Registry.create(Tracking.OFF);
  private final List<String> freed = new ArrayList<>();

  @AfterEach
  void countsAgree() {
    registry.checkInvariants();
    registry.close();
  }

  private Deallocator frees(String name) {
    return _ -> freed.add(name);
  }

  private static MemorySegment memory() {
    return Arena.ofAuto().allocate(16);
  }

  @Test
  void aParentTakesItsChildrenAlongAndIsFreedLast() {
    long database = registry.adopt(memory(), frees("database"), "db");
    long iterator = registry.adoptChild(database, memory(), frees("iterator"), "it");
    long grandchild = registry.adoptChild(iterator, memory(), frees("row"), "row");
    registry.release(database);
    assertThat(freed).containsExactly("row", "iterator", "database");
    for (long handle : new long[] {database, iterator, grandchild}) {
      assertThatThrownBy(() -> registry.lease(handle)).isInstanceOf(StaleHandleException.class);
    }
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void aChildThatIsBeingReadKeepsItsParentsMemory() {
    long database = registry.adopt(memory(), frees("database"), "db");
    long iterator = registry.adoptChild(database, memory(), frees("iterator"), "it");
    Lease lease = registry.lease(iterator);
    registry.release(database);
    assertThat(freed).isEmpty();
    assertThatThrownBy(() -> registry.lease(iterator)).isInstanceOf(StaleHandleException.class);
    assertThat(lease.getLong(0)).isZero();
    lease.close();
    assertThat(freed).containsExactly("iterator", "database");
  }

  @Test
  void aChildThatEndsFirstLeavesItsParentAlone() {
    long database = registry.adopt(memory(), frees("database"), "db");
    for (int i = 0; i < 3; i++) {
      registry.release(registry.adoptChild(database, memory(), frees("iterator"), "it"));
    }
    long own = registry.allocateChild(database, 32, "scratch");
    registry.release(own);
    assertThat(freed).containsExactly("iterator", "iterator", "iterator");
    assertThat(registry.isLive(database)).isTrue();
    registry.release(database);
    assertThat(freed).endsWith("database");
  }

  @Test
  void aStaleParentTakesNoChildAndTheMemoryStaysTheCallers() {
    long database = registry.adopt(memory(), frees("database"), "db");
    registry.release(database);
    MemorySegment block = memory();
    assertThatThrownBy(() -> registry.adoptChild(database, block, frees("iterator"), "it"))
        .isInstanceOf(StaleHandleException.class);
    assertThatThrownBy(() -> registry.allocateChild(database, 8, "x"))
        .isInstanceOf(StaleHandleException.class);
    assertThat(freed).containsExactly("database");
    assertThat(registry.blocks()).isZero();
    registry.release(registry.adopt(block, frees("own"), "it"));
    assertThat(freed).containsExactly("database", "own");
  }

  @Test
  void aNameBelongsToOneLiveBlock() {
    long first = registry.allocate(8, "a");
    long second = registry.allocate(8, "b");
    registry.name(first, "session");
    registry.name(first, 7);
    assertThat(registry.find("session")).isEqualTo(OptionalLong.of(first));
    assertThat(registry.find(7)).isEqualTo(OptionalLong.of(first));
    assertThat(registry.find("other")).isEmpty();
    assertThatThrownBy(() -> registry.name(second, "session"))
        .isInstanceOf(NameTakenException.class)
        .hasMessageContainingAll("name=session", "tag=a");
    registry.release(first);
    assertThat(registry.find("session")).isEmpty();
    assertThat(registry.find(7)).isEmpty();
    assertThatThrownBy(() -> registry.name(first, "late")).isInstanceOf(StaleHandleException.class);
    assertThat(registry.find("late")).isEmpty();
    registry.name(second, "session");
    assertThat(registry.find("session")).isEqualTo(OptionalLong.of(second));
  }

  @Test
  void aNameIsGoneBeforeTheMemoryIs() {
    List<OptionalLong> seen = new ArrayList<>();
    long handle = registry.adopt(memory(), _ -> seen.add(registry.find("db")), "db");
    registry.name(handle, "db");
    registry.release(handle);
    assertThat(seen).containsExactly(OptionalLong.empty());
  }

  @Test
  void limitsHoldForTheRegistryAndForTags() {
    try (Registry limited = Registry.builder().byteLimit(1_000).byteLimit("cache", 100).build()) {
      long big = limited.allocate(800, "other");
      assertThatThrownBy(() -> limited.allocate(201, "other"))
          .isInstanceOf(LimitExceededException.class)
          .hasMessageContainingAll("used=800", "limit=1000", "size=201", "tag=other");
      long cached = limited.allocate(100, "cache");
      assertThatThrownBy(() -> limited.allocate(1, "cache"))
          .isInstanceOf(LimitExceededException.class)
          .hasMessageContainingAll("used=100", "limit=100", "size=1", "tag=cache");
      MemorySegment foreign = memory();
      assertThatThrownBy(() -> limited.adopt(foreign, frees("never"), "cache"))
          .isInstanceOf(LimitExceededException.class);
      assertThat(freed).isEmpty();
      limited.release(big);
      limited.release(cached);
      limited.release(limited.allocate(100, "cache"));
      limited.release(limited.allocate(1_000, "other"));
      limited.checkInvariants();
    }
    assertThatThrownBy(() -> Registry.builder().byteLimit(0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theSnapshotCountsWhatIsThere() {
    long a = registry.allocate(100, "a");
    registry.allocate(11, "b");
    registry.allocate(11, "b");
    registry.release(a);
    assertThatThrownBy(() -> registry.lease(a)).isInstanceOf(StaleHandleException.class);
    assertThatThrownBy(() -> registry.release(a)).isInstanceOf(DoubleReleaseException.class);
    Snapshot snapshot = registry.snapshot();
    assertThat(snapshot.blocks()).isEqualTo(2);
    assertThat(snapshot.bytes()).isEqualTo(22);
    assertThat(snapshot.tags()).containsOnlyKeys("b");
    assertThat(snapshot.staleUses()).isEqualTo(1);
    assertThat(snapshot.doubleReleases()).isEqualTo(1);
  }
}
