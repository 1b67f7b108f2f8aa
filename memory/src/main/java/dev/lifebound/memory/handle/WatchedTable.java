package dev.lifebound.memory.handle;

import org.jspecify.annotations.Nullable;

/**
 * A table that looks closer: at tracking level {@code full} it remembers who touched each block,
 * and in checked mode it verifies what is leased.
 *
 * <p>A class of its own, so that a program without watched tables runs the plain methods alone: the
 * compiler then knows no other, and what is off costs nothing.
 */
final class WatchedTable extends BlockTable {
  private final @Nullable CheckedAddresses checked;

  WatchedTable(int number, RegistryBuilder settings, Runnable whenEmpty) {
    super(number, settings, whenEmpty);
    this.checked = addresses instanceof CheckedAddresses all ? all : null;
  }

  @Override
  void retain(long handle) {
    super.retain(handle);
    lives.touched(handle, "retain");
  }

  @Override
  void release(long handle) {
    // Before, since the life may be over afterwards.
    lives.touched(handle, "release");
    super.release(handle);
  }

  @Override
  void pin(long handle, String operation) {
    super.pin(handle, operation);
    try {
      look(handle, operation);
    } catch (RuntimeException e) {
      unpin(handle);
      throw e;
    }
  }

  @Override
  Lease lease(long handle) {
    Lease lease = super.lease(handle);
    lease.belongTo(Thread.currentThread());
    try {
      look(handle, "lease");
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
    return lease;
  }

  /** The block is pinned. */
  private void look(long handle, String operation) {
    if (checked != null) {
      checked.verify(handle);
    }
    lives.touched(handle, operation);
  }

  @Override
  void checkInside(long handle, long address, long bytes) {
    if (checked == null) {
      return;
    }
    super.pin(handle, "check");
    try {
      checked.checkInside(handle, address, bytes);
    } finally {
      unpin(handle);
    }
  }

  @Override
  void checkBorrowed(long handle, long address, long bytes) {
    if (checked != null) {
      checked.checkBorrowed(handle, address, bytes);
    }
  }

  @Override
  CheckFailedException strayed(long handle, long address, long bytes) {
    return checked == null
        ? super.strayed(handle, address, bytes)
        : refusals.strayed(handle, address, bytes, checked.holderOf(address, bytes, handle));
  }

  @Override
  IndexOutOfBoundsException outside(long handle, long at, long bytes) {
    IndexOutOfBoundsException plain = super.outside(handle, at, bytes);
    if (checked == null) {
      return plain;
    }
    long address = address(handle) + at;
    Long other = checked.holderOf(address, bytes, handle);
    return other == null || other == handle
        ? plain
        : new IndexOutOfBoundsException(
            plain.getMessage() + "; it would touch " + refusals.named(other));
  }
}
