package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.handle.ForeignHandleException;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Where handles may stand in an entry, and who owns their references. */
class NativeMapHandlesTest extends OwningMapFixture {
  record Session(@Owned long block, String user, @Owned long buffer) {}

  @Test
  void keysMayBeHandles() {
    try (NativeMap<Long, String> map =
        NativeMap.create(Codecs.handle(registry), Codecs.of(String.class))) {
      long one = block();
      long two = block();
      map.put(one, "one");
      map.put(two, "two");
      // The key is there: the reference is not needed, and the caller has none.
      assertThat(map.put(one, "uno")).isFalse();
      assertThat(map.get(one)).isEqualTo("uno");
      registry.markFreedByC(two);
      assertThat(map.get(two)).isNull();
      assertThat(map.size()).isEqualTo(1);
      assertThat(map.remove(one)).isTrue();
      assertThat(freed.sum()).isEqualTo(1);
      assertThat(map.isEmpty()).isTrue();
    }
  }

  @Test
  void aValueChangedInPlaceBesideAHandleIsStored() {
    try (NativeMap<Long, byte[]> map =
        NativeMap.create(Codecs.handle(registry), Codecs.of(byte[].class))) {
      long key = block();
      map.put(key, new byte[] {1});
      byte[] answered =
          map.asMap()
              .compute(
                  key,
                  (_, value) -> {
                    Objects.requireNonNull(value)[0] = 2;
                    return value;
                  });
      assertThat(answered).containsExactly(2);
      assertThat(map.get(key)).containsExactly(2);
      assertThat(registry.isLive(key)).isTrue();
      map.checkInvariants();
    }
    assertThat(freed.sum()).isEqualTo(1);
  }

  /** Many times, since the one that ends may be the first that comes. */
  @RepeatedTest(20)
  void aNaNWhoseBlockHasEndedIsNotIteratedAfterAChange() {
    try (NativeMap<Double, Long> map =
        NativeMap.create(Codecs.of(Double.class), Codecs.handle(registry))) {
      long ended = block();
      map.put(Double.NaN, ended);
      map.put(Double.NaN, block());
      map.put(1.0, block());
      NativeCursor<Double, Long> cursor = map.cursor();
      assertThat(cursor.next()).isTrue();
      int left = cursor.value() == ended ? 2 : 1;
      registry.markFreedByC(ended);
      map.put(2.0, block());
      for (; cursor.next(); left--) {
        assertThat(registry.isLive(cursor.value())).isTrue();
      }
      assertThat(left).isZero();
      assertThat(map.size()).isEqualTo(3);
      map.checkInvariants();
    }
  }

  @Test
  void elementsMayBeHandles() {
    try (NativeSet<Long> set = NativeSet.create(Codecs.handle(registry))) {
      long handle = block();
      assertThat(set.add(handle)).isTrue();
      registry.markFreedByC(handle);
      assertThat(set.contains(handle)).isFalse();
      assertThat(set.size()).isZero();
      set.add(block());
      set.asSet().clear();
      assertThat(freed.sum()).isEqualTo(1);
    }
  }

  @Test
  void recordsMayHaveHandles() {
    Codec<Session> codec = Codecs.deriving().registry(registry).of(Session.class);
    try (NativeMap<Integer, Session> map = NativeMap.create(Codecs.of(Integer.class), codec)) {
      for (int i = 0; i < 100; i++) {
        map.put(i, new Session(block(), "user " + i, block()));
      }
      map.put(0, new Session(block(), "user", block()));
      assertThat(freed.sum()).isEqualTo(2);
      registry.markFreedByC(map.find(1).orElseThrow().buffer());
      // The entry is gone for whoever asks; its other block goes when the entry is dropped.
      assertThat(map.get(1)).isNull();
      assertThat(map.size()).isEqualTo(99);
      long both = map.find(2).orElseThrow().block();
      registry.markFreedByC(map.find(2).orElseThrow().buffer());
      registry.markFreedByC(both);
      assertThat(map.size()).isEqualTo(98);
      assertThat(map.remove(1)).isFalse();
      assertThat(freed.sum()).isEqualTo(3);
      map.remove(3);
      assertThat(freed.sum()).isEqualTo(5);
      map.checkInvariants();
    }
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void aStaleHandleIsRefusedAndNothingChanges() {
    try (NativeMap<String, Long> map = texts()) {
      long stale = block();
      registry.release(stale);
      long live = block();
      map.put("a", live);
      assertThatThrownBy(() -> map.put("a", stale)).isInstanceOf(StaleHandleException.class);
      assertThatThrownBy(() -> map.put("b", stale)).isInstanceOf(StaleHandleException.class);
      assertThat(map.get("a")).isEqualTo(live);
      assertThat(map.size()).isEqualTo(1);
      try (Registry other = Registry.create(Tracking.OFF)) {
        long foreign = other.allocate(8, "foreign");
        assertThatThrownBy(() -> map.put("b", foreign)).isInstanceOf(ForeignHandleException.class);
      }
      map.checkInvariants();
    }
  }

  @Test
  void aHandleIsTheCallersWhenTheMapIsFull() {
    NativeMap<Long, Long> map =
        NativeMap.builder(Codecs.of(Long.class), Codecs.handle(registry))
            .limitBytes(16 << 10)
            .build();
    long[] last = new long[1];
    assertThatThrownBy(
            () -> {
              for (long i = 0; ; i++) {
                last[0] = block();
                map.put(i, last[0]);
              }
            })
        .isInstanceOf(MapFullException.class);
    long size = map.size();
    assertThat(registry.isLive(last[0])).isTrue();
    registry.release(last[0]);
    assertThat(freed.sum()).isEqualTo(1);
    map.close();
    assertThat(freed.sum()).isEqualTo(size + 1);
  }

  @Test
  void functionsAnswersAreTheMapsInAnyCase() {
    try (NativeMap<String, Long> map = texts()) {
      Map<String, Long> view = map.asMap();
      long one = view.computeIfAbsent("a", _ -> block());
      assertThat(view.compute("a", (_, present) -> present)).isEqualTo(one);
      assertThat(registry.isLive(one)).isTrue();
      assertThat(view.merge("a", block(), (present, _) -> present)).isEqualTo(one);
      assertThat(freed.sum()).isEqualTo(1);
      long two = block();
      assertThat(view.merge("a", two, (_, given) -> given)).isEqualTo(two);
      assertThat(freed.sum()).isEqualTo(2);
      view.replaceAll((_, present) -> present);
      assertThat(registry.isLive(two)).isTrue();
      assertThat(view.merge("a", block(), (_, _) -> null)).isNull();
      assertThat(freed.sum()).isEqualTo(4);
      assertThat(view).isEmpty();
    }
  }

  @Test
  void aCopyHasReferencesOfItsOwn() {
    NativeMap<String, Long> map = texts();
    long handle = block();
    map.put("a", handle);
    NativeMap<String, Long> copy = map.copy();
    map.close();
    assertThat(copy.get("a")).isEqualTo(handle);
    assertThat(freed.sum()).isZero();
    copy.close();
    assertThat(freed.sum()).isEqualTo(1);
  }

  @Test
  void memoryOfARowMayBeAValue() {
    try (NativeMap<Long, Long> map =
        NativeMap.create(Codecs.of(Long.class), Codecs.handle(registry))) {
      for (long i = 0; i < 10_000; i++) {
        map.put(i, registry.allocate(64, "row"));
      }
      for (long i = 0; i < 10_000; i++) {
        assertThat(registry.isLive(map.find(i).orElseThrow())).isTrue();
      }
      MemorySegment copy = map.read(5L, MemorySegment::asReadOnly).orElseThrow();
      assertThat(copy.byteSize()).isEqualTo(8);
    }
    assertThat(registry.blocks()).isZero();
  }

  /** Pages of the closed registry now have fewer and larger blocks, or objects that hold them. */
  @Test
  void entriesOfAClosedRegistryLeaveWhoeverHasItsPages() {
    try (NativeMap<Long, Long> map =
        NativeMap.create(Codecs.of(Long.class), Codecs.handle(registry))) {
      for (long i = 0; i < 1_000; i++) {
        map.put(i, registry.allocate(16, "row"));
      }
      registry.close();
      try (Registry other = Registry.create(Tracking.OFF)) {
        for (int i = 0; i < 16; i++) {
          assertThat(other.allocate(64 << 10, "large")).isNotZero();
        }
        for (long i = 0; i < 1_000; i++) {
          assertThat(map.remove(i)).isFalse();
        }
        map.checkInvariants();
        assertThat(other.blocks()).isEqualTo(16);
      }
    }
  }
}
