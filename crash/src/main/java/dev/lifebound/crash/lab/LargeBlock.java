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
 * A tile of 40 MB is freed; the cache of tiles still knows it.
 *
 * <p>{@code malloc} maps a block of this size by itself and {@code free} unmaps it, so the read
 * hits no memory. Every page is read: now and then something else has already moved into a part of
 * the hole, but hardly into all of it.
 */
final class LargeBlock implements Victim {
  private static final long BLOCK_BYTES = 40L << 20;
  private static final long PAGE_BYTES = 4096;
  private static final long MARK = 0x7469_6c65_2d34_322eL;
  private static final String KEY = "tile-42";

  private final NativeHeap heap;

  LargeBlock(NativeHeap heap) {
    this.heap = heap;
  }

  @Override
  public Result unprotected() {
    Map<String, MemorySegment> tiles = new HashMap<>();
    MemorySegment block = heap.allocate(BLOCK_BYTES);
    markEveryPage(block);
    tiles.put(KEY, block);

    heap.free(block);

    return readEveryPage(tiles.get(KEY));
  }

  @Override
  public Result protectedRun() {
    try (Registry registry = Registry.create(Tracking.FULL)) {
      Map<String, Long> tiles = new HashMap<>();
      MemorySegment block = heap.allocate(BLOCK_BYTES);
      markEveryPage(block);
      tiles.put(KEY, registry.adopt(block, heap::free, "tile"));

      registry.release(tiles.get(KEY));

      try (Lease lease = registry.lease(tiles.get(KEY))) {
        return readEveryPage(lease.segment());
      } catch (StaleHandleException e) {
        return Result.Thrown.of(e);
      }
    }
  }

  private static void markEveryPage(MemorySegment block) {
    for (long offset = 0; offset < BLOCK_BYTES; offset += PAGE_BYTES) {
      block.set(JAVA_LONG, offset, MARK);
    }
  }

  private static Result readEveryPage(MemorySegment block) {
    for (long offset = 0; offset < BLOCK_BYTES; offset += PAGE_BYTES) {
      long read = block.get(JAVA_LONG, offset);
      if (read != MARK) {
        return new Result.SilentWrongData(
            "at byte %d, wrote %016x, read %016x".formatted(offset, MARK, read));
      }
    }
    return new Result.NoHarm("all pages were read as written");
  }
}
