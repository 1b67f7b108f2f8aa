package testdata;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** Nothing here deserves a word. */
class Safe {
  private final Map<String, MemorySegment> byName = new ConcurrentHashMap<>();
  private final Map<String, byte[]> copies = new HashMap<>();

  void localMap(String name) {
    try (Arena arena = Arena.ofConfined()) {
      Map<String, MemorySegment> local = new HashMap<>();
      local.put(name, arena.allocate(8));
    }
  }

  void removedBeforeTheEnd(String name) {
    try (Arena arena = Arena.ofConfined()) {
      byName.put(name, arena.allocate(8));
      byName.remove(name); // mutant drop LBJ001
    }
  }

  void removedInFinally(String name) {
    try (Arena arena = Arena.ofConfined()) {
      byName.put(name, arena.allocate(8));
      try {
        work();
      } finally {
        byName.remove(name); // mutant drop LBJ001
      }
    }
  }

  void clearedBeforeTheEnd(String name) {
    Arena arena = Arena.ofShared();
    byName.put(name, arena.allocate(8));
    byName.clear(); // mutant drop LBJ001, swap LBJ001
    arena.close();
  }

  void overwritten(String name) {
    try (Arena arena = Arena.ofConfined()) {
      byName.put(name, arena.allocate(8));
      byName.put(name, Arena.global().allocate(8)); // mutant drop LBJ001
    }
  }

  void copied(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(8);
      copies.put(name, segment.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    }
  }

  void automatic(String name) {
    byName.put(name, Arena.ofAuto().allocate(8));
  }

  void anotherArena(String name) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment temporary = scratch.allocate(8);
      byName.put(name, Arena.global().allocate(8).copyFrom(temporary));
    }
  }

  void closedOnlyOnFailure(String name) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment segment = arena.allocate(8);
      work();
      byName.put(name, segment);
    } catch (IllegalStateException e) {
      arena.close();
      throw e;
    }
  }

  void emptiedByAHelper(String name) {
    try (Arena arena = Arena.ofConfined()) {
      byName.put(name, arena.allocate(8));
      forget(name); // mutant drop LBJ001
    }
  }

  private void forget(String name) {
    byName.remove(name); // mutant drop LBJ001
  }

  private void work() {}

  /** Clear, then close. */
  static final class ClearThenClose implements AutoCloseable {
    private final Map<String, MemorySegment> blocks = new ConcurrentHashMap<>();
    private Arena arena = Arena.ofShared();

    void add(String name) {
      blocks.put(name, arena.allocate(8));
    }

    MemorySegment find(String name) {
      return blocks.get(name);
    }

    void reset() {
      blocks.clear(); // mutant drop LBJ001, swap LBJ001
      arena.close();
      arena = Arena.ofShared();
    }

    @Override
    public void close() {
      blocks.clear(); // mutant drop LBJ001, swap LBJ001
      arena.close();
    }
  }

  /** Nobody can look after the close: the map is read only where the owner is closed. */
  static final class Registry implements AutoCloseable {
    private final Map<String, MemorySegment> blocks = new ConcurrentHashMap<>();
    private final Arena arena = Arena.ofShared();

    void add(String name) {
      blocks.put(name, arena.allocate(8));
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  /** A closed flag is set first. */
  static final class Flagged implements AutoCloseable {
    private final Map<String, MemorySegment> blocks = new ConcurrentHashMap<>();
    private final Arena arena = Arena.ofShared();
    private final AtomicBoolean closed = new AtomicBoolean();

    void add(String name) {
      blocks.put(name, arena.allocate(8));
    }

    MemorySegment find(String name) {
      if (closed.get()) {
        throw new IllegalStateException("closed");
      }
      return blocks.get(name);
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        arena.close();
      }
    }
  }

  /** Row A27: the arena is a field, collected with the map; segments are recycled. */
  static final class Transfers {
    private final Map<MemorySegment, String> byUrb = new HashMap<>();
    private final Arena arena = Arena.ofAuto();

    synchronized void submit(String transfer) {
      byUrb.put(arena.allocate(64), transfer);
    }

    synchronized String reap(MemorySegment urb) {
      return byUrb.remove(urb);
    }
  }
}
