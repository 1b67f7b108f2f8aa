package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a ledger has of one block, in the order of time.
 *
 * @param block its handle, or the guard's number, or 0 when the events name none
 * @param guardBlock whether the number is the guard's
 * @param address of its first byte, 0 when not known
 * @param size in bytes, 0 when not known
 * @param tag what it was for, or the library that allocated it
 * @param allocated how it came, or null when the ledger no longer has that
 * @param freed how it went, or null when it lives as far as the ledger knows
 * @param events all of them
 */
public record BlockLife(
    long block,
    boolean guardBlock,
    long address,
    long size,
    @Nullable String tag,
    @Nullable LedgerEvent allocated,
    @Nullable LedgerEvent freed,
    List<LedgerEvent> events) {
  public BlockLife {
    events = List.copyOf(events);
  }

  /**
   * One entry of a map that held the block.
   *
   * @param map its name, or null when the text area was full
   * @param key its key as the ledger keeps it, or null
   * @param bound when the entry was made
   * @param unbound when it went, or null: it was there at the end
   */
  public record Binding(
      @Nullable String map,
      @Nullable String key,
      LedgerEvent bound,
      @Nullable LedgerEvent unbound) {}

  /** The life that these events of one block tell. */
  static BlockLife of(List<LedgerEvent> events) {
    long block = 0;
    boolean guard = false;
    long address = 0;
    long size = 0;
    String tag = null;
    LedgerEvent allocated = null;
    LedgerEvent freed = null;
    for (LedgerEvent event : events) {
      boolean begins = isAllocation(event.type());
      boolean ends = isFree(event.type());
      block = event.block() != 0 ? event.block() : block;
      guard |= event.block() != 0 && event.guardBlock();
      if (begins || ends || event.type() == EventType.BIND || event.type() == EventType.UNBIND) {
        address = event.address() != 0 ? event.address() : address;
      }
      size = event.size() != 0 && event.type() != EventType.LEAK ? event.size() : size;
      if (begins || ends) {
        tag = tag == null ? event.name() : tag;
      }
      allocated = begins && allocated == null ? event : allocated;
      freed = ends && freed == null ? event : freed;
    }
    return new BlockLife(block, guard, address, size, tag, allocated, freed, events);
  }

  static boolean isAllocation(EventType type) {
    return type == EventType.ALLOCATE
        || type == EventType.ADOPT
        || type == EventType.ALLOCATE_BY_C
        || type == EventType.REPORT_ALLOCATED;
  }

  static boolean isFree(EventType type) {
    return type == EventType.FREE || type == EventType.FREE_BY_C || type == EventType.REPORT_FREED;
  }

  /** First address behind it. */
  public long end() {
    return address + size;
  }

  boolean contains(long where) {
    return address != 0
        && Long.compareUnsigned(where, address) >= 0
        && Long.compareUnsigned(where, end()) < 0;
  }

  boolean touches(long from, long to) {
    return address != 0
        && Long.compareUnsigned(address, to) < 0
        && Long.compareUnsigned(end(), from) > 0;
  }

  /** The maps that held it, in the order in which they took it. */
  public List<Binding> bindings() {
    List<Binding> bindings = new ArrayList<>();
    for (LedgerEvent event : events) {
      if (event.type() == EventType.BIND) {
        bindings.add(new Binding(event.name(), event.key(), event, null));
      } else if (event.type() == EventType.UNBIND) {
        unbind(bindings, event);
      }
    }
    return bindings;
  }

  private static void unbind(List<Binding> bindings, LedgerEvent event) {
    for (int i = 0; i < bindings.size(); i++) {
      Binding open = bindings.get(i);
      if (open.unbound() == null
          && Objects.equals(open.map(), event.name())
          && Objects.equals(open.key(), event.key())) {
        bindings.set(i, new Binding(open.map(), open.key(), open.bound(), event));
        return;
      }
    }
  }

  /** {@code block 0x12} or {@code guard block 0x12}. */
  public String name() {
    if (block == 0) {
      return "block at 0x" + Long.toHexString(address);
    }
    return (guardBlock ? "guard block 0x" : "block 0x") + Long.toHexString(block);
  }

  /** The name with what it is: {@code block 0x12 of 64 bytes (session)}. */
  String fullName() {
    return name()
        + (size == 0 ? "" : " of " + Words.bytes(size))
        + (tag == null ? "" : " (" + tag + ")");
  }
}
