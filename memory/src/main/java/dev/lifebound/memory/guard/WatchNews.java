package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.AdoptedBlocks;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerReport;
import dev.lifebound.memory.ledger.LedgerSink;
import dev.lifebound.memory.os.NativeFrames;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes what the stubs have noted to those who want to know it: the registry whose block C freed,
 * the ledger, and the listeners of every share of the watch.
 */
final class WatchNews {
  private final WatchEvents events;
  private final AdoptedTable table;
  private final List<Watch> shares;

  /**
   * @param shares those that hear of it at the moment; may change meanwhile
   */
  WatchNews(WatchEvents events, AdoptedTable table, List<Watch> shares) {
    this.events = events;
    this.table = table;
    this.shares = shares;
  }

  /** Tells what the rings hold. Any thread may call. */
  void tell() {
    events.drain(this::told);
    // Whoever finds nothing to look through must not return before those are done who do.
    synchronized (events) {
      if (events.takeRescan()) {
        table.unsettled().forEach(handle -> settle(handle, null));
      }
    }
    events.drainFrees((address, caller, thread) -> {
      for (Watch share : shares) {
        FreeListener listener = share.freeListener();
        if (listener != null) {
          listener.freed(address, caller, thread);
        }
      }
    });
  }

  private void told(WatchEvents.Event event) {
    var source = table.source(event.handle());
    String block = source == null ? "" : source.describe(event.handle());
    AdoptedBlocks.Freer freer =
        new AdoptedBlocks.Freer(
            event.caller(),
            NativeFrames.ofProcess().library(event.caller() - 1),
            event.thread(),
            Reports.systemName(event.thread()),
            event.nanos());
    if ((event.kind() == WatchReport.Kind.FREED_BY_C
            || event.kind() == WatchReport.Kind.FREED_WHILE_LEASED)
        && table.claim(event.handle(), event.address())) {
      settle(event.handle(), freer);
    } else if (event.kind().isDefect()) {
      refused(event, freer);
    }
    WatchReport report =
        new WatchReport(
            event.kind(), event.address(), block, event.caller(), event.thread(), event.nanos());
    for (Watch share : shares) {
      share.report(report);
    }
  }

  /** A free that was refused, as an event of the ledger. */
  private static void refused(WatchEvents.Event event, AdoptedBlocks.Freer freer) {
    LedgerSink.report(
        new LedgerReport(
            EventType.DOUBLE_FREE,
            0,
            false,
            freer.nanoTime(),
            event.address(),
            0,
            event.handle(),
            false,
            freer.caller(),
            freer.library(),
            List.of(),
            freer.thread(),
            freer.threadName()));
  }

  private void settle(long handle, AdoptedBlocks.@Nullable Freer freer) {
    var source = table.source(handle);
    if (source == null) {
      return;
    }
    try {
      source.settle(handle, freer);
    } catch (RuntimeException e) {
      System.getLogger("dev.lifebound.memory")
          .log(System.Logger.Level.WARNING, "who hears of a free by C must not throw", e);
    }
  }
}
