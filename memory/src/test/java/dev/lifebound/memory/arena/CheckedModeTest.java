package dev.lifebound.memory.arena;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What only checked mode refuses. */
class CheckedModeTest {
  private static MapArena open(MapArenaTest.Form form) {
    return form.build(MapArena.builder("test").checked(true));
  }

  @ParameterizedTest
  @EnumSource
  void rollbackKillsSegmentsSlicesAndPositions(MapArenaTest.Form form) {
    try (MapArena arena = open(form)) {
      long before = arena.allocateBlock(64);
      Mark mark = arena.mark();
      long after = arena.allocateBlock(64);
      MemorySegment segment = arena.segment(after, 64);
      MemorySegment slice = segment.asSlice(8, 8);
      arena.rollback(mark);
      arena.checkInvariants();
      assertThat(arena.getLong(before)).isZero();
      assertThatThrownBy(() -> segment.get(JAVA_LONG, 0)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> slice.get(JAVA_LONG, 0)).isInstanceOf(IllegalStateException.class);
      refusesRolledBack(() -> arena.getLong(after));
      refusesRolledBack(() -> arena.setLong(after, 1));
      refusesRolledBack(() -> arena.segment(after, 8));
      refusesRolledBack(() -> arena.plus(after, 8));
      assertThat(arena.allocateBlock(64))
          .as("a dead position is not given again")
          .isNotEqualTo(after);
      refusesRolledBack(() -> arena.getLong(after));
    }
  }

  @ParameterizedTest
  @EnumSource
  void resetKillsAndGivesTheMemoryBack(MapArenaTest.Form form) {
    try (MapArena arena = open(form)) {
      long block = arena.allocateBlock(2 << 20);
      arena.mark();
      MemorySegment segment = arena.allocate(64, 8);
      arena.reset();
      arena.checkInvariants();
      assertThat(arena.reservedBytes()).isZero();
      refusesRolledBack(() -> arena.getLong(block));
      assertThatThrownBy(() -> segment.get(JAVA_LONG, 0)).isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void keptBlocksDieWithTheMarkBefore(MapArenaTest.Form form) {
    try (MapArena arena = open(form)) {
      Mark outer = arena.mark();
      Mark inner = arena.mark();
      long block = arena.allocateBlock(64);
      arena.keep(inner);
      arena.setLong(block, 4);
      assertThat(arena.getLong(block)).isEqualTo(4);
      arena.rollback(outer);
      refusesRolledBack(() -> arena.getLong(block));
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAccessThatLeavesItsBlockIsRefused(MapArenaTest.Form form) {
    try (MapArena arena = open(form)) {
      long first = arena.allocateBlock(20);
      long second = arena.allocateBlock(64);
      arena.setLong(first + 12, 1);
      assertThatThrownBy(() -> arena.getLong(first + 13))
          .isInstanceOf(OutsideBlockException.class)
          .hasMessageContaining("bytes=8, block=#1 (position=")
          .hasMessageContaining("size=20), tag=test");
      assertThatThrownBy(() -> arena.getByte(first + 20))
          .as("one past the end is not the next block")
          .isInstanceOf(OutsideBlockException.class)
          .hasMessageContaining("block=none");
      assertThatThrownBy(() -> arena.fill(second, 65, (byte) 0))
          .isInstanceOf(OutsideBlockException.class);
      assertThatThrownBy(() -> arena.getLong(0)).isInstanceOf(OutsideBlockException.class);
      assertThatThrownBy(() -> arena.getLong(-5)).isInstanceOf(OutsideBlockException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void arithmeticThatLeavesItsBlockNamesBoth(MapArenaTest.Form form) {
    try (MapArena arena = open(form)) {
      long first = arena.allocateBlock(32);
      long second = arena.allocateBlock(64);
      assertThat(arena.plus(first, 31)).isEqualTo(first + 31);
      long delta = second - first + 8;
      assertThatThrownBy(() -> arena.plus(first, delta))
          .isInstanceOf(OutsideBlockException.class)
          .hasMessageContaining("delta=" + delta + ", from=#1 (position=")
          .hasMessageContaining("to=#2 (position=");
      assertThatThrownBy(() -> arena.plus(first, 32)).isInstanceOf(OutsideBlockException.class);
      assertThatThrownBy(() -> arena.plus(0, 8)).isInstanceOf(OutsideBlockException.class);
    }
    try (MapArena plain = form.build(MapArena.builder("plain").checked(false))) {
      assertThat(plain.plus(plain.allocateBlock(8), 1 << 30)).isPositive();
    }
  }

  private static void refusesRolledBack(Runnable use) {
    assertThatThrownBy(use::run)
        .isInstanceOf(RolledBackException.class)
        .hasMessageContaining("the rollback or reset that ended it: position=0x");
  }
}
