package dev.lifebound.memory.ledger;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * {@link System#nanoTime()} for writers that write so often that to read it would be most of their
 * cost. One for the process; any thread.
 */
final class CoarseClock {
  /*
   * While events are rare nobody ticks, and each reads the true time. A burst of reads wakes a daemon
   * thread, which stores the time once in a tick; after a second it falls asleep again, and if the burst
   * goes on it is woken after some more reads. A thread that nobody woke for a while ends, so that
   * an idle program has none.
   *
   * Counts and times that only steer this are plain fields that threads race on.
   */
  static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** What {@link #coarse} answers when nobody ticks. */
  static final long ASLEEP = Long.MIN_VALUE;

  private static final int TICKS_BEFORE_SLEEP = 1_000;
  private static final int BURST_READS = 4_096;

  /** Below a hundred reads in a millisecond ticking would cost more than it saves. */
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(BURST_READS / 100);

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final int STOPPED = 0;
  private static final int TICKING = 1;
  private static final int SLEEPING = 2;

  private static final VarHandle NOW = now();
  private static final AtomicInteger STATE = new AtomicInteger(STOPPED);

  private static long now = ASLEEP;
  private static int reads;
  private static long firstRead;
  private static volatile @Nullable Thread ticker;

  private CoarseClock() {}

  private static VarHandle now() {
    try {
      return MethodHandles.lookup().findStaticVarHandle(CoarseClock.class, "now", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The time of the last tick, or {@link #ASLEEP}, and then the caller reads {@link #exact}. */
  static long coarse() {
    return (long) NOW.getOpaque();
  }

  /** The true time. Many calls within a short time make the clock tick. */
  static long exact() {
    long nanos = System.nanoTime();
    int count = ++reads;
    if (count == 1) {
      firstRead = nanos;
    } else if (count >= BURST_READS) {
      reads = 0;
      if (nanos - firstRead < BURST_NANOS) {
        wake();
      }
    }
    return nanos;
  }

  private static void wake() {
    if (STATE.compareAndSet(SLEEPING, TICKING)) {
      LockSupport.unpark(ticker);
    } else if (STATE.compareAndSet(STOPPED, TICKING)) {
      try {
        Thread thread =
            Thread.ofPlatform()
                .daemon()
                .name("lifebound-ledger-clock")
                .inheritInheritableThreadLocals(false)
                .unstarted(CoarseClock::tick);
        thread.setContextClassLoader(null);
        ticker = thread;
        thread.start();
      } catch (OutOfMemoryError e) {
        // No thread to be had: the true time is always right.
        STATE.set(STOPPED);
      }
    }
  }

  private static void tick() {
    do {
      for (int i = 0; i < TICKS_BEFORE_SLEEP; i++) {
        NOW.setOpaque(System.nanoTime());
        LockSupport.parkNanos(TICK_NANOS);
        // An interrupt that somebody sends would make each wait end at once.
        boolean _ = Thread.interrupted();
      }
      NOW.setOpaque(ASLEEP);
      reads = 0;
      STATE.set(SLEEPING);
    } while (isWoken());
  }

  private static boolean isWoken() {
    long until = System.nanoTime() + PATIENCE_NANOS;
    while (STATE.get() == SLEEPING) {
      long left = until - System.nanoTime();
      if (left <= 0 && STATE.compareAndSet(SLEEPING, STOPPED)) {
        return false;
      }
      LockSupport.parkNanos(left);
      boolean _ = Thread.interrupted();
    }
    return true;
  }
}
