package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.handle.DeallocationFailedException;
import dev.lifebound.memory.handle.ForeignHandleException;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.handle.Tracking;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries and blocks share one life. */
class NativeMapLivesTest {
  private final Registry registry = Registry.create(Tracking.OFF);
  private final LongAdder freed = new LongAdder();
  private final SegmentAllocator memory =
      SegmentAllocator.slicingAllocator(Arena.ofAuto().allocate(4 << 20));

  record Session(@Owned long block, String user, @Owned long buffer) {}

  @AfterEach
  void nothingIsLeft() {
    registry.close();
    assertThat(registry.blocks()).isZero();
  }

  private long block() {
    return registry.adopt(memory.allocate(16, 16), _ -> freed.increment(), "value");
  }

  private NativeMap<String, Long> texts() {
    return NativeMap.create(Codecs.of(String.class), Codecs.handle(registry));
  }

  private static long dead(NativeMap<?, ?> map) {
    return Objects.requireNonNull(map.lives).dead();
  }

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
  void whateverEndsAnEntryFreesItsBlock() {
    NativeMap<String, Long> map = texts();
    map.put("a", block());
    assertThat(map.remove("a")).isTrue();
    assertThat(freed.sum()).isEqualTo(1);
    map.put("a", block());
    map.put("a", block());
    assertThat(freed.sum()).isEqualTo(2);
    map.asMap().compute("a", (_, _) -> null);
    assertThat(freed.sum()).isEqualTo(3);
    map.put("a", block());
    map.put("b", block());
    Iterator<Map.Entry<String, Long>> entries = map.asMap().entrySet().iterator();
    entries.next();
    entries.remove();
    assertThat(freed.sum()).isEqualTo(4);
    assertThat(map.size()).isEqualTo(1);
    map.asMap().values().removeIf(_ -> true);
    assertThat(freed.sum()).isEqualTo(5);
    for (int i = 0; i < 1_000; i++) {
      map.put("key " + i, block());
    }
    map.clear();
    assertThat(freed.sum()).isEqualTo(1_005);
    map.checkInvariants();
    for (int i = 0; i < 1_000; i++) {
      map.put("key " + i, block());
    }
    map.close();
    assertThat(freed.sum()).isEqualTo(2_005);
  }

  @Test
  void aReferenceOfSomebodyElseKeepsTheBlock() {
    try (NativeMap<String, Long> map = texts()) {
      long handle = block();
      registry.retain(handle);
      map.put("a", handle);
      assertThat(map.remove("a")).isTrue();
      assertThat(registry.isLive(handle)).isTrue();
      registry.retain(handle);
      map.put("b", handle);
      registry.retain(handle);
      map.put("c", handle);
      map.remove("b");
      map.remove("c");
      assertThat(freed.sum()).isZero();
      registry.release(handle);
      assertThat(freed.sum()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theEndOfABlockIsTheEndOfItsEntry(boolean byC) {
    try (NativeMap<String, Long> map = texts()) {
      List<Long> handles = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        long handle = block();
        handles.add(handle);
        map.put("key " + i, handle);
      }
      for (int i = 0; i < 500; i += 2) {
        if (byC) {
          registry.markFreedByC(handles.get(i));
        } else {
          // The map's reference is the only one.
          registry.release(handles.get(i));
        }
        assertThat(map.get("key " + i)).isNull();
        assertThat(map.containsKey("key " + i)).isFalse();
      }
      assertThat(map.size()).isEqualTo(250);
      Map<String, Long> seen = new HashMap<>();
      map.forEach(seen::put);
      assertThat(seen).hasSize(250);
      assertThat(map.asMap()).isEqualTo(seen);
      // What is dead is new again, and writes drop the rest.
      assertThat(map.put("key 0", block())).isTrue();
      assertThat(map.size()).isEqualTo(251);
      for (int i = 0; i < 2_000; i++) {
        map.put("other", block());
      }
      assertThat(dead(map)).isLessThanOrEqualTo(map.size / 16);
      assertThat(map.size()).isEqualTo(252);
      map.checkInvariants();
      assertThat(registry.snapshot().blocks()).isEqualTo(252);
    }
  }

  @Test
  void theEndOfTheRegistryEmptiesTheMap() {
    NativeMap<Long, Long> map = NativeMap.create(Codecs.of(Long.class), Codecs.handle(registry));
    for (long i = 0; i < 1_000; i++) {
      map.put(i, block());
    }
    registry.close();
    assertThat(freed.sum()).isEqualTo(1_000);
    assertThat(map.size()).isZero();
    assertThat(map.get(7L)).isNull();
    assertThat(map.remove(7L)).isFalse();
    map.clear();
    map.checkInvariants();
    map.close();
  }

  @Test
  void theParentsEndEmptiesTheMap() {
    try (NativeMap<String, Long> map = texts()) {
      long parent = block();
      map.put("child", registry.allocateChild(parent, 16, "child"));
      registry.release(parent);
      assertThat(map.size()).isZero();
      assertThat(map.asMap()).isEmpty();
    }
  }

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

  @Test
  void theLedgerIsToldOfEntriesAsOfThoseOfABoundMap(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("test.ledger");
    try (Ledger ledger = Ledger.create(file, LedgerSettings.defaults())) {
      ledger.install();
      NativeMap<String, Long> map =
          NativeMap.builder(Codecs.of(String.class), Codecs.handle(registry))
              .name("sessions")
              .build();
      map.put("anna", block());
      map.remove("anna");
      long handle = block();
      map.put("bert", handle);
      registry.markFreedByC(handle);
      map.close();
    }
    List<LedgerEvent> events =
        LedgerFile.read(file).events().stream()
            .filter(event -> event.type() != EventType.THREAD)
            .toList();
    assertThat(events)
        .extracting(LedgerEvent::type)
        .containsExactly(
            EventType.ADOPT,
            EventType.BIND,
            EventType.UNBIND,
            EventType.FREE,
            EventType.ADOPT,
            EventType.BIND,
            EventType.FREE_BY_C,
            EventType.UNBIND);
    assertThat(events)
        .filteredOn(event -> event.type() == EventType.BIND || event.type() == EventType.UNBIND)
        .allMatch(event -> "sessions".equals(event.name()))
        .extracting(LedgerEvent::key)
        .containsExactly("anna", "anna", "bert", "bert");
  }

  /**
   * One thread writes while others end the blocks in every way there is. In the end every block was
   * freed once, by whoever it was, and the map counts right.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void endsOnOtherThreadsAreCountedRight(long seed) throws Exception {
    LongAdder made = new LongAdder();
    LongAdder freedByC = new LongAdder();
    ConcurrentLinkedQueue<Long> victims = new ConcurrentLinkedQueue<>();
    AtomicBoolean done = new AtomicBoolean();
    try (NativeMap<Long, Long> map =
            NativeMap.create(Codecs.of(Long.class), Codecs.handle(registry));
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<?>> killers = new ArrayList<>();
      for (int t = 0; t < 2; t++) {
        killers.add(
            threads.submit(() -> {
              while (!done.get() || !victims.isEmpty()) {
                Long victim = victims.poll();
                if (victim == null) {
                  Thread.onSpinWait();
                } else if (markFreedByC(victim)) {
                  freedByC.increment();
                }
              }
            }));
      }
      Random random = new Random(seed);
      for (int i = 0; i < 60_000; i++) {
        long key = random.nextInt(300);
        switch (random.nextInt(4)) {
          case 0 -> map.remove(key);
          case 1 -> {
            long handle = block();
            made.increment();
            registry.retain(handle);
            map.put(key, handle);
            map.put(key + 1_000, handle);
            victims.add(handle);
          }
          default -> {
            long handle = block();
            made.increment();
            if (random.nextBoolean()) {
              victims.add(handle);
            }
            try {
              map.put(key, handle);
            } catch (StaleHandleException e) {
              // Ended first: the reference is still ours.
              registry.release(handle);
            }
          }
        }
      }
      done.set(true);
      for (Future<?> killer : killers) {
        killer.get();
      }
      long[] live = new long[1];
      map.forEach((_, _) -> live[0]++);
      assertThat(map.size()).isEqualTo(live[0]);
      map.checkInvariants();
      map.clear();
      assertThat(dead(map)).isZero();
      assertThat(registry.blocks()).isZero();
    }
    assertThat(freed.sum() + freedByC.sum()).isEqualTo(made.sum());
  }

  private boolean markFreedByC(long victim) {
    try {
      registry.markFreedByC(victim);
      return true;
    } catch (StaleHandleException e) {
      // The map was faster.
      return false;
    }
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
}
