package dev.lifebound.memory.arena;

import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Checked mode: every live block by position, so that an access can be held to its block. */
final class BlockLog {
  /** One block; numbers count from 1 in the order of allocation. */
  private record Block(long number, long start, long byteSize) {
    String text() {
      return "#" + number + " (position=" + Position.text(start) + ", size=" + byteSize + ")";
    }
  }

  private final String tag;
  private final NavigableMap<Long, Block> blocks = new ConcurrentSkipListMap<>();
  private final AtomicLong numbers = new AtomicLong();

  BlockLog(String tag) {
    this.tag = tag;
  }

  void add(long start, long byteSize) {
    blocks.put(start, new Block(numbers.incrementAndGet(), start, byteSize));
  }

  /** Forgets the blocks whose slab is dead. */
  void retain(IntPredicate isAlive) {
    blocks.keySet().removeIf(start -> !isAlive.test(Position.slab(start)));
  }

  /** The block that has this byte. */
  private @Nullable Block find(long position) {
    Map.Entry<Long, Block> entry = blocks.floorEntry(position);
    return entry != null && position - entry.getKey() < entry.getValue().byteSize()
        ? entry.getValue()
        : null;
  }

  /** Refuses an access that does not lie in one live block. */
  void check(long position, long bytes) {
    Block block = find(position);
    if (block != null && bytes >= 0 && bytes <= block.start + block.byteSize - position) {
      return;
    }
    throw new OutsideBlockException(
        "an access must stay in its block: position="
            + Position.text(position)
            + ", bytes="
            + bytes
            + ", block="
            + text(block)
            + ", tag="
            + tag);
  }

  /** Refuses arithmetic that leaves its block. */
  void checkMove(long position, long delta) {
    Block from = find(position);
    Block to = find(position + delta);
    if (from == null || !from.equals(to)) {
      throw new OutsideBlockException(
          "position arithmetic must stay in its block: position="
              + Position.text(position)
              + ", delta="
              + delta
              + ", from="
              + text(from)
              + ", to="
              + text(to)
              + ", tag="
              + tag);
    }
  }

  private static String text(@Nullable Block block) {
    return block == null ? "none" : block.text();
  }
}
