package dev.lifebound.memory.arena;

import org.jspecify.annotations.Nullable;

/**
 * A moment of an arena to which {@link MapArena#rollback} takes it back, once.
 *
 * <p>Marks nest. A mark is stale after it was rolled back to or kept, after the same was done with
 * a mark made before it, and after a reset.
 */
public final class Mark {
  final Bump owner;
  final @Nullable Mark parent;
  final int usedCount;
  final int current;
  final long cursor;
  final long end;
  final int epochs;
  boolean stale;

  Mark(
      Bump owner,
      @Nullable Mark parent,
      int usedCount,
      int current,
      long cursor,
      long end,
      int epochs) {
    this.owner = owner;
    this.parent = parent;
    this.usedCount = usedCount;
    this.current = current;
    this.cursor = cursor;
    this.end = end;
    this.epochs = epochs;
  }
}
