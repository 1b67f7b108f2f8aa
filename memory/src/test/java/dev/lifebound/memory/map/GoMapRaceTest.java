package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The tests of Go's runtime and race detector that let two threads use a map as they must not, each
 * under the name it has there. Overlaps are arranged: a codec waits in the midst of one thread's
 * write. In loops, as there, they are in {@link MisuseTest}.
 */
class GoMapRaceTest {
  /** Waits in the midst of writing a value that is negative. */
  private static final class Waiting implements Codec<Long> {
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    @Override
    public int fixedBytes() {
      return 2 * Long.BYTES;
    }

    @Override
    public void write(Long value, MemorySegment target, long offset) {
      if (value < 0) {
        inside.countDown();
        try {
          go.await();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
      target.set(JAVA_LONG_UNALIGNED, offset, value);
      target.set(JAVA_LONG_UNALIGNED, offset + Long.BYTES, value);
    }

    @Override
    public Long read(MemorySegment source, long offset, int byteSize) {
      return source.get(JAVA_LONG_UNALIGNED, offset);
    }
  }

  private static Arguments pair(String name, Consumer<NativeMap<Long, Long>> use) {
    return Arguments.of(name, use);
  }

  static Stream<Arguments> pairsWithAWrite() {
    return Stream.of(
        pair("read", map -> map.get(1L)),
        pair("comma-ok", map -> map.find(1L)),
        pair("write", map -> map.put(2L, 2L)),
        pair("write of the same key", map -> map.put(1L, 2L)),
        pair("write if absent", map -> map.putIfAbsent(3L, 3L)),
        pair("operator", map -> map.merge(1L, 1L, Long::sum)),
        pair("delete", map -> map.remove(1L)),
        pair("delete of a missing key", map -> map.remove(9L)),
        pair("length", NativeMap::size),
        pair("range", map -> map.forEach((_, _) -> {})),
        pair("range of keys", map -> map.asMap().keySet().forEach(_ -> {})),
        pair("clear", NativeMap::clear),
        pair("clone", NativeMap::copy),
        pair("look inside", NativeMap::inspect),
        pair("close", NativeMap::close));
  }

  /** Go's TestRaceMap…: each pair in which one side writes is told, and told whom. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("pairsWithAWrite")
  void testRaceMap(String name, Consumer<NativeMap<Long, Long>> use) throws Exception {
    assertTold(use);
  }

  @Test
  void testConcurrentMapWrites() throws Exception {
    assertTold(map -> map.put(2L, 2L));
  }

  @Test
  void testConcurrentMapReadWrite() throws Exception {
    assertTold(map -> map.get(1L));
  }

  @Test
  void testConcurrentMapIterateWrite() throws Exception {
    assertTold(map -> map.forEach((_, _) -> {}));
  }

  private static void assertTold(Consumer<NativeMap<Long, Long>> use) throws Exception {
    Waiting values = new Waiting();
    try (NativeMap<Long, Long> map = NativeMap.create(Codecs.of(Long.class), values);
        ExecutorService writer =
            Executors.newSingleThreadExecutor(Thread.ofPlatform().name("the-writer").factory())) {
      map.put(1L, 1L);
      Future<Boolean> put = writer.submit(() -> map.put(1L, -1L));
      try {
        values.inside.await();
        assertThatThrownBy(() -> use.accept(map))
            .isInstanceOf(ConcurrentUseException.class)
            .hasMessageContaining("writer=the-writer")
            .hasMessageContaining("thread=" + Thread.currentThread().getName());
      } finally {
        values.go.countDown();
      }
      // Who wrote alone, for all that the map knew, is not disturbed.
      assertThat(put.get()).isFalse();
      assertThat(map.get(1L)).isEqualTo(-1);
      assertThat(map.size()).isEqualTo(1);
      map.checkInvariants();
    }
  }

  /** Go's TestNoRaceMap…: readers, lengths and ranges beside each other are no race. */
  @Test
  void testNoRaceMap() throws Exception {
    try (NativeMap<Long, Long> map = NativeMap.create(Long.class, Long.class);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (long key = 0; key < 1_000; key++) {
        map.put(key, key);
      }
      List<Future<Long>> sums = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        sums.add(
            threads.submit(() -> {
              long[] sum = {0};
              map.forEach((key, value) -> sum[0] += map.get(key, -1L) + value + map.size());
              return sum[0];
            }));
      }
      for (Future<Long> sum : sums) {
        assertThat(sum.get()).isEqualTo(2 * 499_500L + 1_000 * 1_000);
      }
    }
  }

  /** Writers of a small map at once: told, or by luck not, and nothing else. */
  @Test
  void testConcurrentMapWritesIssue69447() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int round = 0; round < 200; round++) {
        LongLongMap map = LongLongMap.create();
        CyclicBarrier start = new CyclicBarrier(4);
        List<Future<Boolean>> told = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
          told.add(
              threads.submit(() -> {
                start.await();
                try {
                  for (long key = 0; key < 8; key++) {
                    map.put(key, key);
                  }
                  return false;
                } catch (ConcurrentUseException e) {
                  return true;
                }
              }));
        }
        for (Future<Boolean> each : told) {
          assertThat(each.get()).isIn(true, false);
        }
        map.close();
      }
    }
  }
}
