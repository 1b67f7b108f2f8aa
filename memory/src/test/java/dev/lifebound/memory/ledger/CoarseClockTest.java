package dev.lifebound.memory.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CoarseClockTest {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  @Test
  void aBurstMakesItTickAndItsTimeIsThatOfTheLastTick() {
    long until = System.nanoTime() + PATIENCE_NANOS;
    long seen;
    long ticks = 0;
    long last = 0;
    long worst = 0;
    do {
      seen = CoarseClock.coarse();
      if (seen == CoarseClock.ASLEEP) {
        long exact = CoarseClock.exact();
        assertThat(System.nanoTime() - exact).isBetween(0L, PATIENCE_NANOS);
      } else if (seen != last) {
        assertThat(seen - last).as("never backwards").isPositive();
        worst = Math.max(worst, System.nanoTime() - seen);
        last = seen;
        ticks++;
      }
    } while (ticks < 20 && System.nanoTime() - until < 0);
    assertThat(ticks).isEqualTo(20);
    assertThat(worst).as("a tick is seen soon").isLessThan(TimeUnit.SECONDS.toNanos(10));
    assertThat(Thread.getAllStackTraces().keySet().stream().filter(CoarseClockTest::isClock))
        .hasSize(1)
        .allSatisfy(thread -> assertThat(thread.isDaemon()).isTrue());
  }

  private static boolean isClock(Thread thread) {
    return thread.getName().equals("lifebound-ledger-clock");
  }
}
