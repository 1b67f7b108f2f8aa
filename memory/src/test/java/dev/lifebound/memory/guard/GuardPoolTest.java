package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.os.LibC;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GuardPoolTest {
  private static final long PAGE = LibC.pageBytes();

  private static GuardPool open(GuardPool.Variant variant, long pages) {
    return GuardPool.open(pages * PAGE, variant);
  }

  @ParameterizedTest
  @EnumSource
  void aBlockIsZeroedAndUsable(GuardPool.Variant variant) {
    try (GuardPool pool = open(variant, 64)) {
      assertThat(pool.variant()).isEqualTo(variant);
      MemorySegment block = pool.allocate(3 * PAGE + 40);
      assertThat(block.byteSize()).isEqualTo(3 * PAGE + 40);
      assertThat(block.address() % 16).isZero();
      assertThat(block.get(JAVA_LONG, 8)).isZero();
      block.fill((byte) 7);
      byte last = pool.getByte(block, block.byteSize() - 1);
      assertThat(last).isEqualTo((byte) 7);
      pool.free(block.address());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReadAfterFreeNamesBlockAndBothSites(GuardPool.Variant variant) {
    try (GuardPool pool = open(variant, 64)) {
      MemorySegment block = allocateHere(pool);
      freeHere(pool, block);
      assertThatThrownBy(() -> pool.access(block, b -> b.get(JAVA_LONG, 8)))
          .isInstanceOf(UseAfterFreeException.class)
          .hasMessageContainingAll(
              "block=#1", "size=48", "allocated", "allocateHere", "freed", "freeHere")
          .hasCauseInstanceOf(InternalError.class)
          .satisfies(e -> assertThat(((UseAfterFreeException) e).block().byteSize()).isEqualTo(48));
      assertThatThrownBy(() ->
              pool.access(
                  block,
                  b -> {
                    b.set(JAVA_LONG, 0, 1);
                    return null;
                  }))
          .isInstanceOf(UseAfterFreeException.class);
      assertThatThrownBy(() -> pool.access(block.asSlice(16), b -> b.toArray(JAVA_BYTE).length))
          .hasMessageContaining("offset=16");
    }
  }

  private static MemorySegment allocateHere(GuardPool pool) {
    return pool.allocate(48);
  }

  private static void freeHere(GuardPool pool, MemorySegment block) {
    pool.free(block.address());
  }

  @ParameterizedTest
  @EnumSource
  void compiledReadsAreCaughtEveryTime(GuardPool.Variant variant) {
    try (GuardPool pool = open(variant, 256)) {
      int caught = 0;
      long sum = 0;
      for (int i = 0; i < 20_000; i++) {
        MemorySegment block = pool.allocate(64);
        sum += pool.getLong(block, 8);
        pool.free(block.address());
        try {
          sum += pool.getLong(block, 8);
        } catch (UseAfterFreeException e) {
          caught++;
        }
      }
      assertThat(caught).isEqualTo(20_000);
      assertThat(sum).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anOverflowMeetsTheDeadPage(GuardPool.Variant variant) {
    try (GuardPool pool = open(variant, 64)) {
      MemorySegment block = pool.allocate(64);
      pool.allocate(64);
      // SAFETY: deliberately beyond the block: the page behind it is dead, so the read faults.
      @SuppressWarnings("restricted")
      MemorySegment wide = MemorySegment.ofAddress(block.address()).reinterpret(PAGE);
      long inside = pool.access(wide, b -> b.get(JAVA_LONG, 56));
      assertThat(inside).isZero();
      assertThatThrownBy(() -> pool.access(wide, b -> b.get(JAVA_LONG, 64)))
          .isInstanceOf(InternalError.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSecondFreeIsRefusedWithBothSites(GuardPool.Variant variant) {
    try (GuardPool pool = open(variant, 64)) {
      MemorySegment block = pool.allocate(48);
      pool.free(block.address());
      assertThatThrownBy(() -> pool.free(block.address()))
          .isInstanceOf(DoubleFreeException.class)
          .hasMessageContainingAll("block=#1", "allocated", "freed");
      assertThatThrownBy(() -> pool.free(block.address() + 8))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("first byte");
      assertThatThrownBy(() -> pool.free(16)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFullPoolSaysSoAndRecovers(GuardPool.Variant variant) {
    try (GuardPool pool = open(variant, 8)) {
      List<MemorySegment> live = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        live.add(pool.allocate(10));
      }
      assertThat(pool.tryAllocate(10)).isEmpty();
      assertThatThrownBy(() -> pool.allocate(10))
          .isInstanceOf(GuardPoolFullException.class)
          .hasMessageContainingAll("byteSize=10", "liveBlocks=4");
      assertThat(pool.tryAllocate(Long.MAX_VALUE / 4)).isEmpty();
      pool.free(live.get(2).address());
      assertThat(pool.tryAllocate(10)).isPresent();
    }
  }

  @ParameterizedTest
  @EnumSource
  void pagesAreReusedInTheOrderInWhichTheyDied(GuardPool.Variant variant) {
    try (GuardPool pool = open(variant, 64)) {
      MemorySegment first = pool.allocate(16);
      pool.free(first.address());
      for (int i = 0; i < 31; i++) {
        MemorySegment other = pool.allocate(16);
        assertThat(other.address()).isNotEqualTo(first.address());
        pool.free(other.address());
      }
      assertThat(pool.allocate(16).address()).isEqualTo(first.address());
    }
  }

  @ParameterizedTest
  @EnumSource
  void afterCloseEveryAccessIsStillCaught(GuardPool.Variant variant) {
    GuardPool pool = open(variant, 64);
    MemorySegment freed = pool.allocate(16);
    pool.free(freed.address());
    MemorySegment live = pool.allocate(16);
    pool.close();
    pool.close();
    for (MemorySegment block : List.of(freed, live)) {
      assertThatThrownBy(() -> pool.access(block, b -> b.get(JAVA_LONG, 0)))
          .isInstanceOf(UseAfterFreeException.class);
    }
    assertThatThrownBy(() -> pool.allocate(16)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anErrorThatIsNotOursPassesThrough() {
    try (GuardPool pool = GuardPool.open();
        Arena arena = Arena.ofConfined()) {
      MemorySegment foreign = arena.allocate(8);
      MemorySegment live = pool.allocate(8);
      InternalError error = new InternalError("something else");
      for (MemorySegment segment : List.of(foreign, live)) {
        assertThatThrownBy(() ->
                pool.access(
                    segment,
                    _ -> {
                      throw error;
                    }))
            .isSameAs(error);
      }
      assertThatThrownBy(() -> pool.allocate(0)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void randomLivesKeepTheirBytesAndNoneIsCaughtAlive(GuardPool.Variant variant) {
    Random random = new Random(5);
    try (GuardPool pool = open(variant, 512)) {
      Deque<MemorySegment> live = new ArrayDeque<>();
      for (int step = 0; step < 5_000; step++) {
        long bytes = 1L + random.nextInt((int) (4 * PAGE));
        pool.tryAllocate(bytes)
            .ifPresent(block -> {
              block.fill((byte) block.byteSize());
              live.add(block);
            });
        if (live.size() > 40) {
          MemorySegment oldest = live.remove();
          pool.access(
              oldest,
              b -> {
                assertThat(b.get(JAVA_BYTE, 0)).isEqualTo((byte) b.byteSize());
                assertThat(b.get(JAVA_BYTE, b.byteSize() - 1)).isEqualTo((byte) b.byteSize());
                return null;
              });
          pool.free(oldest.address());
          assertThatThrownBy(() -> pool.getByte(oldest, 0))
              .isInstanceOf(UseAfterFreeException.class);
        }
      }
    }
  }
}
