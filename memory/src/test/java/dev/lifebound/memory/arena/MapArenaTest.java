package dev.lifebound.memory.arena;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MapArenaTest {
  /** Both forms pass every test here that does not name one. */
  enum Form {
    SINGLE,
    SHARED;

    MapArena open() {
      return build(MapArena.builder("test"));
    }

    MapArena build(MapArenaBuilder builder) {
      return this == SINGLE ? builder.single() : builder.shared();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBlockHoldsWhatWasWritten(Form form) {
    try (MapArena arena = form.open()) {
      long block = arena.allocateBlock(64);
      arena.setLong(block, Long.MIN_VALUE + 1);
      arena.setInt(block + 8, -7);
      arena.setByte(block + 12, (byte) 9);
      arena.write(block + 13, new byte[] {1, 2, 3, 4}, 1, 2);
      arena.copy(block + 12, block + 20, 3);
      arena.fill(block + 30, 4, (byte) -1);
      assertThat(arena.getLong(block)).isEqualTo(Long.MIN_VALUE + 1);
      assertThat(arena.getInt(block + 8)).isEqualTo(-7);
      assertThat(arena.getByte(block + 12)).isEqualTo((byte) 9);
      byte[] copy = new byte[4];
      arena.read(block + 20, copy, 1, 3);
      assertThat(copy).containsExactly(0, 9, 2, 3);
      assertThat(arena.getInt(block + 30)).isEqualTo(-1);
      assertThat(arena.segment(block, 64).get(JAVA_LONG, 0)).isEqualTo(Long.MIN_VALUE + 1);
      arena.checkInvariants();
    }
  }

  @ParameterizedTest
  @EnumSource
  void orderedAccessesWorkAndAskForAlignment(Form form) {
    try (MapArena arena = form.open()) {
      long block = arena.allocateBlock(16);
      arena.setLongRelease(block + 8, 5);
      assertThat(arena.casLong(block + 8, 4, 6)).isFalse();
      assertThat(arena.casLong(block + 8, 5, 6)).isTrue();
      assertThat(arena.getLongAcquire(block + 8)).isEqualTo(6);
      assertThatThrownBy(() -> arena.getLongAcquire(block + 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("aligned to 8 bytes");
      assertThatThrownBy(() -> arena.setLongRelease(0, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> arena.casLong(-8, 1, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void itServesAsSegmentAllocator(Form form) {
    try (MapArena arena = form.open()) {
      SegmentAllocator allocator = arena;
      MemorySegment text = allocator.allocateFrom("anna");
      MemorySegment numbers = allocator.allocateFrom(JAVA_INT, 1, 2, 3);
      assertThat(text.getString(0)).isEqualTo("anna");
      assertThat(text.byteSize()).isEqualTo(5);
      assertThat(numbers.getAtIndex(JAVA_INT, 2)).isEqualTo(3);
      assertThat(allocator.allocate(0).byteSize()).isZero();
      assertThatThrownBy(() -> text.get(JAVA_BYTE, 5))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void badSizesAndAlignmentsAreRefusedAndChangeNothing(Form form) {
    try (MapArena arena = form.build(MapArena.builder("t").limitBytes(1 << 20))) {
      for (long size : new long[] {0, -1, Long.MIN_VALUE}) {
        assertThatThrownBy(() -> arena.allocateBlock(size))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("a block must have at least one byte: size=" + size + ", tag=t");
        assertThatThrownBy(() -> arena.allocateZeroedBlock(size))
            .isInstanceOf(IllegalArgumentException.class);
      }
      assertThatThrownBy(() -> arena.allocate(-1, 8)).isInstanceOf(IllegalArgumentException.class);
      for (long alignment : new long[] {0, -8, 3, Long.MIN_VALUE}) {
        assertThatThrownBy(() -> arena.allocateBlock(8, alignment))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("power of two: alignment=" + alignment);
        assertThatThrownBy(() -> arena.allocate(0, alignment))
            .isInstanceOf(IllegalArgumentException.class);
      }
      assertThatThrownBy(() -> arena.allocateBlock(8, 1L << 40))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("maxAlignment=1073741824");
      for (long size : new long[] {(1 << 20) + 1, 1L << 33, 1L << 62, Long.MAX_VALUE}) {
        assertThatThrownBy(() -> arena.allocateBlock(size))
            .isInstanceOf(ArenaLimitException.class)
            .hasMessageContaining("used=0, limit=1048576, size=")
            .hasMessageContaining("tag=t");
      }
      assertThat(arena.reservedBytes()).isZero();
      arena.checkInvariants();
      assertThat(arena.allocateBlock(64)).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLimitIsUsedUpAndHeld(Form form) {
    try (MapArena arena = form.build(MapArena.builder("t").limitBytes(200_000))) {
      long blocks = 0;
      try {
        while (true) {
          arena.setLong(arena.allocateBlock(64), blocks);
          blocks++;
        }
      } catch (ArenaLimitException e) {
        assertThat(e).hasMessageContaining("limit=200000");
      }
      assertThat(arena.reservedBytes()).isBetween(199_000L, 200_000L);
      assertThat(blocks).isGreaterThan(190_000 / 64);
      arena.checkInvariants();
      arena.reset();
      assertThat(arena.allocateBlock(8)).isPositive();
      arena.checkInvariants();
    }
  }

  @Test
  void aRequestThatNoSystemCanServeLeavesTheArenaUsable() {
    try (MapArena arena = MapArena.single("huge")) {
      long block = arena.allocateBlock(64);
      arena.setLong(block, 3);
      assertThatThrownBy(() -> arena.allocateBlock(1L << 45))
          .isInstanceOf(OutOfMemoryError.class)
          .hasMessageContaining("tag=huge")
          .hasCauseInstanceOf(OutOfMemoryError.class);
      assertThatThrownBy(() -> arena.allocateBlock(Long.MAX_VALUE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must fit the largest slab");
      arena.checkInvariants();
      assertThat(arena.getLong(block)).isEqualTo(3);
      assertThat(arena.allocateBlock(64)).isEqualTo(block + 64);
    }
  }

  @ParameterizedTest
  @EnumSource
  void accessesOutsideEverySlabAreRefused(Form form) {
    try (MapArena arena = form.open()) {
      long block = arena.allocateBlock(64);
      long slabBytes = arena.reservedBytes();
      long slabStart = block & ~0xFFFF_FFFFL;
      assertThatThrownBy(() -> arena.getLong(0))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("position 0 is no block");
      for (long bad :
          new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, slabStart + slabBytes, 9L << 32}) {
        assertThatThrownBy(() -> arena.getLong(bad)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> arena.setLong(bad, 1))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> arena.getInt(bad)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> arena.setInt(bad, 1))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> arena.getByte(bad)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> arena.setByte(bad, (byte) 1))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> arena.segment(bad, 8))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
      assertThatThrownBy(() -> arena.getLong(slabStart + slabBytes - 7))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> arena.segment(block, -1))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> arena.fill(block, slabBytes + 1, (byte) 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void afterCloseEverythingIsRefused(Form form) {
    MapArena arena = form.open();
    long block = arena.allocateBlock(64);
    MemorySegment segment = arena.allocate(64, 8);
    MemorySegment slice = arena.segment(block, 64).asSlice(8);
    Mark mark = arena.mark();
    arena.close();
    arena.close();
    assertThat(arena.isOpen()).isFalse();
    assertThat(arena.reservedBytes()).isZero();
    byte[] bytes = new byte[8];
    refusesClosed(() -> arena.getByte(block));
    refusesClosed(() -> arena.setByte(block, (byte) 1));
    refusesClosed(() -> arena.getInt(block));
    refusesClosed(() -> arena.setInt(block, 1));
    refusesClosed(() -> arena.getLong(block));
    refusesClosed(() -> arena.setLong(block, 1));
    refusesClosed(() -> arena.getLongAcquire(block));
    refusesClosed(() -> arena.setLongRelease(block, 1));
    refusesClosed(() -> arena.casLong(block, 0, 1));
    refusesClosed(() -> arena.read(block, bytes, 0, 8));
    refusesClosed(() -> arena.write(block, bytes, 0, 8));
    refusesClosed(() -> arena.fill(block, 8, (byte) 0));
    refusesClosed(() -> arena.copy(block, block, 8));
    refusesClosed(() -> arena.segment(block, 8));
    refusesClosed(() -> arena.getLong(0));
    refusesClosed(() -> arena.allocateBlock(8));
    refusesClosed(() -> arena.allocateZeroedBlock(8));
    refusesClosed(() -> arena.allocateBlock(8, 64));
    refusesClosed(() -> arena.allocateBlock(1 << 20));
    refusesClosed(() -> arena.allocate(8, 8));
    refusesClosed(() -> arena.allocate(0, 8));
    refusesClosed(arena::mark);
    refusesClosed(() -> arena.rollback(mark));
    refusesClosed(() -> arena.keep(mark));
    refusesClosed(arena::reset);
    assertThatThrownBy(() -> segment.get(JAVA_LONG, 0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> slice.set(JAVA_BYTE, 0, (byte) 1))
        .isInstanceOf(IllegalStateException.class);
  }

  private static void refusesClosed(Runnable use) {
    assertThatThrownBy(use::run)
        .isInstanceOf(ArenaClosedException.class)
        .hasMessage("a map arena must be open: tag=test; finish with it before its close()");
  }

  @ParameterizedTest
  @EnumSource
  void rollbackGivesTheMemoryAgainAndKeepsSegmentsAlive(Form form) {
    try (MapArena arena = form.open()) {
      long before = arena.allocateBlock(64);
      arena.setLong(before, 1);
      Mark mark = arena.mark();
      long after = arena.allocateBlock(64);
      MemorySegment segment = arena.segment(after, 64);
      arena.setLong(after, 2);
      arena.rollback(mark);
      arena.checkInvariants();
      assertThat(arena.getLong(before)).isEqualTo(1);
      assertThat(segment.get(JAVA_LONG, 0)).isEqualTo(2);
      assertThat(arena.allocateBlock(64)).isEqualTo(after);
      assertThat(arena.getLong(after)).as("recycled memory is not zeroed unasked").isEqualTo(2);
      assertThat(arena.getLong(arena.allocateZeroedBlock(64))).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void recycledMemoryIsZeroWhenAskedFor(Form form) {
    try (MapArena zeroing = form.build(MapArena.builder("t").zeroRecycled());
        MapArena arena = form.open()) {
      for (int round = 0; round < 3; round++) {
        for (long size : new long[] {8, 64, 5_000, 40_000, 2 << 20}) {
          assertZeroThenSpoil(zeroing, zeroing.allocateBlock(size), size);
          assertZeroThenSpoil(arena, arena.allocateZeroedBlock(size), size);
          MemorySegment segment = zeroing.allocate(size, 16);
          assertThat(segment.mismatch(MemorySegment.ofArray(new byte[(int) size]))).isEqualTo(-1);
          segment.fill((byte) 0x55);
        }
        zeroing.reset();
        arena.reset();
        arena.checkInvariants();
      }
    }
  }

  private static void assertZeroThenSpoil(MapArena arena, long block, long size) {
    byte[] bytes = new byte[(int) size];
    arena.read(block, bytes, 0, bytes.length);
    assertThat(Arrays.mismatch(bytes, new byte[bytes.length])).isEqualTo(-1);
    arena.fill(block, size, (byte) 0x55);
  }

  @ParameterizedTest
  @EnumSource
  void marksNestAndStaleOnesAreRefused(Form form) {
    try (MapArena arena = form.open();
        MapArena other = form.build(MapArena.builder("other"))) {
      Mark outer = arena.mark();
      Mark inner = arena.mark();
      arena.allocateBlock(100);
      arena.rollback(inner);
      refusesStale(() -> arena.rollback(inner));
      refusesStale(() -> arena.keep(inner));
      Mark kept = arena.mark();
      Mark innermost = arena.mark();
      arena.keep(kept);
      refusesStale(() -> arena.rollback(innermost));
      arena.rollback(outer);
      refusesStale(() -> arena.rollback(outer));
      Mark old = arena.mark();
      arena.reset();
      refusesStale(() -> arena.rollback(old));
      Mark foreign = other.mark();
      assertThatThrownBy(() -> arena.rollback(foreign))
          .isInstanceOf(StaleMarkException.class)
          .hasMessageContaining("itsTag=other, tag=test");
      arena.checkInvariants();
      other.rollback(foreign);
    }
  }

  private static void refusesStale(Runnable use) {
    assertThatThrownBy(use::run)
        .isInstanceOf(StaleMarkException.class)
        .hasMessageContaining("that the arena still holds: tag=test");
  }

  @ParameterizedTest
  @EnumSource
  void resetKeepsTheSlabs(Form form) {
    try (MapArena arena = form.open()) {
      for (int i = 0; i < 10_000; i++) {
        arena.allocateBlock(100);
      }
      arena.allocateBlock(3 << 20);
      long reserved = arena.reservedBytes();
      for (int round = 0; round < 5; round++) {
        arena.reset();
        for (int i = 0; i < 10_000; i++) {
          arena.allocateBlock(100);
        }
        arena.allocateBlock(3 << 20);
        arena.checkInvariants();
      }
      assertThat(arena.reservedBytes()).isEqualTo(reserved);
    }
  }

  @Test
  void slabsDoubleUpToTheirCap() {
    try (MapArena arena = MapArena.builder("t").slabBytes(1 << 10, 8 << 10).single()) {
      long last = 0;
      StringBuilder sizes = new StringBuilder();
      for (int i = 0; i < 500; i++) {
        arena.allocateBlock(64);
        if (arena.reservedBytes() != last) {
          sizes.append((arena.reservedBytes() - last) >> 10).append(' ');
          last = arena.reservedBytes();
        }
      }
      assertThat(sizes).hasToString("1 1 2 4 8 8 8 ");
    }
  }

  @Test
  void aLargeBlockGetsASlabOfItsOwnAndLeavesTheCurrentOne() {
    try (MapArena arena = MapArena.single("t")) {
      long small = arena.allocateBlock(64);
      long large = arena.allocateBlock(10 << 20);
      assertThat(large >>> 32).isNotEqualTo(small >>> 32);
      assertThat(arena.allocateBlock(64)).isEqualTo(small + 64);
      arena.setByte(large + (10 << 20) - 1, (byte) 1);
      arena.checkInvariants();
    }
  }

  @Test
  void anotherThreadIsRefusedByNameUntilTheOwnerHandsOver() throws Exception {
    try (MapArena arena = MapArena.single("t");
        ExecutorService other = Executors.newSingleThreadExecutor(r -> new Thread(r, "intruder"))) {
      long block = arena.allocateBlock(8);
      arena.setLong(block, 7);
      Future<Throwable> refused = other.submit(() -> thrownBy(() -> arena.allocateBlock(8)));
      assertThat(refused.get())
          .isInstanceOf(NotOwnerException.class)
          .hasMessageContaining("owner=" + Thread.currentThread().getName() + "#")
          .hasMessageContaining("caller=intruder#");
      for (Runnable use : new Runnable[] {arena::mark, arena::reset, arena::handOver}) {
        assertThat(other.submit(() -> thrownBy(use)).get()).isInstanceOf(NotOwnerException.class);
      }
      assertThat(other.submit(() -> arena.getLong(block)).get()).isEqualTo(7);
      arena.handOver();
      assertThat(other.submit(() -> arena.allocateBlock(8)).get()).isEqualTo(block + 8);
      assertThatThrownBy(() -> arena.allocateBlock(8)).isInstanceOf(NotOwnerException.class);
      assertThatThrownBy(arena::handOver).isInstanceOf(NotOwnerException.class);
      other.submit(arena::close).get();
      assertThatThrownBy(() -> arena.allocateBlock(8)).isInstanceOf(ArenaClosedException.class);
    }
  }

  private static Throwable thrownBy(Runnable use) {
    try {
      use.run();
    } catch (RuntimeException e) {
      return e;
    }
    throw new AssertionError("the call must throw");
  }

  /** A thread writes a segment to a pipe that is full: the arena is in use until it is drained. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void memoryInUseByAChannelIsNotReleased(boolean checked) throws Exception {
    int bytes = 4 << 20;
    Pipe pipe = Pipe.open();
    MapArena arena = MapArena.builder("t").checked(checked).single();
    Mark mark = arena.mark();
    long block = arena.allocateBlock(bytes);
    MemorySegment segment = arena.segment(block, bytes);
    try (ExecutorService writer = Executors.newSingleThreadExecutor();
        Pipe.SourceChannel source = pipe.source();
        Pipe.SinkChannel sink = pipe.sink()) {
      Future<Integer> written = writer.submit(() -> sink.write(segment.asByteBuffer()));
      assertThat(source.read(ByteBuffer.allocate(1))).isEqualTo(1);
      assertThatThrownBy(arena::close)
          .isInstanceOf(ArenaInUseException.class)
          .hasMessageContaining("let that call return and try again");
      if (checked) {
        assertThatThrownBy(() -> arena.rollback(mark)).isInstanceOf(ArenaInUseException.class);
        assertThatThrownBy(arena::reset).isInstanceOf(ArenaInUseException.class);
      }
      assertThat(arena.isOpen()).isTrue();
      assertThat(arena.getLong(block)).isZero();
      arena.checkInvariants();
      ByteBuffer sinkhole = ByteBuffer.allocate(bytes);
      while (sinkhole.position() < bytes - 1) {
        assertThat(source.read(sinkhole)).isPositive();
      }
      assertThat(written.get()).isEqualTo(bytes);
    }
    arena.rollback(mark);
    arena.checkInvariants();
    arena.close();
    assertThatThrownBy(() -> arena.getLong(block)).isInstanceOf(ArenaClosedException.class);
  }

  @Test
  void theBuilderRefusesWhatMakesNoSense() {
    MapArenaBuilder builder = MapArena.builder("t");
    assertThatThrownBy(() -> builder.limitBytes(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("limitBytes=0");
    for (long[] sizes : new long[][] {{0, 4096}, {4096, 2048}, {4096, 2L << 30}}) {
      assertThatThrownBy(() -> builder.slabBytes(sizes[0], sizes[1]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("first=" + sizes[0] + ", max=" + sizes[1]);
    }
  }
}
