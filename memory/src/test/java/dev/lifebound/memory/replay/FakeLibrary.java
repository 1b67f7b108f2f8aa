package dev.lifebound.memory.replay;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A C library without C: it hands out blocks, trusts every pointer that it is given, and writes
 * down what would have been a crash, a corruption or a leak.
 *
 * <p>The memory is never reused nor unmapped before {@link #close}, so that a use after a free is
 * always noticed and never harms the test's own process. A freed block is filled with poison.
 */
final class FakeLibrary implements AutoCloseable {
  static final long POISON = 0xDDDD_DDDD_DDDD_DDDDL;
  static final String USE_AFTER_FREE = "use after free";
  static final String DOUBLE_FREE = "double free";
  static final String INVALID_FREE = "free of a pointer that is not a block";

  private static final long BLOCK_BYTES = 64;

  private final Arena arena = Arena.ofShared();
  private final Map<Long, MemorySegment> blocks = new HashMap<>();
  private final Set<Long> freed = new HashSet<>();
  private final List<String> damage = new ArrayList<>();
  private final List<String> freedBy = new ArrayList<>();

  /** A new block whose first word is the value. */
  synchronized MemorySegment open(long value) {
    MemorySegment block = arena.allocate(BLOCK_BYTES, Long.BYTES);
    block.set(JAVA_LONG, 0, value);
    blocks.put(block.address(), block);
    return block;
  }

  /** A new block that refers to another one, as an iterator to its database. */
  synchronized MemorySegment openUnder(MemorySegment parent, long value) {
    read(parent);
    return open(value);
  }

  /** What a native function does with a pointer: it reads through it. */
  synchronized long read(MemorySegment pointer) {
    if (freed.contains(pointer.address())) {
      damage.add(USE_AFTER_FREE);
    }
    return pointer.get(JAVA_LONG, 0);
  }

  /** A native function that runs for a while, and uses its argument before and afterwards. */
  long readAround(MemorySegment pointer, Runnable meanwhile) {
    read(pointer);
    meanwhile.run();
    return read(pointer);
  }

  /** As C's {@code free}: only the address of a block will do. */
  synchronized void free(MemorySegment pointer) {
    MemorySegment block = blocks.get(pointer.address());
    if (block == null) {
      damage.add(INVALID_FREE);
    } else if (!freed.add(block.address())) {
      damage.add(DOUBLE_FREE);
    } else {
      for (long at = 0; at < BLOCK_BYTES; at += Long.BYTES) {
        block.set(JAVA_LONG, at, POISON);
      }
      freedBy.add(Thread.currentThread().getName());
    }
  }

  /** Frees a block whose destructor looks at another one, as an iterator's at its database. */
  synchronized void freeUnder(MemorySegment parent, MemorySegment pointer) {
    read(parent);
    free(pointer);
  }

  /** What would have crashed or corrupted, in order. */
  synchronized List<String> damage() {
    return List.copyOf(damage);
  }

  /** Blocks that nobody has freed. */
  synchronized int liveBlocks() {
    return blocks.size() - freed.size();
  }

  /** The threads that freed, in order. */
  synchronized List<String> freedBy() {
    return List.copyOf(freedBy);
  }

  @Override
  public void close() {
    arena.close();
  }
}
