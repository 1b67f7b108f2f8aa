package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.LibC;
import dev.lifebound.memory.os.Userfaultfd;

/** Dead pages by {@code userfaultfd(2)}: a missing page raises SIGBUS. One mapping in all. */
final class UserfaultfdPages implements DeadPages {
  private final long address;
  private final long bytes;
  private final Userfaultfd faults;

  UserfaultfdPages(long bytes) {
    this.bytes = bytes;
    this.faults = Userfaultfd.open();
    long mapped = 0;
    try {
      mapped =
          LibC.mmap(
              0,
              bytes,
              LibC.PROT_READ_WRITE,
              LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_NORESERVE,
              -1,
              0);
      faults.register(mapped, bytes);
    } catch (RuntimeException e) {
      if (mapped != 0) {
        LibC.munmap(mapped, bytes);
      }
      faults.close();
      throw e;
    }
    this.address = mapped;
  }

  @Override
  public GuardPool.Variant variant() {
    return GuardPool.Variant.USERFAULTFD;
  }

  @Override
  public long address() {
    return address;
  }

  @Override
  public void revive(long at, long length) {
    faults.fillWithZeroes(at, length);
  }

  @Override
  public void kill(long at, long length) {
    LibC.dropPages(at, length);
  }

  @Override
  public void close() {
    // First bury, then close: without the descriptor a missing page would read as zeroes again.
    RemappedPages.bury(address, bytes);
    faults.close();
  }
}
