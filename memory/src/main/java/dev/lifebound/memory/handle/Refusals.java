package dev.lifebound.memory.handle;

import org.jspecify.annotations.Nullable;

/** Words for what a registry refuses: which block, what it was, where it lived and died. */
final class Refusals {
  private final BlockTable table;

  Refusals(BlockTable table) {
    this.table = table;
  }

  StaleHandleException stale(long handle, long word, String operation) {
    return new StaleHandleException(
        text(operation + " must be given the handle of a live block", handle, word));
  }

  DoubleReleaseException doubleRelease(long handle, long word) {
    return new DoubleReleaseException(
        text("a release must give back a reference that is held", handle, word));
  }

  ForeignHandleException foreign(long handle) {
    return new ForeignHandleException(
        "the handle must come from this registry: handle=0x"
            + Long.toHexString(handle)
            + ", itsRegistry="
            + Handles.registry(handle)
            + ", thisRegistry="
            + table.number
            + (handle == 0
                ? "; 0 names no block, look for a map that answered null or a default"
                : "; use the registry that allocated or adopted the block"));
  }

  AlreadyLiveException alreadyLive(long address, long live) {
    return new AlreadyLiveException(
        "an adopted address must not be live already: address=0x"
            + Long.toHexString(address)
            + ", block="
            + Handles.block(live)
            + ", "
            + describe(live)
            + ", registry="
            + table.number
            + "; retain the first handle instead"
            + table.lives.text(live));
  }

  /** The pin of the caller keeps the slot's size the block's. */
  IndexOutOfBoundsException outside(long handle, long at, long bytes) {
    return new IndexOutOfBoundsException(
        "an access must stay in its block: block="
            + Handles.block(handle)
            + ", offset="
            + at
            + ", bytes="
            + bytes
            + ", size="
            + table.size(handle));
  }

  AlreadyLiveException overlaps(
      long address, long byteSize, long live, long liveAddress, long liveByteSize) {
    return new AlreadyLiveException(
        "a new block must not overlap a live one: new="
            + range(address, byteSize)
            + ", block="
            + Handles.block(live)
            + " at "
            + range(liveAddress, liveByteSize)
            + ", "
            + describe(live)
            + ", registry="
            + table.number
            + "; release that block first, or mend the size"
            + table.lives.text(live));
  }

  CheckFailedException strayed(long handle, long address, long bytes, @Nullable Long other) {
    long start = table.address(handle);
    return new CheckFailedException(
        "a pointer must stay in its block: block="
            + Handles.block(handle)
            + " at 0x"
            + Long.toHexString(start)
            + ", "
            + describe(handle)
            + ", pointer="
            + range(address, bytes)
            + ", offset="
            + (address - start)
            + (other == null || other == handle
                ? ", in no other known block"
                : ", in " + named(other))
            + "; look at the arithmetic that made it");
  }

  /** Another block in a message: which, and what it was. */
  String named(long other) {
    return "block=" + Handles.block(other) + ", " + describe(other);
  }

  private static String range(long address, long byteSize) {
    return "0x" + Long.toHexString(address) + "+" + byteSize;
  }

  IllegalStateException tooMany(String what, long handle, int limit, String remedy) {
    return new IllegalStateException(
        "a block must not have more "
            + what
            + ": block="
            + Handles.block(handle)
            + ", "
            + what
            + "="
            + limit
            + "; "
            + remedy);
  }

  DeallocationFailedException deallocation(long handle, Throwable cause) {
    return new DeallocationFailedException(
        "a deallocator must not throw: block="
            + Handles.block(handle)
            + ", "
            + describe(handle)
            + "; the block counts as freed, mend the deallocator",
        cause);
  }

  private String text(String rule, long handle, long word) {
    return rule
        + ": block="
        + Handles.block(handle)
        + ", "
        + describe(handle)
        + ", state="
        + stateText(handle, word)
        + table.lives.text(handle);
  }

  private String stateText(long handle, long word) {
    if (table.isClosed()) {
      return "registry closed";
    }
    if (SlotTable.generation(word) != Handles.generation(handle)) {
      return "freed";
    }
    return switch (SlotTable.state(word)) {
      case SlotTable.FREED_BY_C -> "freed by C";
      case SlotTable.DYING -> "freed, a lease is still open";
      case SlotTable.LIVE -> "live";
      default -> "never allocated";
    };
  }

  /** Size and tag of a block, as far as its record or its slot still knows them. */
  String describe(long handle) {
    Lives.Life life = table.lives.find(handle);
    if (life != null) {
      return "size=" + life.size() + ", tag=" + life.tag();
    }
    int slot = Handles.slot(handle);
    long word = SlotTable.stateAcquire(slot);
    int age = SlotTable.generation(word) - Handles.generation(handle);
    boolean known = age == 0 || (age == 1 && SlotTable.state(word) == SlotTable.DEAD);
    if (!known) {
      return "size=unknown, tag=unknown (the slot has a new block)";
    }
    boolean used = SlotTable.size(slot) != 0;
    return used
        ? "size=" + SlotTable.size(slot) + ", tag=" + table.tags.name(SlotTable.tag(slot))
        : "size=none, tag=none";
  }
}
