package dev.lifebound.memory.arena;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Finds out, after a slab has refused an access, exactly why. */
final class Refusal {
  private Refusal() {}

  /** The slab of any position; one without bytes where there is none. */
  static MemorySegment slab(MemorySegment[] table, long position) {
    int slab = Position.slab(position);
    return slab >= 0 && slab < table.length ? table[slab] : MemorySegment.NULL;
  }

  /** What to throw, with what the slab said as its cause. */
  @SuppressWarnings("ReferenceEquality") // the cause itself may be what is thrown
  static RuntimeException of(
      MapArena arena, long position, long bytes, @Nullable RuntimeException cause) {
    if (cause instanceof IllegalStateException && isAlive(arena, position)) {
      return cause;
    }
    RuntimeException exact = exact(arena, position, bytes);
    if (cause != null) {
      exact.initCause(cause);
    }
    return exact;
  }

  private static boolean isAlive(MapArena arena, long position) {
    return arena.isOpen() && slab(arena.table, position).scope().isAlive();
  }

  private static RuntimeException exact(MapArena arena, long position, long bytes) {
    if (!arena.isOpen()) {
      return arena.bump.epochs.closed();
    }
    MemorySegment slab = slab(arena.table, position);
    if (!slab.scope().isAlive()) {
      return new RolledBackException(
          "a block must not be used after the rollback or reset that ended it: position="
              + Position.text(position)
              + ", tag="
              + arena.tag());
    }
    return new IndexOutOfBoundsException(
        "an access must stay in its slab: position="
            + Position.text(position)
            + ", bytes="
            + bytes
            + ", slab="
            + Position.slab(position)
            + ", slabBytes="
            + slab.byteSize()
            + ", tag="
            + arena.tag()
            + (position == 0 ? "; position 0 is no block" : ""));
  }
}
