package dev.lifebound.memory.arena;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The single-owner form: no synchronisation, and one comparison to refuse a second thread. */
final class SingleArena extends MapArena {
  /*
   * The fast path asks one question, whether the caller is the thread that may take it. Everything
   * rare is an answer of "no": the arena has no owner yet, another one, is closed, zeroes its blocks
   * or is in checked mode. Ownership itself is claimed by compare-and-set, so that two threads that
   * come first at the same time do not both have it.
   */
  private @Nullable Thread fast;

  /** The owner, while the arena is open. */
  private @Nullable Thread known;

  /*
   * The bump's cursor and end, held here while the owner allocates and given back around every
   * other operation. A field of the receiver is stored and loaded again by a plain base and
   * displacement, which the processor forwards faster than through a second object.
   */
  private long cursor;
  private long end;

  private final AtomicReference<@Nullable Thread> owner = new AtomicReference<>();

  SingleArena(ArenaSettings settings) {
    super(settings);
  }

  @Override
  public long allocateBlock(long bytes) {
    long start = cursor;
    // Unsigned, so that a size of 0 or less fails too.
    if (Thread.currentThread() == fast && Long.compareUnsigned(bytes - 1, end - start) < 0) {
      cursor = start + Bump.roundUp(bytes, Bump.UNIT);
      return start;
    }
    return place(bytes, Bump.UNIT);
  }

  @Override
  public long allocateBlock(long bytes, long alignment) {
    checkAlignment(alignment);
    return alignment <= Bump.UNIT ? allocateBlock(bytes) : place(bytes, alignment);
  }

  private long place(long bytes, long alignment) {
    checkSize(bytes);
    claim();
    bump.cursor = cursor;
    long position = bump.allocate(bytes, alignment);
    hold();
    finish(position, bytes);
    return position;
  }

  /** Takes cursor and end over from the bump. */
  private void hold() {
    MemorySegment[] now = bump.slabs.table();
    // A table is replaced by longer ones only; an idle volatile write would cost more than the
    // rest.
    if (table.length != now.length) {
      table = now;
    }
    cursor = bump.cursor;
    end = bump.end;
  }

  /** Makes the caller the owner, or refuses it. */
  private void claim() {
    Thread caller = Thread.currentThread();
    if (caller == known) {
      return;
    }
    bump.epochs.checkOpen();
    Thread witness = owner.compareAndExchange(null, caller);
    if (witness != null && witness != caller) {
      throw new NotOwnerException(
          "a single-owner arena must be used by its owner: owner="
              + text(witness)
              + ", caller="
              + text(caller)
              + ", tag="
              + tag()
              + "; let the owner call handOver() first, or build a shared arena");
    }
    known = caller;
    fast = settings.checked() || settings.zeroRecycled() ? null : caller;
  }

  private static String text(Thread thread) {
    return thread.getName() + "#" + thread.threadId();
  }

  @Override
  public Mark mark() {
    claim();
    bump.cursor = cursor;
    Mark mark = bump.mark();
    hold();
    return mark;
  }

  @Override
  public void rollback(Mark mark) {
    claim();
    bump.cursor = cursor;
    try {
      bump.rollback(mark);
    } finally {
      hold();
      forgetDead();
    }
  }

  @Override
  public void keep(Mark mark) {
    claim();
    bump.keep(mark);
  }

  @Override
  public void reset() {
    claim();
    bump.cursor = cursor;
    try {
      bump.reset();
    } finally {
      hold();
      forgetDead();
    }
  }

  private void forgetDead() {
    if (log != null) {
      log.retain(bump.slabs::isAlive);
    }
  }

  @Override
  public void handOver() {
    claim();
    fast = null;
    known = null;
    owner.set(null);
  }

  @Override
  public void close() {
    // In this order, so that whoever was refused once gets no block afterwards.
    fast = null;
    known = null;
    bump.epochs.close();
  }

  @Override
  public long reservedBytes() {
    return isOpen() ? bump.slabs.reservedBytes() : 0;
  }
}
