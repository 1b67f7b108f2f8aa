package dev.lifebound.memory.handle;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;

/**
 * An object that owns one reference to a block, for a program that would rather hold an object than
 * a handle.
 *
 * <p>{@link #close} gives the reference back. A {@code Block} that becomes unreachable before is a
 * bug with a net below it: a cleaner gives the reference back some time after a garbage collection,
 * and reports a {@link Leak} to the registry's listener. Every access pins the block and keeps this
 * object reachable until it is done, so that neither a close by another thread nor the cleaner can
 * free the memory under it.
 *
 * <p>Offsets are bytes from the block's start; every access is bounded by the block. Each costs a
 * pin; for many, open a {@link #lease}. Any thread may call any method.
 */
public final class Block implements AutoCloseable {
  private final Registry registry;
  private final long handle;
  private final Ownership ownership;
  private final Cleaner.Cleanable cleanable;

  /** What the cleaner keeps: the table and the handle, and neither owner nor registry. */
  private static final class Ownership implements Runnable {
    private final BlockTable table;
    private final long handle;
    private volatile boolean closed;

    Ownership(BlockTable table, long handle) {
      this.table = table;
      this.handle = handle;
    }

    @Override
    public void run() {
      if (closed) {
        table.releaseIfHeld(handle, false);
      } else {
        table.leaks.ownerDropped(handle);
      }
    }
  }

  /** Takes over one reference of the caller's. */
  Block(Registry registry, long handle) {
    this.registry = registry;
    this.handle = handle;
    this.ownership = new Ownership(registry.table(), handle);
    this.cleanable = Leaks.CLEANER.register(this, ownership);
  }

  /** The handle, which is stale as soon as the last reference is given back. */
  public long handle() {
    return handle;
  }

  /** Bytes of the block. */
  public long byteSize() {
    try (Lease lease = lease()) {
      return lease.byteSize();
    }
  }

  /**
   * Pins the block for several accesses. The lease outlives a close of this object.
   *
   * @throws BlockClosedException after {@link #close}
   * @throws StaleHandleException when the block has ended in another way: its registry was closed,
   *     its parent ended, C freed it
   */
  public Lease lease() {
    if (ownership.closed) {
      throw new BlockClosedException(
          "a block's owner must be open: block="
              + Handles.block(handle)
              + "; use it before its close()");
    }
    try {
      return registry.lease(handle);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  public byte getByte(long at) {
    try (Lease lease = lease()) {
      return lease.getByte(at);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  public void setByte(long at, byte value) {
    try (Lease lease = lease()) {
      lease.setByte(at, value);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  public int getInt(long at) {
    try (Lease lease = lease()) {
      return lease.getInt(at);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  public void setInt(long at, int value) {
    try (Lease lease = lease()) {
      lease.setInt(at, value);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  public long getLong(long at) {
    try (Lease lease = lease()) {
      return lease.getLong(at);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  public void setLong(long at, long value) {
    try (Lease lease = lease()) {
      lease.setLong(at, value);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  public double getDouble(long at) {
    try (Lease lease = lease()) {
      return lease.getDouble(at);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  public void setDouble(long at, double value) {
    try (Lease lease = lease()) {
      lease.setDouble(at, value);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Copies {@code length} bytes from the block at {@code at} into {@code target}. */
  public void read(long at, byte[] target, int from, int length) {
    try (Lease lease = lease()) {
      lease.read(at, target, from, length);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Copies {@code length} bytes of {@code source} into the block at {@code at}. */
  public void write(long at, byte[] source, int from, int length) {
    try (Lease lease = lease()) {
      lease.write(at, source, from, length);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Gives the reference back; the block is freed when it was the last one and no lease is open.
   * Later calls do nothing, nor does a close after the block has ended in another way.
   *
   * @throws DeallocationFailedException when the deallocator threw; the block counts as freed
   */
  @Override
  public void close() {
    try {
      ownership.closed = true;
      cleanable.clean();
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public String toString() {
    return "Block[block=" + Handles.block(handle) + ", open=" + !ownership.closed + "]";
  }
}
