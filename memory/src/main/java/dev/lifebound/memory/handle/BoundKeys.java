package dev.lifebound.memory.handle;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The bound maps whose keys are blocks, by the number that the blocks' slots carry. A key's own map
 * hears of its end through two bytes of the slot, without any object for each entry.
 */
final class BoundKeys {
  static final int MAX_MAPS = (1 << Short.SIZE) - 1;

  private final AtomicReferenceArray<@Nullable StaleListener> maps =
      new AtomicReferenceArray<>(MAX_MAPS + 1);
  private int last;

  /** A number from 1 on. */
  synchronized int register(StaleListener map) {
    for (int tried = 0; tried < MAX_MAPS; tried++) {
      last = last % MAX_MAPS + 1;
      if (maps.compareAndSet(last, null, map)) {
        return last;
      }
    }
    throw new IllegalStateException(
        "a registry must not have more maps with bound keys: maps="
            + MAX_MAPS
            + "; close maps that are not used");
  }

  void unregister(int number) {
    maps.set(number, null);
  }

  void stale(int number, long handle) {
    StaleListener map = maps.get(number);
    if (map != null) {
      map.stale(handle);
    }
  }
}
