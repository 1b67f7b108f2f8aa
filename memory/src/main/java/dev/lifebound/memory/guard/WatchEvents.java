package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.lifebound.memory.os.NativeCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The two rings that stubs write: frees of adopted blocks, of which none may be lost, and every
 * free, of which the newest are kept.
 */
final class WatchEvents {
  private static final VarHandle LONGS = JAVA_LONG.varHandle();
  private static final int FREED = 1;
  private static final int SECOND_FREE = 2;
  private static final long CACHE_LINE_BYTES = 64;

  /** A line of the first ring. */
  record Event(
      WatchReport.Kind kind, long address, long handle, long caller, int thread, long nanos) {}

  private final NativeCode code;
  private final Control watch;
  private final MemorySegment events;
  private final long mask;
  private final long freesMask;
  private @Nullable MemorySegment frees;
  private long freesTail;
  private long lost;

  /** Both capacities are powers of two; the ring of every free is made when it is asked for. */
  WatchEvents(NativeCode code, Control watch, long capacity, long freesCapacity) {
    this.code = code;
    this.watch = watch;
    this.mask = capacity - 1;
    this.freesMask = freesCapacity - 1;
    this.events = Arena.global().allocate(code.size("lb_watch_event") * capacity, CACHE_LINE_BYTES);
    watch.set("events_mask", mask);
    watch.set("events", events.address());
  }

  private long offset(String field) {
    return code.offset(field);
  }

  boolean isEmpty() {
    return watch.get("events_head") == watch.get("events_tail") && watch.get("rescan") == 0;
  }

  /** Whether an event found no place since the last time. */
  boolean takeRescan() {
    boolean lost = watch.get("rescan") != 0;
    if (lost) {
      // Before the table is looked through: what is lost from here on is for the next time.
      watch.set("rescan", 0);
      VarHandle.fullFence();
    }
    return lost;
  }

  /** Takes out what is there, up to a line that a stub is just writing. */
  synchronized void drain(Consumer<Event> consumer) {
    while (true) {
      long tail = watch.get("events_tail");
      long at = (tail & mask) * code.size("lb_watch_event");
      if ((long) LONGS.getAcquire(events, at + offset("lb_watch_event.commit")) != tail + 1) {
        return;
      }
      boolean leased = events.get(JAVA_LONG, at + offset("lb_watch_event.leases")) != 0;
      WatchReport.Kind kind =
          switch (events.get(JAVA_SHORT, at + offset("lb_watch_event.kind"))) {
            case FREED ->
                leased ? WatchReport.Kind.FREED_WHILE_LEASED : WatchReport.Kind.FREED_BY_C;
            case SECOND_FREE -> WatchReport.Kind.SECOND_FREE;
            default -> WatchReport.Kind.FREE_AFTER_RELEASE;
          };
      Event event =
          new Event(
              kind,
              events.get(JAVA_LONG, at + offset("lb_watch_event.address")),
              events.get(JAVA_LONG, at + offset("lb_watch_event.handle")),
              events.get(JAVA_LONG, at + offset("lb_watch_event.pc")),
              events.get(JAVA_INT, at + offset("lb_watch_event.tid")),
              events.get(JAVA_LONG, at + offset("lb_watch_event.nanos")));
      watch.set("events_tail", tail + 1);
      consumer.accept(event);
    }
  }

  /** Begins to keep every free. */
  synchronized void openRing() {
    if (frees == null) {
      MemorySegment ring =
          Arena.global().allocate(code.size("lb_watch_free") * (freesMask + 1), CACHE_LINE_BYTES);
      watch.set("frees", ring.address());
      watch.set("frees_mask", freesMask);
      frees = ring;
    }
  }

  /** Takes out what is there; lines that were written over before are counted as lost. */
  synchronized void drainFrees(FreeListener listener) {
    MemorySegment ring = frees;
    if (ring == null) {
      return;
    }
    while (true) {
      long head = watch.get("frees_head");
      if (head - freesTail > freesMask + 1) {
        lost += head - freesTail - (freesMask + 1);
        freesTail = head - (freesMask + 1);
      }
      if (freesTail == head) {
        return;
      }
      long at = (freesTail & freesMask) * code.size("lb_watch_free");
      long commit = (long) LONGS.getAcquire(ring, at + offset("lb_watch_free.commit"));
      long address = ring.get(JAVA_LONG, at + offset("lb_watch_free.address"));
      long caller = ring.get(JAVA_LONG, at + offset("lb_watch_free.pc"));
      long thread = ring.get(JAVA_LONG, at + offset("lb_watch_free.thread"));
      VarHandle.acquireFence();
      boolean same = (long) LONGS.getAcquire(ring, at + offset("lb_watch_free.commit")) == commit;
      if (same && commit == freesTail + 1) {
        freesTail++;
        listener.freed(address, caller, thread);
      } else if (Long.compareUnsigned(commit, freesTail + 1) > 0) {
        lost++;
        freesTail++;
      } else {
        // A stub is just writing it.
        return;
      }
    }
  }

  synchronized long lostFrees() {
    return lost;
  }
}
