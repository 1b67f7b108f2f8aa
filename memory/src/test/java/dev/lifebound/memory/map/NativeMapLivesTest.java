package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries and blocks share one life. */
class NativeMapLivesTest extends OwningMapFixture {
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
}
