package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifebound.memory.guard.GuardPool;
import dev.lifebound.memory.guard.GuardUnavailableException;
import dev.lifebound.memory.guard.UseAfterFreeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Java keeps a pointer to the state of a C library's session; the library frees that block itself,
 * when the session ends.
 *
 * <p>No handle can help here, since the free is not ours to see. Protected, the library's memory
 * comes from a guard pool: a freed block's page is dead, and touching it is a Java exception.
 * Unprotected it comes from {@code malloc}; sessions opened later overwrite the block.
 */
final class DeadPage implements Victim {
  private static final int MOST_SESSIONS = 100;
  private static final String KEY = "upload-7";

  private final NativeHeap heap;
  private final LibraryChoice choice;

  DeadPage(NativeHeap heap, LibraryChoice choice) {
    this.heap = heap;
    this.choice = choice;
  }

  @Override
  public Result unprotected() {
    Optional<HookedLibrary> library = HookedLibrary.find(choice, Path.of(""));
    return library.isEmpty() ? noLibrary() : onPlainHeap(library.get());
  }

  @Override
  public Result protectedRun() {
    Optional<HookedLibrary> library = HookedLibrary.find(choice, Path.of(""));
    if (library.isEmpty()) {
      return noLibrary();
    }
    try (GuardPool pool = GuardPool.open()) {
      return onGuardedPages(library.get(), pool);
    } catch (GuardUnavailableException e) {
      return new Result.NotRun("the guard cannot arm: " + e.getMessage());
    }
  }

  private Result onPlainHeap(HookedLibrary library) {
    Map<String, MemorySegment> states = new HashMap<>();
    BlockHooks hooks = new BlockHooks(new HeapBlocks(heap), Arena.global());
    HookedLibrary.Session session = library.open(hooks);
    MemorySegment block = hooks.blockAround(session.state());
    byte[] before = block.toArray(JAVA_BYTE);
    states.put(KEY, block);

    Bug.now();
    session.close();

    Result result = Bytes.compare(before, states.get(KEY).toArray(JAVA_BYTE));
    for (int i = 0; i < MOST_SESSIONS && result instanceof Result.NoHarm; i++) {
      library.open(hooks);
      result = Bytes.compare(before, states.get(KEY).toArray(JAVA_BYTE));
    }
    return result;
  }

  private static Result onGuardedPages(HookedLibrary library, GuardPool pool) {
    Map<String, MemorySegment> states = new HashMap<>();
    BlockHooks hooks = new BlockHooks(new GuardedBlocks(pool), Arena.global());
    HookedLibrary.Session session = library.open(hooks);
    MemorySegment block = hooks.blockAround(session.state());
    byte[] before = block.toArray(JAVA_BYTE);
    states.put(KEY, block);

    Bug.now();
    session.close();

    try {
      return Bytes.compare(before, pool.access(states.get(KEY), dead -> dead.toArray(JAVA_BYTE)));
    } catch (UseAfterFreeException e) {
      return Result.Thrown.of(e);
    }
  }

  private static Result noLibrary() {
    return new Result.NotRun(
        "neither zlib nor a C compiler was found; install zlib (libz.so.1) or a C compiler (cc)");
  }

  /** Blocks from {@code malloc}. */
  private record HeapBlocks(NativeHeap heap) implements BlockHooks.Source {
    @Override
    public MemorySegment allocate(long byteSize) {
      return heap.allocate(byteSize);
    }

    @Override
    public void free(MemorySegment block) {
      heap.free(block);
    }
  }

  /** Blocks from the guard pool. */
  private record GuardedBlocks(GuardPool pool) implements BlockHooks.Source {
    @Override
    public MemorySegment allocate(long byteSize) {
      return pool.allocate(byteSize);
    }

    @Override
    public void free(MemorySegment block) {
      pool.free(block.address());
    }
  }
}
