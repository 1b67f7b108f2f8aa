package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * A large tile is freed; the cache of tiles still knows it.
 *
 * <p>{@code malloc} maps a block above its threshold by itself and {@code free} unmaps it, so the
 * read hits no memory. Every page is read: now and then something else has already moved into a
 * part of the hole, but hardly into all of it.
 *
 * <p>Freeing such a block raises glibc's threshold to its size, up to 32 MB. The next block of that
 * size then comes out of the heap, and reading it after its free is silent.
 */
final class LargeBlock implements Victim {
  private static final long PAGE_BYTES = 4096;
  private static final long MARK = 0x7469_6c65_2d34_322eL;
  private static final long OTHER_MARK = 0x7469_6c65_2d34_332eL;
  private static final String KEY = "tile-42";

  private final NativeHeap heap;
  private final long blockBytes;
  private final boolean second;

  /**
   * A story with one size of tiles.
   *
   * @param second whether a tile of this size was freed before
   */
  LargeBlock(NativeHeap heap, long blockBytes, boolean second) {
    this.heap = heap;
    this.blockBytes = blockBytes;
    this.second = second;
  }

  @Override
  public Result unprotected() {
    freeOneBefore();
    Map<String, MemorySegment> tiles = new HashMap<>();
    MemorySegment block = heap.allocate(blockBytes);
    markEveryPage(block, MARK);
    tiles.put(KEY, block);

    Bug.now();
    heap.free(block);

    Result result = readEveryPage(tiles.get(KEY));
    if (second && result instanceof Result.NoHarm) {
      markEveryPage(heap.allocate(blockBytes), OTHER_MARK);
      result = readEveryPage(tiles.get(KEY));
    }
    return result;
  }

  @Override
  public Result protectedRun() {
    freeOneBefore();
    try (Registry registry = Registry.create(Tracking.FULL)) {
      Map<String, Long> tiles = new HashMap<>();
      MemorySegment block = heap.allocate(blockBytes);
      markEveryPage(block, MARK);
      tiles.put(KEY, registry.adopt(block, heap::free, "tile"));

      Bug.now();
      registry.release(tiles.get(KEY));

      try (Lease lease = registry.lease(tiles.get(KEY))) {
        return readEveryPage(lease.segment());
      } catch (StaleHandleException e) {
        return Result.Thrown.of(e);
      }
    }
  }

  private void freeOneBefore() {
    if (second) {
      heap.free(heap.allocate(blockBytes));
    }
  }

  private void markEveryPage(MemorySegment block, long mark) {
    for (long offset = 0; offset < blockBytes; offset += PAGE_BYTES) {
      block.set(JAVA_LONG, offset, mark);
    }
  }

  private Result readEveryPage(MemorySegment block) {
    for (long offset = 0; offset < blockBytes; offset += PAGE_BYTES) {
      long read = block.get(JAVA_LONG, offset);
      if (read != MARK) {
        return new Result.SilentWrongData(
            "at byte %d, wrote %016x, read %016x".formatted(offset, MARK, read));
      }
    }
    return new Result.NoHarm("all pages were read as written");
  }
}
