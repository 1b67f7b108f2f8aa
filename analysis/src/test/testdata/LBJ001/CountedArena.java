package testdata;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Row A22: shared arenas by name, each closed when its count comes to zero. */
class CountedArenas {
  private final ConcurrentHashMap<String, CountedArena> arenas = new ConcurrentHashMap<>();

  MemorySegment open(String name) {
    CountedArena arena = arenas.computeIfAbsent(name, n -> new CountedArena(() -> arenas.remove(n)));
    arena.acquire();
    return arena.allocate(8, 8);
  }

  void done(String name) {
    CountedArena arena = arenas.get(name);
    if (arena != null) {
      arena.close();
    }
  }
}

final class CountedArena implements Arena {
  private final Arena arena = Arena.ofShared();
  private final AtomicInteger count = new AtomicInteger();
  private final Runnable onClose;

  CountedArena(Runnable onClose) {
    this.onClose = onClose;
  }

  void acquire() {
    count.incrementAndGet();
  }

  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    return arena.allocate(bytes, alignment);
  }

  @Override
  public MemorySegment.Scope scope() {
    return arena.scope();
  }

  @Override
  public void close() {
    if (count.decrementAndGet() == 0) {
      onClose.run();
      arena.close();
    }
  }
}
