package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.LibC;

/**
 * Dead pages by mapping: a page mapped beyond the end of an empty in-memory file raises SIGBUS.
 *
 * <p>Each page keeps its own offset in the file, so that the kernel can merge neighbours into one
 * mapping; at worst every other page is one.
 */
final class RemappedPages implements DeadPages {
  private final long address;
  private final long bytes;
  private final int emptyFile;

  RemappedPages(long bytes) {
    this.bytes = bytes;
    this.emptyFile = LibC.memfdCreate("lifebound-dead-pages");
    try {
      this.address = LibC.mmap(0, bytes, LibC.PROT_READ_WRITE, LibC.MAP_SHARED, emptyFile, 0);
    } catch (RuntimeException e) {
      LibC.close(emptyFile);
      throw e;
    }
  }

  /**
   * Maps a whole range onto an empty file, over whatever was there.
   *
   * <p>Safety: the caller owns the range.
   */
  static void bury(long address, long bytes) {
    int file = LibC.memfdCreate("lifebound-dead-pages");
    try {
      // The mapping keeps the file alive after its descriptor is closed.
      LibC.mmap(address, bytes, LibC.PROT_READ_WRITE, LibC.MAP_SHARED | LibC.MAP_FIXED, file, 0);
    } finally {
      LibC.close(file);
    }
  }

  @Override
  public GuardPool.Variant variant() {
    return GuardPool.Variant.REMAP;
  }

  @Override
  public long address() {
    return address;
  }

  @Override
  public void revive(long at, long length) {
    LibC.mmap(
        at,
        length,
        LibC.PROT_READ_WRITE,
        LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_FIXED,
        -1,
        0);
  }

  @Override
  public void kill(long at, long length) {
    LibC.mmap(
        at,
        length,
        LibC.PROT_READ_WRITE,
        LibC.MAP_SHARED | LibC.MAP_FIXED,
        emptyFile,
        at - address);
  }

  @Override
  public void close() {
    bury(address, bytes);
    LibC.close(emptyFile);
  }
}
