package dev.lifebound.memory.handle;

import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of blocks beyond their slots: where each was allocated and freed.
 *
 * <p>The dead are kept for messages, the newest {@value #MAX_DEAD} of them.
 */
final class Lives {
  static final int MAX_DEAD = 1 << 16;

  /** Classes whose frames a site leaves out: the doors of this package. */
  private static final Set<Class<?>> OURS =
      Set.of(
          Attachments.class,
          Block.class,
          BlockTable.class,
          BoundKeyMap.class,
          BoundMap.class,
          Foreign.class,
          Handover.class,
          Lease.class,
          Leaks.class,
          Lives.class,
          OwningMap.class,
          ReadSection.class,
          Registry.class,
          WatchedTable.class);

  private final Tracking level;
  private final ConcurrentMap<Long, Life> byHandle = new ConcurrentHashMap<>();
  private final Queue<Long> dead = new ConcurrentLinkedQueue<>();
  private final AtomicInteger deadCount = new AtomicInteger();

  /** One block's life; the free site is null while it lives. */
  record Life(long size, String tag, Site allocated, @Nullable Site freed, Touches touches) {}

  Lives(Tracking level) {
    this.level = level;
  }

  void allocated(long handle, long size, String tag) {
    if (level == Tracking.OFF
        || (level == Tracking.SAMPLED
            && ThreadLocalRandom.current().nextInt(Tracking.SAMPLE_ONE_IN) != 0)) {
      return;
    }
    byHandle.put(handle, new Life(size, tag, Site.capture(OURS), null, new Touches()));
  }

  /** Records the free of a block that is followed; called before the handle goes stale. */
  void freed(long handle) {
    if (level == Tracking.OFF) {
      return;
    }
    Life alive = byHandle.get(handle);
    if (alive == null) {
      return;
    }
    Site freed = Site.capture(OURS);
    byHandle.put(handle, new Life(alive.size, alive.tag, alive.allocated, freed, alive.touches));
    dead.add(handle);
    if (deadCount.incrementAndGet() > MAX_DEAD) {
      Long oldest = dead.poll();
      if (oldest != null) {
        byHandle.remove(oldest);
        deadCount.decrementAndGet();
      }
    }
  }

  /** Records what is done with a block, at level full only. */
  void touched(long handle, String operation) {
    if (level == Tracking.FULL) {
      Life life = byHandle.get(handle);
      if (life != null) {
        life.touches.add(new Touch(operation, Site.capture(OURS)));
      }
    }
  }

  boolean isOff() {
    return level == Tracking.OFF;
  }

  @Nullable Life find(long handle) {
    return byHandle.get(handle);
  }

  /** The sites of a block as message lines, or what to do to see them. */
  String text(long handle) {
    Life life = byHandle.get(handle);
    if (life == null) {
      return level == Tracking.FULL
          ? "; its record is older than the newest " + MAX_DEAD + " dead blocks"
          : "; run with -D" + Tracking.PROPERTY + "=full to see where it was allocated and freed";
    }
    long now = System.nanoTime();
    Site freed = life.freed;
    return life.allocated.text("allocated", now) + (freed == null ? "" : freed.text("freed", now));
  }
}
