package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Iterator;
import java.util.Spliterator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Iterations of every form end with the exception once the map is closed, also within a table. */
class ClosedMeanwhileTest {
  private static final int KEYS = 5;
  private static final int MANY = 200;

  @Test
  void cursorsOfWords() {
    LongLongMap map = LongLongMap.create();
    for (long key = 0; key < KEYS; key++) {
      map.put(key, key);
    }
    LongLongCursor cursor = map.cursor();
    Iterator<Long> keys = map.asMap().keySet().iterator();
    assertThat(cursor.next()).isTrue();
    keys.next();
    map.close();
    assertThatThrownBy(cursor::next).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(keys::next).isInstanceOf(MapClosedException.class);
  }

  @Test
  void cursorsOfCells() {
    NativeMap<String, Long> map = NativeMap.create(String.class, Long.class);
    for (long key = 0; key < KEYS; key++) {
      map.put("key " + key, key);
    }
    NativeCursor<String, Long> cursor = map.cursor();
    Iterator<Long> values = map.asMap().values().iterator();
    assertThat(cursor.next()).isTrue();
    values.next();
    map.close();
    assertThatThrownBy(cursor::next).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(values::next).isInstanceOf(MapClosedException.class);
  }

  @Test
  void actionsThatClose() {
    LongLongMap words = LongLongMap.create();
    PresizedLongLongMap presized = PresizedLongLongMap.of(KEYS);
    ConcurrentLongLongMap shared = ConcurrentLongLongMap.create();
    for (long key = 0; key < MANY; key++) {
      words.put(key, key);
      shared.put(key, key);
    }
    for (long key = 0; key < KEYS; key++) {
      presized.put(key, key);
    }
    closesOnce(words::forEach, words::close);
    closesOnce(presized::forEach, presized::close);
    closesOnce(shared::forEach, shared::close);
  }

  /** The action is called for one entry, whatever its table has. */
  private static void closesOnce(Consumer<LongLongConsumer> forEach, Runnable close) {
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() ->
            forEach.accept((_, _) -> {
              calls.incrementAndGet();
              close.run();
            }))
        .isInstanceOf(MapClosedException.class);
    assertThat(calls).hasValue(1);
  }

  @Test
  void iterationsOfAConcurrentMap() {
    // Enough for several entries in each table: each iteration is tried from its start.
    for (int steps = 1; steps < MANY; steps += 7) {
      ConcurrentNativeMap<String, Long> map =
          ConcurrentNativeMap.create(Codecs.of(String.class), Codecs.of(Long.class));
      for (long key = 0; key < MANY; key++) {
        map.put("key " + key, key);
      }
      Iterator<String> keys = map.asConcurrentMap().keySet().iterator();
      Spliterator<Long> values = map.asConcurrentMap().values().spliterator();
      for (int i = 0; i < steps; i++) {
        keys.next();
        assertThat(values.tryAdvance(_ -> {})).isTrue();
      }
      map.close();
      assertThatThrownBy(keys::next).isInstanceOf(MapClosedException.class);
      assertThatThrownBy(() -> values.tryAdvance(_ -> {})).isInstanceOf(MapClosedException.class);
    }
  }

  @Test
  void whatAMapSaysOfItselfItSaysClosed() {
    NativeSet<String> set = NativeSet.create(String.class);
    set.add("one");
    set.close();
    assertThat(set)
        .extracting(NativeSet::toString)
        .asString()
        .startsWith("NativeSet[name=set")
        .endsWith("size=1]");
  }
}
