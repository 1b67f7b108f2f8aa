package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.LedgerEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was before a crash, and what after it.
 *
 * <p>Since the log gives the start of the JVM later than the operating system does, events of up to
 * a second after the computed moment count as before. An allocation within that second does not
 * make a block alive.
 *
 * @param time of the crash; null when it is not known: then all that the ledger has was before
 */
record CrashTime(@Nullable Instant time) {
  private static final Duration TOLERANCE = Duration.ofSeconds(1);

  boolean isAfter(LedgerEvent event) {
    return time == null || !event.time().isAfter(time.plus(TOLERANCE));
  }

  boolean isJustAfter(LedgerEvent event) {
    return time != null && !event.time().isBefore(time.minus(TOLERANCE));
  }

  /** Whether the block had been freed by then. */
  boolean isDead(BlockLife life) {
    LedgerEvent freed = life.freed();
    return freed != null && isAfter(freed);
  }

  /** Whether the block was there, as far as the clocks tell. */
  boolean isAlive(BlockLife life) {
    LedgerEvent allocated = life.allocated();
    return !isDead(life) && (allocated == null || isAfter(allocated));
  }

  /** A block whose allocation is not in the ledger was there before it. */
  boolean isBorn(BlockLife life) {
    LedgerEvent allocated = life.allocated();
    return allocated == null || time == null || !allocated.time().isAfter(time);
  }

  static List<BlockLife> newestFirst(List<BlockLife> dead) {
    return dead.stream()
        .sorted(
            Comparator.comparingLong((BlockLife life) ->
                    life.freed() == null ? Long.MIN_VALUE : life.freed().nanoTime())
                .reversed()
                .thenComparingLong(BlockLife::size))
        .toList();
  }
}
