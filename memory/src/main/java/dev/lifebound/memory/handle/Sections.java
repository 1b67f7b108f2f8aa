package dev.lifebound.memory.handle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Epochs: which read sections are open, and which frees wait for them.
 *
 * <p>A section announces the epoch that it began in. A free that finds sections announced draws a
 * new epoch and waits until every announced one is at least as new: sections that begin later
 * cannot have seen the block live. While no section was ever opened a free costs one volatile read;
 * afterwards it looks at one word for each section that was ever open at the same time.
 *
 * <p>References: K. Fraser, Practical lock-freedom, Cambridge UCAM-CL-TR-579, 2004, section 5.2.3.
 */
final class Sections {
  private static final VarHandle ANNOUNCED;

  static {
    try {
      ANNOUNCED = MethodHandles.lookup().findVarHandle(Seat.class, "announced", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** One section at a time sits here; its word has cache lines of its own. */
  static final class Seat {
    private static final long FREE = 0;

    /** The epoch of the section that sits here, or 0. */
    private volatile long announced;

    /**
     * Who sits here, or sat here last. Written when it changes only: a reference written into an
     * old object costs the collector's barrier, which is dearer than the rest of a section.
     */
    private @Nullable Thread thread;

    /**
     * The id of the thread that sits here, or 0: what the field above cannot say, since the one who
     * takes the seat next has not written it yet.
     */
    private long sitter;

    private long blamedAtNanos;
    private long blamedEpoch;
    private boolean reported;

    // Two lines of padding, since the hardware fetches lines in pairs.
    @SuppressWarnings("unused")
    private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe, pf;

    boolean take(long epoch) {
      return announced == FREE && ANNOUNCED.compareAndSet(this, FREE, epoch);
    }

    void sit(Thread me) {
      if (thread != me) {
        thread = me;
      }
      sitter = me.threadId();
    }

    void leave() {
      sitter = 0;
      // Volatile, not release: the look at someWait that follows must not come first. A free that
      // still sees the section announced has set someWait before.
      announced = FREE;
    }
  }

  private record Waiting(BlockTable table, long handle, long epoch, boolean pinned) {}

  private static final System.Logger LOG = System.getLogger("dev.lifebound.memory");
  private static final long AWAIT_NANOS = 20_000;

  private final long warningNanos;
  private final Consumer<LongSection> warning;
  private final AtomicLong epoch = new AtomicLong(1);
  private volatile Seat[] seats = new Seat[0];
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private final Queue<LongSection> reports = new ArrayDeque<>();
  private volatile boolean someWait;

  /** Frees that some thread has taken from the queue and not finished. */
  private int reclaiming;

  Sections(long warningNanos, Consumer<LongSection> warning) {
    this.warningNanos = warningNanos;
    this.warning = warning;
  }

  /** Takes a seat; the compare-and-set is also the fence before the section's first read. */
  Seat enter() {
    Seat[] all = seats;
    long now = epoch.getAcquire();
    Thread me = Thread.currentThread();
    // The number of seats is a power of two, or zero at first.
    int mask = all.length - 1;
    int first = (int) me.threadId();
    for (int i = 0; i <= mask; i++) {
      Seat seat = all[(first + i) & mask];
      if (seat.take(now)) {
        seat.sit(me);
        return seat;
      }
    }
    return addSeats(now, me);
  }

  private synchronized Seat addSeats(long now, Thread me) {
    // Who had the lock before has added seats, one for each that was there.
    for (Seat seat : seats) {
      if (seat.take(now)) {
        seat.sit(me);
        return seat;
      }
    }
    Seat[] grown = Arrays.copyOf(seats, Math.max(1, seats.length * 2));
    for (int i = seats.length; i < grown.length; i++) {
      grown[i] = new Seat();
    }
    Seat seat = grown[seats.length];
    seat.take(now);
    seat.sit(me);
    seats = grown;
    // The new array must be seen by a free before this section reads a state word.
    VarHandle.fullFence();
    return seat;
  }

  void exit(Seat seat) {
    seat.leave();
    if (someWait) {
      reclaim();
    }
  }

  /** Whether a section is open that may have seen a block which has just become stale. */
  boolean mustWait() {
    for (Seat seat : seats) {
      if (seat.announced != Seat.FREE) {
        return true;
      }
    }
    return false;
  }

  /** Frees the block when every section that is open now has ended. */
  void defer(BlockTable table, long handle) {
    defer(table, handle, false);
  }

  /** Gives a pin of the block back when every section that is open now has ended. */
  void deferUnpin(BlockTable table, long handle) {
    defer(table, handle, true);
  }

  private void defer(BlockTable table, long handle, boolean pinned) {
    synchronized (waiting) {
      waiting.add(new Waiting(table, handle, epoch.incrementAndGet(), pinned));
      someWait = true;
    }
    // The sections may have ended before they could see that somebody waits: both sides write
    // their volatile first and look at the other's afterwards.
    reclaim();
  }

  /** Frees what waits for no open section any more. */
  void reclaim() {
    RuntimeException failure = null;
    while (true) {
      Waiting next;
      synchronized (waiting) {
        next = waiting.peek();
        if (next == null || next.epoch > oldest()) {
          someWait = next != null;
          break;
        }
        waiting.remove();
        reclaiming++;
      }
      try {
        if (next.pinned) {
          next.table.unpin(next.handle);
        } else {
          next.table.reclaim(next.handle);
        }
      } catch (RuntimeException e) {
        failure = Attachments.joined(failure, e);
      } finally {
        synchronized (waiting) {
          reclaiming--;
        }
      }
    }
    deliver();
    if (failure != null) {
      throw failure;
    }
  }

  /** The oldest announced epoch. */
  private long oldest() {
    long oldest = Long.MAX_VALUE;
    for (Seat seat : seats) {
      long announced = seat.announced;
      if (announced != Seat.FREE) {
        blame(seat, announced);
        oldest = Math.min(oldest, announced);
      }
    }
    return oldest;
  }

  /** Reports a section, once, that has kept frees waiting for too long. Called under the lock. */
  private void blame(Seat seat, long announced) {
    long now = System.nanoTime();
    if (seat.blamedEpoch != announced) {
      seat.blamedEpoch = announced;
      seat.blamedAtNanos = now;
      seat.reported = false;
      return;
    }
    Thread thread = seat.thread;
    long heldNanos = now - seat.blamedAtNanos;
    if (heldNanos > warningNanos && !seat.reported && thread != null) {
      seat.reported = true;
      reports.add(
          new LongSection(
              thread.getName(), heldNanos, waiting.size(), List.of(thread.getStackTrace())));
    }
  }

  /** Hands the reports over, outside the lock; a listener that throws harms nobody's free. */
  private void deliver() {
    while (true) {
      LongSection report;
      synchronized (waiting) {
        report = reports.poll();
      }
      if (report == null) {
        return;
      }
      try {
        warning.accept(report);
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.WARNING, "a section warning must not throw", e);
      }
    }
  }

  /** Whether this thread has a section open. */
  boolean isOpenHere() {
    long here = Thread.currentThread().threadId();
    for (Seat seat : seats) {
      if (seat.sitter == here) {
        return true;
      }
    }
    return false;
  }

  /** Waits until the sections of other threads that are open now have ended. */
  void awaitEarlier() {
    if (!mustWait()) {
      return;
    }
    long mine = epoch.incrementAndGet();
    while (true) {
      synchronized (waiting) {
        if (oldest() >= mine) {
          return;
        }
      }
      deliver();
      LockSupport.parkNanos(AWAIT_NANOS);
    }
  }

  /** Whether some thread is freeing what had waited. */
  boolean isReclaiming() {
    synchronized (waiting) {
      return reclaiming > 0;
    }
  }

  /** How many sections have been open at the same time, up to the next power of two. */
  int seats() {
    return seats.length;
  }

  int waiting() {
    synchronized (waiting) {
      return waiting.size();
    }
  }

  int open() {
    int open = 0;
    for (Seat seat : seats) {
      if (seat.announced != Seat.FREE) {
        open++;
      }
    }
    return open;
  }
}
