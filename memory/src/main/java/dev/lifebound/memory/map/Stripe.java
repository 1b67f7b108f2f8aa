package dev.lifebound.memory.map;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The keys whose hashes begin with the same bits: the part of a concurrent map that has one lock
 * and one recycle version. Here is what readers need.
 */
final class Stripe {
  /** The version of a stripe that was split into two: whoever meets it begins again at the root. */
  static final long DEAD = -1;

  /** The bit of a version with which nothing may be read without the lock. */
  static final long UNREADABLE = 1;

  private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);

  /** The number of leading bits that the hashes of all keys share. */
  final int prefixBits;

  /** The least hash that begins with these bits. */
  final long firstHash;

  /**
   * By the bits that follow the prefix: the table. Its length is a power of two, at least two, so
   * that the number of bits is never zero. Replaced by a longer one, never by a shorter.
   */
  volatile long[] directory;

  /** Changes before memory that a reader may still read is written to again. */
  volatile long version;

  final StripeState state;

  // Two lines of padding, since the hardware fetches lines in pairs.
  @SuppressWarnings("unused")
  private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe, pf;

  /**
   * @param hash any one that begins with the stripe's bits
   */
  Stripe(int prefixBits, long hash, long[] directory, StripeState state) {
    this.prefixBits = prefixBits;
    this.firstHash = hash & -(1L << (Long.SIZE - prefixBits));
    this.directory = directory;
    this.state = state;
  }

  /** The directory's entry for this hash. */
  long entryAcquire(long hash) {
    long[] all = directory;
    return (long) ENTRY.getAcquire(all, index(hash, all.length));
  }

  int index(long hash, int length) {
    return (int) ((hash << prefixBits) >>> Long.numberOfLeadingZeros(length - 1));
  }

  static void setEntryRelease(long[] directory, int index, long entry) {
    ENTRY.setRelease(directory, index, entry);
  }

  boolean isDead() {
    return version == DEAD;
  }

  /**
   * Whether what was read since this version was seen is what the map held. The fence keeps the
   * reads before it before the second look at the version.
   */
  boolean isStill(long seen) {
    VarHandle.loadLoadFence();
    return version == seen && (seen & UNREADABLE) == 0;
  }

  /** Under the lock: retired memory may be written to from here on. */
  void recycle() {
    advance(2);
  }

  /** Under the lock: from here on nobody reads without the lock, until the opposite is called. */
  void beginRewrite() {
    advance(UNREADABLE);
  }

  void endRewrite() {
    advance(UNREADABLE);
  }

  private void advance(long by) {
    long next = version + by;
    version = next;
    // The writes that follow must not be seen before the version is.
    VarHandle.fullFence();
  }
}
