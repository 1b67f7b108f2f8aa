package dev.lifebound.memory.ledger;

import static dev.lifebound.memory.ledger.Layout.ADDRESS_OFFSET;
import static dev.lifebound.memory.ledger.Layout.BLOCK_OFFSET;
import static dev.lifebound.memory.ledger.Layout.CHECK_SHIFT;
import static dev.lifebound.memory.ledger.Layout.COMMIT_OFFSET;
import static dev.lifebound.memory.ledger.Layout.HEAD_OFFSET;
import static dev.lifebound.memory.ledger.Layout.KEY_OFFSET;
import static dev.lifebound.memory.ledger.Layout.LONG;
import static dev.lifebound.memory.ledger.Layout.LONGS;
import static dev.lifebound.memory.ledger.Layout.RECORD_SHIFT;
import static dev.lifebound.memory.ledger.Layout.REFS_OFFSET;
import static dev.lifebound.memory.ledger.Layout.SEQUENCE_MASK;
import static dev.lifebound.memory.ledger.Layout.SIZE_OFFSET;
import static dev.lifebound.memory.ledger.Layout.STRIPE_HEADER_BYTES;
import static dev.lifebound.memory.ledger.Layout.THREAD_OFFSET;
import static dev.lifebound.memory.ledger.Layout.TIME_OFFSET;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * A ring of records with one writer at a time.
 *
 * <p>The object is immutable, and what changes lies in the file: two threads that write their own
 * stripes share no cache line that either of them changes.
 */
final class Stripe {
  /** The thread that may write, or {@link #NO_THREAD}. */
  final long threadId;

  final int index;
  private final MemorySegment segment;
  private final long mask;

  /** Java numbers its threads from 1. */
  static final long NO_THREAD = 0;

  /**
   * @param segment header and records
   * @param mask records less one; records are a power of two
   */
  Stripe(int index, MemorySegment segment, long mask, long threadId) {
    this.index = index;
    this.segment = segment;
    this.mask = mask;
    this.threadId = threadId;
  }

  /** The same stripe in the hands of another thread. */
  Stripe ownedBy(long newThreadId) {
    return new Stripe(index, segment, mask, newThreadId);
  }

  /*
   * The order of the stores is the format. A process may end between any two of them; what it has
   * stored by then is in the page cache, in program order. The commit word is cleared first, so that no
   * reader takes the old record's word for the new fields, and written last.
   *
   * The head is moved after that. If it was not, for an asynchronous exception, the next event takes the
   * same slot and the same sequence number, so that there is never a hole.
   */

  /**
   * Appends one event. The caller is the only writer.
   *
   * @param kind type and flags in their place in the commit word
   * @param thread below 2^48
   */
  void append(
      long kind, long time, long address, long size, long block, long key, long refs, long thread) {
    MemorySegment file = segment;
    long head = file.get(LONG, HEAD_OFFSET);
    long at = STRIPE_HEADER_BYTES + ((head & mask) << RECORD_SHIFT);
    write(
        file,
        at,
        kind | ((head + 1) & SEQUENCE_MASK),
        time,
        address,
        size,
        block,
        key,
        refs,
        thread);
    file.set(LONG, HEAD_OFFSET, head + 1);
  }

  private static void write(
      MemorySegment file,
      long at,
      long commit,
      long time,
      long address,
      long size,
      long block,
      long key,
      long refs,
      long thread) {
    long check = Layout.check(commit, time, address, size, block, key, refs, thread);
    file.set(LONG, at + COMMIT_OFFSET, 0);
    VarHandle.storeStoreFence();
    file.set(LONG, at + TIME_OFFSET, time);
    file.set(LONG, at + ADDRESS_OFFSET, address);
    file.set(LONG, at + SIZE_OFFSET, size);
    file.set(LONG, at + BLOCK_OFFSET, block);
    file.set(LONG, at + KEY_OFFSET, key);
    file.set(LONG, at + REFS_OFFSET, refs);
    file.set(LONG, at + THREAD_OFFSET, (check << CHECK_SHIFT) | thread);
    LONGS.setRelease(file, at + COMMIT_OFFSET, commit);
  }

  /** As {@link #append}, in a stripe that machine code writes as well: the place is taken first. */
  void appendAmongMany(
      long kind, long time, long address, long size, long block, long key, long refs, long thread) {
    MemorySegment file = segment;
    long head = (long) LONGS.getAndAdd(file, (long) HEAD_OFFSET, 1L);
    long at = STRIPE_HEADER_BYTES + ((head & mask) << RECORD_SHIFT);
    write(
        file,
        at,
        kind | ((head + 1) & SEQUENCE_MASK),
        time,
        address,
        size,
        block,
        key,
        refs,
        thread);
  }

  /** Events appended so far, as another thread may see it. */
  long headOpaque() {
    return (long) LONGS.getOpaque(segment, (long) HEAD_OFFSET);
  }

  /** The time of the newest event, or the least number when there is none. */
  long newestTime() {
    long head = headOpaque();
    return head == 0
        ? Long.MIN_VALUE
        : segment.get(
            LONG, STRIPE_HEADER_BYTES + (((head - 1) & mask) << RECORD_SHIFT) + TIME_OFFSET);
  }

  /** Says in the file what the stripe is for. */
  void describe(int kind) {
    segment.set(Layout.INT, Layout.KIND_OFFSET, kind);
  }

  /** Says in the file whose stripe this is from now on. */
  void describeOwner(String name, long since) {
    byte[] text = Utf8.cut(name, Layout.NAME_MAX_BYTES);
    // A reader in between sees an owner without a name.
    segment.set(Layout.INT, Layout.NAME_LENGTH_OFFSET, 0);
    VarHandle.releaseFence();
    segment.set(LONG, Layout.OWNER_OFFSET, threadId);
    segment.set(LONG, Layout.SINCE_OFFSET, since);
    MemorySegment.copy(
        text, 0, segment, java.lang.foreign.ValueLayout.JAVA_BYTE, Layout.NAME_OFFSET, text.length);
    VarHandle.releaseFence();
    segment.set(Layout.INT, Layout.NAME_LENGTH_OFFSET, text.length);
  }

  MemorySegment segment() {
    return segment;
  }
}
