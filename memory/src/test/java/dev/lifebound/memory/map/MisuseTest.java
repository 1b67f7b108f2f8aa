package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two threads use a map as they must not, in loops that are compiled, until one of them is told. A
 * test that is never told runs into its time limit.
 */
@Timeout(120)
class MisuseTest {
  private static final int KEYS = 100_000;

  @FunctionalInterface
  private interface Use {
    void of(LongLongMap map, long step);
  }

  @Test
  void readingWhileAnotherWritesIsTold() throws Exception {
    ConcurrentUseException told =
        provoke(
            (map, step) -> map.get(step % KEYS, -1),
            (map, step) -> map.put(step * 31 % KEYS, step));
    assertThat(told).hasMessageContaining("thread=").hasMessageContaining("writer=");
    assertThat(told.getMessage()).contains("misuse-one").contains("misuse-two");
  }

  @Test
  void writingWhileAnotherWritesIsTold() throws Exception {
    ConcurrentUseException told =
        provoke(
            (map, step) -> map.put(step % KEYS, step), (map, step) -> map.remove(step * 31 % KEYS));
    assertThat(told.getMessage()).contains("operation=write");
  }

  @Test
  void iteratingWhileAnotherWritesIsTold() throws Exception {
    ConcurrentUseException told =
        provoke(
            (map, step) -> map.forEach((key, value) -> {}),
            (map, step) -> map.put(step * 31 % KEYS, step));
    assertThat(told.getMessage()).contains("map=misused");
  }

  @Test
  void growthUnderAReaderIsTold() throws Exception {
    provoke((map, step) -> map.get(step % KEYS, -1), (map, step) -> map.put(step, step));
  }

  @Test
  void inspectingWhileAnotherWritesAndClearsIsTold() throws Exception {
    ConcurrentUseException told =
        provoke(
            (map, step) -> {
              MapInspection inspected = map.inspect();
              assertThat(inspected.name()).isEqualTo("misused");
            },
            (map, step) -> {
              map.put(step, step);
              if (step % KEYS == 0) {
                map.clear();
              }
            });
    assertThat(told.getMessage()).contains("map=misused");
  }

  @Test
  void twoWritersOfAPresizedMapAreToldAndEnd() throws Exception {
    for (int round = 0; round < 50; round++) {
      PresizedLongLongMap map = PresizedLongLongMap.of(6, "misused", round);
      Use use =
          (_, step) -> {
            if (step % 2 == 0) {
              map.put(step / 2 % 9, step);
            } else {
              map.remove(step * 7 % 9);
            }
          };
      Use refused =
          (none, step) -> {
            try {
              use.of(none, step);
            } catch (MapFullException e) {
              // Of nine keys the map takes six.
              assertThat(e).hasMessageContaining("map=misused");
            }
          };
      ConcurrentUseException told = provoke(refused, refused);
      assertThat(told.getMessage()).contains("map=misused");
    }
  }

  /** Runs both until one throws what it must; anything else that is thrown fails the test. */
  private static ConcurrentUseException provoke(Use one, Use two) throws InterruptedException {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<@Nullable ConcurrentUseException> told = new AtomicReference<>();
    AtomicReference<@Nullable Throwable> wrong = new AtomicReference<>();
    LongLongMap map = LongLongMap.builder().name("misused").build();
    for (long key = 0; key < KEYS; key++) {
      map.put(key, key);
    }
    CountDownLatch both = new CountDownLatch(2);
    Thread first = loop("misuse-one", map, one, stop, told, wrong, both);
    Thread second = loop("misuse-two", map, two, stop, told, wrong, both);
    first.join();
    second.join();
    assertThat(wrong.get()).isNull();
    return Objects.requireNonNull(told.get());
  }

  private static Thread loop(
      String name,
      LongLongMap map,
      Use use,
      AtomicBoolean stop,
      AtomicReference<@Nullable ConcurrentUseException> told,
      AtomicReference<@Nullable Throwable> wrong,
      CountDownLatch both) {
    return Thread.ofPlatform()
        .name(name)
        .start(() -> {
          try {
            both.countDown();
            both.await();
            for (long step = 0; !stop.get(); step++) {
              use.of(map, step);
            }
          } catch (ConcurrentUseException e) {
            told.compareAndSet(null, e);
          } catch (Throwable e) {
            wrong.compareAndSet(null, e);
          } finally {
            stop.set(true);
          }
        });
  }

  @Test
  void manyReadersAreNoMisuse() throws Exception {
    try (LongLongMap map = LongLongMap.create()) {
      for (long key = 0; key < KEYS; key++) {
        map.put(key, key);
      }
      AtomicReference<@Nullable Throwable> wrong = new AtomicReference<>();
      Thread[] readers = new Thread[4];
      for (int i = 0; i < readers.length; i++) {
        readers[i] =
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    for (long key = 0; key < KEYS; key++) {
                      assertThat(map.get(key, -1)).isEqualTo(key);
                    }
                    long[] sum = {0};
                    map.forEach((key, value) -> sum[0] += value);
                    assertThat(sum[0]).isEqualTo((long) KEYS * (KEYS - 1) / 2);
                  } catch (Throwable e) {
                    wrong.set(e);
                  }
                });
      }
      for (Thread reader : readers) {
        reader.join();
      }
      assertThat(wrong.get()).isNull();
    }
  }

  @Test
  void closingUnderReadersEndsThemWithTheException() throws Exception {
    for (int round = 0; round < 20; round++) {
      LongLongMap map = LongLongMap.create();
      for (long key = 0; key < 10_000; key++) {
        map.put(key, key);
      }
      AtomicReference<@Nullable Throwable> end = new AtomicReference<>();
      CountDownLatch reading = new CountDownLatch(1);
      Thread reader =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  for (long step = 0; ; step++) {
                    if (map.get(step % 10_000, -1) != step % 10_000) {
                      throw new AssertionError("a wrong value must not be read: step=" + step);
                    }
                    if (step == 5_000) {
                      reading.countDown();
                    }
                  }
                } catch (Throwable e) {
                  end.set(e);
                }
              });
      reading.await();
      map.close();
      reader.join();
      // Whoever reads in the moment of the close is told that another thread is at work.
      assertThat(end.get()).isInstanceOfAny(MapClosedException.class, ConcurrentUseException.class);
      assertThatThrownBy(() -> map.get(1)).isInstanceOf(MapClosedException.class);
    }
  }

  @Test
  void aMapMayBeHandedOver() throws Exception {
    try (LongLongMap map = LongLongMap.create()) {
      map.put(1, 1);
      Thread other = Thread.ofPlatform().start(() -> map.put(2, 2));
      other.join();
      map.put(3, 3);
      assertThat(map.size()).isEqualTo(3);
    }
  }

  /** What a full stack in the midst of a write leaves behind. */
  @Test
  void aMarkWithoutAWriterHoldsUpNobodyAndGoesWithTheNextWrite() {
    try (LongLongMap map = LongLongMap.create();
        NativeMap<Long, Long> typed = NativeMap.create(Long.class, Long.class)) {
      map.put(1, 10);
      typed.put(1L, 10L);
      for (Engine engine : new Engine[] {map, typed}) {
        for (long[] leaf : engine.root) {
          for (int i = 1; i < leaf.length; i++) {
            Engine.markBusy(leaf, i, leaf[i]);
          }
        }
      }
      assertThat(map.get(1)).isEqualTo(10);
      assertThat(typed.get(1L)).isEqualTo(10);
      assertThat(map.asMap()).containsOnlyKeys(1L);
      assertThat(typed.asMap()).containsOnlyKeys(1L);
      map.put(2, 20);
      map.remove(1);
      typed.put(1L, 11L);
      assertThat(map.get(2)).isEqualTo(20);
      assertThat(typed.get(1L)).isEqualTo(11);
      map.checkInvariants();
      typed.checkInvariants();
    }
  }
}
