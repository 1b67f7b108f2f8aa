package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Spliterator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a function answers, or is given to merge, is the map's in any case: nothing of it leaks. */
class OwnedAnswersTest {
  record Two(@Owned long first, @Owned long second) {}

  private final Registry registry = Registry.create();

  @AfterEach
  void nothingIsLeft() {
    assertThat(registry.blocks()).isZero();
    registry.close();
  }

  private long block() {
    return registry.allocate(16, "block");
  }

  private Codec<Two> pairs() {
    return Codecs.deriving().registry(registry).of(Two.class);
  }

  private static void mergeThatThrows(Map<Long, Long> map, long present, long given) {
    map.put(1L, present);
    assertThatThrownBy(() ->
            map.merge(
                1L,
                given,
                (_, _) -> {
                  throw new IllegalArgumentException("mine");
                }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mine");
    assertThat(map).containsEntry(1L, present);
  }

  @Test
  void whatIsGivenToAMergeThatThrowsIsGivenBack() {
    try (NativeMap<Long, Long> map =
            NativeMap.create(Codecs.of(Long.class), Codecs.handle(registry));
        ConcurrentNativeMap<Long, Long> shared =
            ConcurrentNativeMap.create(Codecs.of(Long.class), Codecs.handle(registry))) {
      long given = block();
      mergeThatThrows(map.asMap(), block(), given);
      assertThat(registry.isLive(given)).isFalse();
      given = block();
      mergeThatThrows(shared.asConcurrentMap(), block(), given);
      assertThat(registry.isLive(given)).isFalse();
    }
  }

  @Test
  void mergeKeepsEachReferenceOnce() {
    try (NativeMap<Long, Long> map =
        NativeMap.create(Codecs.of(Long.class), Codecs.handle(registry))) {
      Map<Long, Long> view = map.asMap();
      long first = block();
      assertThat(view.merge(1L, first, (_, _) -> first)).isEqualTo(first);
      long second = block();
      assertThat(view.merge(1L, second, (present, _) -> present)).isEqualTo(first);
      assertThat(registry.isLive(second)).isFalse();
      long third = block();
      assertThat(view.merge(1L, third, (_, given) -> given)).isEqualTo(third);
      assertThat(registry.isLive(first)).isFalse();
      long fourth = block();
      assertThat(view.merge(1L, fourth, (_, _) -> null)).isNull();
      assertThat(registry.blocks()).isZero();
    }
  }

  @Test
  void anAnswerForAKeyWhoseBlockHasEndedIsGivenBack() {
    try (ConcurrentNativeMap<Long, Long> map =
        ConcurrentNativeMap.create(Codecs.handle(registry), Codecs.handle(registry))) {
      long key = block();
      assertThatThrownBy(() ->
              map.compute(
                  key,
                  (_, _) -> {
                    registry.release(key);
                    return block();
                  }))
          .isInstanceOf(StaleHandleException.class);
      assertThat(registry.blocks()).isZero();
      assertThat(map.isEmpty()).isTrue();
      map.checkInvariants();
    }
  }

  @Test
  void theLivePartOfAnAnswerThatIsRefusedIsGivenBack() {
    try (ConcurrentNativeMap<Long, Two> map =
        ConcurrentNativeMap.create(Codecs.of(Long.class), pairs())) {
      assertThatThrownBy(() ->
              map.compute(
                  1L,
                  (_, _) -> {
                    long stale = block();
                    registry.release(stale);
                    return new Two(block(), stale);
                  }))
          .isInstanceOf(StaleHandleException.class);
      assertThat(registry.blocks()).isZero();
      assertThat(map.isEmpty()).isTrue();
    }
  }

  private long failing(Arena arena) {
    return registry.adopt(
        arena.allocate(16),
        _ -> {
          throw new IllegalArgumentException("mine");
        },
        "failing");
  }

  @Test
  void aDeallocatorThatThrowsKeepsNoOtherReference() {
    try (Arena arena = Arena.ofShared();
        NativeMap<Long, Two> map = NativeMap.create(Codecs.of(Long.class), pairs());
        ConcurrentNativeMap<Long, Two> shared =
            ConcurrentNativeMap.create(Codecs.of(Long.class), pairs())) {
      for (Map<Long, Two> view : List.of(map.asMap(), shared.asConcurrentMap())) {
        view.put(1L, new Two(block(), block()));
        long second = block();
        Two given = new Two(failing(arena), second);
        assertThatThrownBy(() -> view.merge(1L, given, (present, _) -> present))
            .isInstanceOf(RuntimeException.class);
        assertThat(registry.isLive(second)).isFalse();
        assertThat(view).hasSize(1);
      }
    }
  }

  /** A block that ends on another thread is an end in mid-walk. */
  @Test
  void streamsOfAnOwningMapAreNotSized() {
    try (NativeMap<Long, Long> map =
            NativeMap.create(Codecs.of(Long.class), Codecs.handle(registry));
        NativeSet<Long> set = NativeSet.create(Codecs.handle(registry));
        NativeMap<Long, Long> plain = NativeMap.create(Long.class, Long.class)) {
      long[] handles = new long[10];
      for (int i = 0; i < handles.length; i++) {
        handles[i] = block();
        map.put((long) i, handles[i]);
        set.add(block());
      }
      boolean[] ended = new boolean[1];
      Object[] met =
          map.asMap().keySet().stream()
              .peek(key -> {
                if (!ended[0]) {
                  ended[0] = true;
                  for (int i = 0; i < handles.length; i++) {
                    if (i != key) {
                      registry.release(handles[i]);
                    }
                  }
                }
              })
              .toArray();
      assertThat(met).hasSizeBetween(1, 2);
      Map<Long, Long> view = map.asMap();
      assertThat(
              Stream.of(
                      view.keySet().spliterator(),
                      view.values().spliterator(),
                      view.entrySet().spliterator(),
                      set.asSet().spliterator())
                  .filter(each -> each.hasCharacteristics(Spliterator.SIZED)))
          .isEmpty();
      assertThat(plain.asMap().keySet().spliterator().hasCharacteristics(Spliterator.SIZED))
          .isTrue();
    }
  }
}
