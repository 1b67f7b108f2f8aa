package dev.lifebound.memory.handle;

import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerSink;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * What registries and bound maps tell the process's ledger. While none is installed each event is
 * one read of a static field.
 */
final class Chronicle {
  /** Operations that were refused; a handful of constants. */
  private static final ConcurrentMap<String, LedgerName> OPERATIONS = new ConcurrentHashMap<>();

  /** Classes whose frames the name of a map leaves out. */
  private static final Set<Class<?>> OURS =
      Set.of(BoundKeyMap.class, BoundMap.class, Chronicle.class, Evictions.class);

  private Chronicle() {}

  /** The name of a map that was given none: where it was made. */
  static LedgerName placeOfMap() {
    return placeOfMap(OURS);
  }

  /** As above, with the classes that are not the place. */
  static LedgerName placeOfMap(Set<Class<?>> callers) {
    return LedgerName.of(
        Site.capture(callers).frames().stream()
            .findFirst()
            .map(frame -> "map of " + frame)
            .orElse("map"));
  }

  static void allocated(BlockTable table, long handle, long byteSize, Tags.Account account) {
    if (LedgerSink.installed() != null) {
      LedgerSink.allocate(handle, table.addressIfKnown(handle), byteSize, account.name);
    }
  }

  static void adopted(long handle, long address, long byteSize, Tags.Account account) {
    LedgerSink.adopt(handle, address, byteSize, account.name);
  }

  /** Before the memory is free, so that the event is there when the next use of it crashes. */
  static void freed(BlockTable table, long handle, long byteSize, Tags.Account account) {
    if (LedgerSink.installed() != null) {
      LedgerSink.free(handle, table.addressIfKnown(handle), byteSize, account.name);
    }
  }

  static void freedByC(BlockTable table, long handle) {
    if (LedgerSink.installed() != null) {
      int slot = Handles.slot(handle);
      LedgerSink.freeByC(
          handle,
          table.addressIfKnown(handle),
          SlotTable.size(slot),
          table.tags.account(SlotTable.tag(slot)).name);
    }
  }

  static void bound(BlockTable table, long handle, LedgerName map, @Nullable Object key) {
    if (LedgerSink.installed() != null) {
      LedgerSink.bind(handle, table.addressIfKnown(handle), map, key);
    }
  }

  static void unbound(BlockTable table, long handle, LedgerName map, @Nullable Object key) {
    if (LedgerSink.installed() != null) {
      LedgerSink.unbind(handle, table.addressIfKnown(handle), map, key);
    }
  }

  static void staleUse(long handle, String operation) {
    if (LedgerSink.installed() != null) {
      LedgerSink.staleUse(handle, 0, OPERATIONS.computeIfAbsent(operation, LedgerName::of));
    }
  }

  static void doubleRelease(long handle) {
    if (LedgerSink.installed() != null) {
      LedgerSink.doubleFree(handle, 0, OPERATIONS.computeIfAbsent("release", LedgerName::of));
    }
  }

  static void leaked(Leak leak, Tags.Account account) {
    Site site = leak.allocated();
    LedgerSink.leak(
        leak.handle(),
        leak.blocks(),
        leak.bytes(),
        account.name,
        site == null ? List.of() : site.frames());
  }
}
