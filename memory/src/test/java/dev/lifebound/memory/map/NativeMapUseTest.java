package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Zero-copy reads, bad input, misuse, and the arena of variable keys and values. */
class NativeMapUseTest {
  // Zero-copy.

  @Test
  void aValueIsReadWhereItIs() {
    try (NativeMap<Long, byte[]> map = NativeMap.create(Long.class, byte[].class)) {
      map.put(1L, new byte[] {1, 2, 3});
      assertThat(map.read(1L, segment -> segment.get(JAVA_BYTE, 1) + segment.byteSize()))
          .contains(5L);
      assertThat(map.read(2L, MemorySegment::byteSize)).isEmpty();
      assertThatThrownBy(() ->
              map.read(
                  1L,
                  segment -> {
                    segment.set(JAVA_BYTE, 0, (byte) 1);
                    return null;
                  }))
          .isInstanceOf(IllegalArgumentException.class);
    }
    try (NativeMap<Long, Long> map = NativeMap.create(Long.class, Long.class)) {
      map.put(1L, 42L);
      assertThat(map.read(1L, segment -> segment.get(JAVA_LONG_UNALIGNED, 0))).contains(42L);
    }
  }

  @Test
  void aWriteInsideTheCallbackIsRefused() {
    try (NativeMap<Long, byte[]> map = NativeMap.create(Long.class, byte[].class)) {
      map.put(1L, new byte[] {1});
      assertThatThrownBy(() -> map.read(1L, _ -> map.put(2L, new byte[0])))
          .isInstanceOf(MapInUseException.class)
          .hasMessageContaining("lent=1");
      assertThatThrownBy(() -> map.read(1L, _ -> map.remove(1L)))
          .isInstanceOf(MapInUseException.class);
      assertThat(map.read(1L, _ -> map.find(1L).orElseThrow()).orElseThrow()).containsExactly(1);
      assertThat(map.put(2L, new byte[0])).isTrue();
    }
  }

  @Test
  void aLeaseHoldsOffWritesAndCloseUntilItIsClosed() {
    NativeMap<Long, byte[]> map = NativeMap.create(Long.class, byte[].class);
    map.put(1L, new byte[] {1});
    ValueLease lease = map.lease(1L).orElseThrow();
    assertThat(lease.segment().toArray(JAVA_BYTE)).containsExactly(1);
    assertThatThrownBy(() -> map.put(1L, new byte[0])).isInstanceOf(MapInUseException.class);
    assertThatThrownBy(map::clear).isInstanceOf(MapInUseException.class);
    assertThatThrownBy(map::close).isInstanceOf(MapInUseException.class);
    lease.close();
    lease.close();
    assertThatThrownBy(lease::segment)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("lease it again");
    assertThat(map.lease(7L)).isEmpty();
    map.put(1L, new byte[0]);
    map.close();
  }

  // Bad input.

  @Test
  @SuppressWarnings("NullAway") // what is tested
  void nullsAreRefused() {
    try (NativeMap<String, String> map = NativeMap.create(String.class, String.class)) {
      assertThatThrownBy(() -> map.put(null, "a")).isInstanceOf(NullPointerException.class);
      assertThatThrownBy(() -> map.put("a", null)).isInstanceOf(NullPointerException.class);
      assertThatThrownBy(() -> map.get(null)).isInstanceOf(NullPointerException.class);
      assertThatThrownBy(() -> map.remove(null)).isInstanceOf(NullPointerException.class);
      assertThatThrownBy(() -> map.asMap().get(null)).isInstanceOf(NullPointerException.class);
      assertThat(map.isEmpty()).isTrue();
      map.checkInvariants();
    }
  }

  @Test
  void useAfterCloseIsRefused() {
    NativeMap<String, Long> map = NativeMap.create(String.class, Long.class);
    map.put("a", 1L);
    NativeCursor<String, Long> cursor = map.cursor();
    map.close();
    map.close();
    assertThat(map.isOpen()).isFalse();
    assertThatThrownBy(() -> map.get("a")).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> map.put("a", 1L)).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> map.remove("a")).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::size).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::clear).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::cursor).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(map::copy).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(cursor::next).isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> map.read("a", MemorySegment::byteSize))
        .isInstanceOf(MapClosedException.class);
    assertThatThrownBy(() -> map.asMap().containsKey("a")).isInstanceOf(MapClosedException.class);
  }

  @Test
  void keysAndValuesMayBeLargerThanASlab() {
    String large = "0123456789abcdef".repeat(200_000);
    try (NativeMap<String, String> map = NativeMap.create(String.class, String.class)) {
      map.put(large, large + "!");
      map.put("small", "v");
      assertThat(map.get(large)).isEqualTo(large + "!");
      long reserved = map.growth().tables.slabs.reservedBytes();
      for (int i = 0; i < 20; i++) {
        map.remove(large);
        map.put(large, large + "?");
        map.clear();
        map.put(large, large + "!");
      }
      assertThat(map.growth().tables.slabs.reservedBytes()).isEqualTo(reserved);
      assertThat(map.get(large)).isEqualTo(large + "!");
      map.checkInvariants();
    }
  }

  @Test
  void aValueThatIsTooLargeForAnyMapIsRefused() {
    try (NativeMap<Long, MemorySegment> map = NativeMap.create(Long.class, MemorySegment.class)) {
      assertThatThrownBy(() -> Cells.checkedSize(1L << 40))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("bytes=1099511627776")
          .hasMessageContaining("put the handle");
      MemorySegment closed;
      try (Arena other = Arena.ofConfined()) {
        closed = other.allocate(8);
      }
      assertThatThrownBy(() -> map.put(1L, closed)).isInstanceOf(IllegalArgumentException.class);
      assertThat(map.isEmpty()).isTrue();
    }
  }

  @Test
  void withoutMemoryAWriteChangesNothing() {
    Random random = new Random(5);
    for (int round = 0; round < 30; round++) {
      long budget = 20_000L + random.nextInt(400_000);
      long[] taken = new long[1];
      boolean[] lifted = new boolean[1];
      Slabs.Source source =
          (arena, bytes) -> {
            if (!lifted[0] && taken[0] + bytes > budget) {
              throw new OutOfMemoryError("injected");
            }
            taken[0] += bytes;
            return Slabs.Source.SYSTEM.allocate(arena, bytes);
          };
      try (NativeMap<String, String> map =
          NativeMap.builder(String.class, String.class).source(source).build()) {
        int i = 0;
        MapFullException full = null;
        while (full == null) {
          try {
            map.put("key " + i, "value ".repeat(i % 30));
            i++;
          } catch (MapFullException e) {
            full = e;
          }
        }
        assertThat(full).hasMessageContainingAll("used=", "limit=", "size=");
        assertThat(map.size()).isEqualTo(i);
        map.checkInvariants();
        for (int j = 0; j < i; j++) {
          assertThat(map.get("key " + j)).isEqualTo("value ".repeat(j % 30));
        }
        lifted[0] = true;
        for (int j = 0; j < 500; j++) {
          map.put("key " + (i + j), "more");
        }
        assertThat(map.size()).isEqualTo(i + 500);
        map.checkInvariants();
      }
    }
  }

  @Test
  void anOwnCodecIsCheckedAtEachNewKey() {
    Codec<Integer> identity = new CodecLawTest.Defective(CodecLawTest.Defect.IDENTITY_HASH);
    try (NativeMap<Integer, Long> map = NativeMap.create(identity, Codecs.of(Long.class))) {
      assertThatThrownBy(() -> map.put(1_000, 1L)).isInstanceOf(CodecContractException.class);
      assertThat(map.isEmpty()).isTrue();
      map.checkInvariants();
    }
  }

  // Misuse.

  /** A codec that waits in the middle of a write. */
  private record Waiting(CountDownLatch inside, CountDownLatch go) implements Codec<Long> {
    @Override
    public int fixedBytes() {
      return 16;
    }

    @Override
    public void write(Long value, MemorySegment target, long offset) {
      inside.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      target.set(JAVA_LONG_UNALIGNED, offset, value);
      target.set(JAVA_LONG_UNALIGNED, offset + 8, 0);
    }

    @Override
    public Long read(MemorySegment source, long offset, int byteSize) {
      return source.get(JAVA_LONG_UNALIGNED, offset);
    }
  }

  @Test
  void everyOverlapWithAWriteIsRefusedWithBothNames() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (NativeMap<Long, Long> map =
            NativeMap.create(Codecs.of(Long.class), new Waiting(inside, go));
        ExecutorService writer =
            Executors.newSingleThreadExecutor(Thread.ofPlatform().name("the-writer").factory())) {
      NativeCursor<Long, Long> cursor = map.cursor();
      Future<Boolean> put = writer.submit(() -> map.put(1L, 1L));
      inside.await();
      for (org.assertj.core.api.ThrowableAssert.ThrowingCallable use :
          List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
              () -> map.get(1L),
              () -> map.containsKey(2L),
              () -> map.put(2L, 2L),
              () -> map.remove(1L),
              map::clear,
              map::size,
              map::cursor,
              cursor::next,
              map::copy,
              () -> map.lease(1L),
              () -> map.asMap().keySet().iterator(),
              map::close)) {
        assertThatThrownBy(use)
            .isInstanceOf(ConcurrentUseException.class)
            .hasMessageContaining("writer=the-writer")
            .hasMessageContaining("thread=" + Thread.currentThread().getName());
      }
      go.countDown();
      assertThat(put.get()).isTrue();
      assertThat(map.get(1L)).isEqualTo(1);
    }
  }

  @Test
  void manyThreadsMayReadWhileNobodyWrites() throws Exception {
    try (NativeMap<String, String> map = NativeMap.create(String.class, String.class);
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 5_000; i++) {
        map.put("key " + i, "value " + i);
      }
      List<Future<Long>> sums =
          LongStream.range(0, 4)
              .mapToObj(_ ->
                  threads.submit(() -> {
                    long found = 0;
                    for (int i = 0; i < 5_000; i++) {
                      found += ("value " + i).equals(map.get("key " + i)) ? 1 : 0;
                    }
                    NativeCursor<String, String> cursor = map.cursor();
                    while (cursor.next()) {
                      found++;
                    }
                    return found + map.asMap().keySet().parallelStream().count();
                  }))
              .toList();
      for (Future<Long> sum : sums) {
        assertThat(sum.get()).isEqualTo(15_000);
      }
    }
  }

  // The arena.

  @Test
  void theArenaIsCleanedWhenHalfIsDead() {
    try (NativeMap<Long, String> map = NativeMap.create(Long.class, String.class)) {
      Random random = new Random(3);
      for (long i = 0; i < 20_000; i++) {
        map.put(i, "x".repeat(20 + random.nextInt(40)));
      }
      long atFirst = map.cells.chunkBytes();
      for (int i = 0; i < 600_000; i++) {
        map.put((long) random.nextInt(20_000), "y".repeat(20 + random.nextInt(40)));
      }
      assertThat(map.cells.movedCells()).isPositive();
      assertThat(map.cells.holesBytes()).isLessThan(map.cells.liveBytes() * 5 / 4);
      assertThat(map.cells.chunkBytes()).isLessThan(atFirst * 5 / 2);
      // Shrinking: what is left is moved together, and the chunks are free for others.
      for (long i = 0; i < 20_000; i++) {
        if (i % 10 != 0) {
          map.remove(i);
        }
      }
      for (int i = 0; i < 20_000; i++) {
        map.put(random.nextInt(2_000) * 10L, "z".repeat(40));
      }
      assertThat(map.cells.holesBytes()).isLessThan(map.cells.liveBytes() * 2);
      map.checkInvariants();
    }
  }

  @Test
  void noWriteMovesMoreThanAFewCells() {
    try (NativeMap<Long, String> map = NativeMap.create(Long.class, String.class)) {
      Random random = new Random(3);
      long before = 0;
      for (int i = 0; i < 300_000; i++) {
        map.put((long) random.nextInt(5_000), "y".repeat(random.nextInt(60)));
        long moved = map.cells.movedCells();
        assertThat(moved - before).isLessThanOrEqualTo(4);
        before = moved;
      }
      assertThat(before).isPositive();
    }
  }

  @Test
  void closeFreesPiecesOfMemoryAndLooksAtNoEntry() {
    // What close takes time for: the pieces that the arena has, of 64 KiB and more when the map is
    // large.
    List<MemorySegment> pieces = new ArrayList<>();
    Slabs.Source source =
        (arena, bytes) -> {
          MemorySegment piece = Slabs.Source.SYSTEM.allocate(arena, bytes);
          synchronized (pieces) {
            pieces.add(piece);
          }
          return piece;
        };
    NativeMap<String, String> map =
        new NativeMap<>(
            Settings.of("pieces", 1L, 0, Long.MAX_VALUE, source),
            TypeCodec.of(Codecs.of(String.class)),
            TypeCodec.of(Codecs.of(String.class)),
            null);
    for (int i = 0; i < 100_000; i++) {
      map.put("key " + i, "a value of some length");
    }
    MapInspection inspection = map.inspect();
    // The first ones are small.
    assertThat(pieces).hasSizeLessThan((int) (inspection.bytes().total() >>> 16) + 32);
    assertThat(inspection.cells().live() / 100_000).isBetween(48L, 64L);
    assertThat(inspection.bytes().other())
        .isEqualTo(
            inspection.cells().live()
                + inspection.cells().holes()
                + inspection.cells().free()
                + inspection.cells().ready());
    map.close();
    assertThat(pieces).noneMatch(piece -> piece.scope().isAlive());
  }

  @Test
  void inspectShowsTablesAndCells() {
    try (NativeMap<String, Long> map =
            NativeMap.builder(String.class, Long.class).name("inspected").build();
        NativeSet<Long> set = NativeSet.create(Long.class)) {
      for (long i = 0; i < 5_000; i++) {
        map.put("a key of some length " + i, i);
        set.add(i);
      }
      MapInspection full = map.inspect();
      assertThat(full.size()).isEqualTo(5_000);
      assertThat(full.groupsSearched().stream().mapToLong(Long::longValue).sum()).isEqualTo(5_000);
      assertThat(full.cells().holes()).isZero();
      assertThat(full.cells().live()).isGreaterThan(5_000 * 30);
      assertThat(full.toText())
          .contains("map inspected: 5,000 entries")
          .contains("keys and values beside the tables: live");
      for (long i = 0; i < 2_000; i++) {
        map.remove("a key of some length " + i);
      }
      MapInspection holed = map.inspect();
      assertThat(holed.cells().live()).isLessThan(full.cells().live());
      assertThat(holed.cells().holes() + holed.cells().free()).isPositive();
      assertThat(holed.bytes().other()).isEqualTo(full.bytes().other());
      assertThat(set.inspect().size()).isEqualTo(5_000);
      assertThat(set.inspect().cells().live()).isZero();
      assertThat(set.inspect().toText()).doesNotContain("beside the tables");
      assertThat(NativeMap.nil().inspect().size()).isZero();
    }
    NativeMap<Long, Long> closed = NativeMap.create(Long.class, Long.class);
    closed.close();
    assertThatThrownBy(closed::inspect).isInstanceOf(MapClosedException.class);
  }

  // Views.

  @Test
  void streamsSpliteratorsAndCollectorsWork() {
    try (NativeMap<Long, Long> map = NativeMap.create(Long.class, Long.class);
        NativeSet<Long> set = NativeSet.create(Long.class)) {
      for (long i = 0; i < 10_000; i++) {
        map.put(i, i * i);
        set.add(i);
      }
      assertThat(map.asMap().values().parallelStream().mapToLong(Long::longValue).sum())
          .isEqualTo(LongStream.range(0, 10_000).map(i -> i * i).sum());
      assertThat(set.asSet().stream().collect(Collectors.summingLong(i -> i)))
          .isEqualTo(9_999L * 10_000 / 2);
      var keys = map.asMap().keySet().spliterator();
      assertThat(keys.hasCharacteristics(java.util.Spliterator.DISTINCT)).isTrue();
      assertThat(keys.hasCharacteristics(java.util.Spliterator.NONNULL)).isTrue();
      assertThat(keys.getExactSizeIfKnown()).isEqualTo(10_000);
      var half = keys.trySplit();
      long[] count = new long[1];
      keys.forEachRemaining(_ -> count[0]++);
      half.forEachRemaining(_ -> count[0]++);
      assertThat(count[0]).isEqualTo(10_000);
    }
  }
}
