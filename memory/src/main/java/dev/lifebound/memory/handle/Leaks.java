package dev.lifebound.memory.handle;

import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds what was not released, and tells the registry's listener. The cleaner runs it. */
final class Leaks implements Runnable {
  private static final System.Logger LOG = System.getLogger("dev.lifebound.memory");

  /** One thread for all registries; it starts with the first of them. */
  static final Cleaner CLEANER = Cleaner.create();

  private final BlockTable table;
  private final Consumer<Leak> listener;

  /** What makes blocks one leak. */
  private record Kind(String tag, @Nullable List<StackTraceElement> allocatedAt) {}

  /** The blocks of one kind while they are counted. */
  private static final class Sum {
    private final long handle;
    private long blocks;
    private long bytes;
    private long leases;

    Sum(long handle) {
      this.handle = handle;
    }
  }

  Leaks(BlockTable table, Consumer<Leak> listener) {
    this.table = table;
    this.listener = listener;
  }

  /**
   * The blocks that have references now. A close is a way to release everything, so that at level
   * {@code off} it reports nothing; a registry that was dropped is always reported.
   */
  List<Leak> live(Leak.Cause cause) {
    if (cause == Leak.Cause.LIVE_AT_CLOSE && table.lives.isOff()) {
      return List.of();
    }
    Map<Kind, Sum> sums = new LinkedHashMap<>();
    table.walk(slot -> {
      long word = SlotTable.stateAcquire(slot);
      if (SlotTable.state(word) == SlotTable.LIVE) {
        add(sums, Handles.of(table.number, SlotTable.generation(word), slot), word);
      }
    });
    List<Leak> leaks = new ArrayList<>(sums.size());
    sums.values().forEach(sum -> leaks.add(leak(cause, sum)));
    return leaks;
  }

  private void add(Map<Kind, Sum> sums, long handle, long word) {
    int slot = Handles.slot(handle);
    Lives.Life life = table.lives.find(handle);
    Kind kind = new Kind(tag(slot), life == null ? null : life.allocated().frames());
    Sum sum = sums.computeIfAbsent(kind, _ -> new Sum(handle));
    sum.blocks++;
    sum.bytes += BlockTable.sizeSeen(slot);
    sum.leases += SlotTable.leases(word);
  }

  private String tag(int slot) {
    return table.tags.name(SlotTable.tag(slot));
  }

  private Leak leak(Leak.Cause cause, Sum sum) {
    Lives.Life life = table.lives.find(sum.handle);
    return new Leak(
        cause,
        tag(Handles.slot(sum.handle)),
        sum.blocks,
        sum.bytes,
        sum.leases,
        sum.handle,
        life == null ? null : life.allocated(),
        life == null ? List.of() : life.touches().newestFirst());
  }

  /**
   * The owner of a reference was dropped: gives the reference back, and reports if there was one.
   */
  void ownerDropped(long handle) {
    long word = SlotTable.stateAcquire(Handles.slot(handle));
    if (!BlockTable.isHeld(word, handle)) {
      return;
    }
    Map<Kind, Sum> sums = new LinkedHashMap<>();
    add(sums, handle, word);
    List<Leak> leaks =
        sums.values().stream().map(sum -> leak(Leak.Cause.OWNER_DROPPED, sum)).toList();
    try {
      if (table.releaseIfHeld(handle, false)) {
        report(leaks);
      }
    } catch (RuntimeException e) {
      report(leaks);
      LOG.log(System.Logger.Level.WARNING, "a dropped block could not be freed cleanly", e);
    }
  }

  /** The registry was dropped, or closed before: closes its table. */
  @Override
  public void run() {
    if (table.isClosed()) {
      return;
    }
    RuntimeException failure = table.close(Leak.Cause.REGISTRY_DROPPED);
    if (failure != null) {
      LOG.log(
          System.Logger.Level.WARNING, "a dropped registry could not be freed cleanly", failure);
    }
  }

  void report(List<Leak> leaks) {
    for (Leak leak : leaks) {
      table.counters.leaked(leak);
      Chronicle.leaked(leak, table.tags.account(leak.tag()));
      try {
        listener.accept(leak);
      } catch (RuntimeException e) {
        LOG.log(
            System.Logger.Level.WARNING, "a leak listener must not throw: leak=" + leak.text(), e);
      }
    }
  }

  /** The default listener. */
  static void log(Leak leak) {
    LOG.log(System.Logger.Level.WARNING, leak::text);
  }
}
