package dev.lifebound.memory.arena;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * A thread that is caught between reading its stripe and allocating must not allocate old memory.
 */
class SharedArenaTest {
  private static final long TAIL_BYTES = 8;

  @Test
  void aReplacedRunGivesNothingMore() {
    try (SharedArena arena = (SharedArena) MapArena.shared("t")) {
      arena.allocateBlock(TAIL_BYTES);
      Run held = arena.run();
      while (arena.run() == held) {
        arena.allocateBlock(4_000);
      }
      assertThat(held.take(TAIL_BYTES)).isZero();
    }
  }

  @Test
  void aRunGivesNothingMoreAfterMarkRollbackResetAndClose() {
    MapArena arena = MapArena.shared("t");
    Mark[] mark = new Mark[1];
    heldRunStopsAt(arena, a -> mark[0] = a.mark());
    heldRunStopsAt(arena, a -> a.rollback(mark[0]));
    heldRunStopsAt(arena, MapArena::reset);
    heldRunStopsAt(arena, MapArena::close);
  }

  private static void heldRunStopsAt(MapArena arena, Consumer<MapArena> operation) {
    arena.allocateBlock(TAIL_BYTES);
    Run held = ((SharedArena) arena).run();
    assertThat(held.take(TAIL_BYTES)).isPositive();
    operation.accept(arena);
    assertThat(held.take(TAIL_BYTES)).isZero();
  }
}
