package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Defects that a review of the seats of read sections found. */
class ReviewedSectionsTest {
  @Test
  @Timeout(60)
  void threadsThatWantASeatAtOnceAddNoMoreThanTheyNeed() throws Exception {
    Sections sections = new Sections(TimeUnit.HOURS.toNanos(1), _ -> {});
    int count = 12;
    List<Thread> threads = new ArrayList<>();
    synchronized (sections) {
      for (int i = 0; i < count; i++) {
        threads.add(Thread.ofPlatform().daemon().start(() -> sections.enter()));
      }
      for (Thread thread : threads) {
        while (thread.getState() != Thread.State.BLOCKED) {
          Thread.onSpinWait();
        }
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(sections.open()).isEqualTo(count);
    assertThat(sections.seats()).isLessThanOrEqualTo(2 * count);
  }

  @Test
  void aSeatThatAnotherThreadIsJustTakingIsNotThisThreads() {
    Sections sections = new Sections(TimeUnit.HOURS.toNanos(1), _ -> {});
    Sections.Seat seat = sections.enter();
    assertThat(sections.isOpenHere()).isTrue();
    sections.exit(seat);
    assertThat(seat.take(1)).as("by another thread, that has not sat down yet").isTrue();
    assertThat(sections.isOpenHere()).isFalse();
  }
}
