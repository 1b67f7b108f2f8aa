package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.handle.DeallocationFailedException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What deallocators may do with the map whose entries they end. */
class NativeMapDeallocatorsTest extends OwningMapFixture {
  @Test
  void whatADeallocatorPutsWhileTheMapIsClearedStaysOwned() {
    NativeMap<String, Long> map = texts();
    long[] fresh = new long[1];
    map.put(
        "old",
        registry.adopt(
            memory.allocate(16, 16),
            _ -> {
              fresh[0] = block();
              map.put("new", fresh[0]);
            },
            "old"));
    NativeCursor<String, Long> cursor = map.cursor();
    map.clear();
    assertThat(cursor.next()).isFalse();
    assertThat(map.containsKey("old")).isFalse();
    assertThat(registry.isLive(fresh[0])).isTrue();
    if (map.containsKey("new")) {
      assertThat(map.size()).isOne();
    } else {
      assertThat(map.size()).isZero();
    }
    map.checkInvariants();
    map.close();
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void aDeallocatorThatPutsWhileTheMapIsClosedIsRefused() {
    NativeMap<String, Long> map = texts();
    List<Throwable> refused = new ArrayList<>();
    map.put(
        "old",
        registry.adopt(
            memory.allocate(16, 16),
            _ -> {
              long fresh = block();
              assertThat(map.get("other")).isNull();
              try {
                map.put("new", fresh);
              } catch (MapClosedException e) {
                refused.add(e);
                registry.release(fresh);
              }
              // A close within the close does nothing.
              map.close();
            },
            "old"));
    map.close();
    assertThat(refused).singleElement().isInstanceOf(MapClosedException.class);
    assertThat(registry.blocks()).isZero();
    assertThat(map.isOpen()).isFalse();
  }

  @Test
  void aDeallocatorMayClearWhileTheMapIsCleared() {
    NativeMap<String, Long> map = texts();
    for (int i = 0; i < 5_000; i++) {
      boolean clears = i % 1_000 == 0;
      map.put(
          "key " + i,
          clears ? registry.adopt(memory.allocate(16, 16), _ -> map.clear(), "clears") : block());
    }
    map.clear();
    assertThat(map.size()).isZero();
    map.checkInvariants();
    map.close();
  }

  @Test
  void aDeallocatorMayUseTheMapAndMayThrow() {
    try (NativeMap<String, Long> map = texts()) {
      long handle =
          registry.adopt(
              Arena.ofAuto().allocate(16), _ -> map.put("from the deallocator", block()), "uses");
      map.put("a", handle);
      map.remove("a");
      assertThat(map.containsKey("from the deallocator")).isTrue();
      map.clear();
      long throwing =
          registry.adopt(
              Arena.ofAuto().allocate(16),
              _ -> {
                throw new IllegalStateException("no");
              },
              "throws");
      map.put("b", throwing);
      map.put("c", block());
      long before = freed.sum();
      assertThatThrownBy(map::clear).isInstanceOf(DeallocationFailedException.class);
      assertThat(map.isEmpty()).isTrue();
      assertThat(freed.sum()).isEqualTo(before + 1);
      map.checkInvariants();
    }
  }
}
