package dev.lifebound.memory.ledger;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Which thread writes which stripe.
 *
 * <p>A platform thread gets a stripe of its own at its first event and keeps it. When all have been
 * given, one whose thread has died is given on: of those the one whose newest event is the oldest,
 * so that a thread that died just now stays readable longest. The new owner goes on in the ring
 * where the old one stopped, and so overwrites the oldest events first.
 *
 * <p>A virtual thread, of which there may be millions, and a platform thread that finds no stripe
 * borrow a shared one for the time of one event. There are several times as many as processors;
 * somebody's failed try costs it a step to the next one.
 */
final class Stripes {
  private static final int NAME_WORDS = 4;

  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A claim in each cache line and its neighbour, which processors fetch together. */
  private static final int CLAIM_STRIDE = 16;

  private static final int CLAIM_ROUNDS = 1_000;
  private static final long FREE = 0;
  private static final long CLAIMED = 1;
  private static final double TABLE_LOAD = 0.25;

  /**
   * @param order how many owners there were before: of two whose newest events fell into one tick
   *     the one that came first gives way
   */
  private record Owner(WeakReference<Thread> thread, long order) {
    boolean isDead() {
      Thread known = thread.get();
      return known == null || !known.isAlive();
    }
  }

  /*
   * The table finds a thread's stripe by the thread's number: open addressing with a step of one, at
   * most a quarter full. It is read without a lock and replaced as a whole under the lock. A reader may
   * see an older table, or, since nothing orders the array's elements, an empty place: it then comes
   * through the lock and finds its stripe there. What it finds is right in any case, as a stripe object is
   * immutable and a thread's stripe is never taken away while it lives.
   */
  private @Nullable Stripe[] table;

  private final Stripe[] own;
  private final List<Owner> owners = new ArrayList<>();
  private long registered;
  private final Stripe[] shared;
  private final AtomicLongArray claims;
  private volatile long noneBefore = Long.MIN_VALUE;

  /**
   * @param own for platform threads
   * @param shared a power of two
   */
  Stripes(Stripe[] own, Stripe[] shared) {
    this.own = own;
    this.shared = shared;
    this.claims = new AtomicLongArray((shared.length + 2) * CLAIM_STRIDE);
    this.table = empty(own.length);
  }

  private static @Nullable Stripe[] empty(int owners) {
    int least = (int) (Math.max(1, owners) / TABLE_LOAD);
    return new @Nullable Stripe[Integer.highestOneBit(2 * least - 1)];
  }

  /** The stripe of the thread with this number, or null: look again with {@link #find}. */
  @Nullable Stripe quick(long threadId) {
    @Nullable Stripe[] stripes = table;
    Stripe stripe = stripes[(int) threadId & (stripes.length - 1)];
    return stripe != null && stripe.threadId == threadId ? stripe : null;
  }

  /** The current thread's own stripe, or null when it must borrow. */
  @Nullable Stripe find(Thread thread) {
    if (thread.isVirtual()) {
      return null;
    }
    Stripe known = probe(table, thread.threadId());
    if (known != null) {
      return known;
    }
    // Rounding makes this a little early or late; it only keeps a crowd from searching all the
    // time.
    return System.nanoTime() - noneBefore < 0 && noneBefore != Long.MIN_VALUE
        ? null
        : register(thread);
  }

  private static @Nullable Stripe probe(@Nullable Stripe[] table, long threadId) {
    int mask = table.length - 1;
    for (int i = (int) threadId & mask; ; i = (i + 1) & mask) {
      Stripe stripe = table[i];
      if (stripe == null || stripe.threadId == threadId) {
        return stripe;
      }
    }
  }

  private synchronized @Nullable Stripe register(Thread thread) {
    long threadId = thread.threadId();
    Stripe known = probe(table, threadId);
    if (known != null) {
      return known;
    }
    int index = owners.size() < own.length ? owners.size() : longestDead();
    if (index < 0) {
      noneBefore = System.nanoTime() + LOOK_AGAIN_NANOS;
      return null;
    }
    Stripe stripe = own[index].ownedBy(threadId);
    own[index] = stripe;
    Owner owner = new Owner(new WeakReference<>(thread), registered++);
    if (index < owners.size()) {
      owners.set(index, owner);
    } else {
      owners.add(owner);
    }
    rebuild();
    announce(stripe, thread.getName());
    return stripe;
  }

  private int longestDead() {
    int found = -1;
    long oldest = 0;
    for (int i = 0; i < owners.size(); i++) {
      if (owners.get(i).isDead()) {
        long newest = own[i].newestTime();
        if (found < 0
            || newest < oldest
            || (newest == oldest && owners.get(i).order < owners.get(found).order)) {
          found = i;
          oldest = newest;
        }
      }
    }
    return found;
  }

  private void rebuild() {
    @Nullable Stripe[] next = empty(own.length);
    int mask = next.length - 1;
    for (int i = 0; i < owners.size(); i++) {
      int at = (int) own[i].threadId & mask;
      while (next[at] != null) {
        at = (at + 1) & mask;
      }
      next[at] = own[i];
    }
    table = next;
  }

  /**
   * The owner's name, in the stripe's header and among the events, where a later owner leaves it.
   */
  private static void announce(Stripe stripe, String name) {
    long time = CoarseClock.exact();
    stripe.describeOwner(name, time);
    long[] words = nameWords(name);
    stripe.append(
        kind(EventType.THREAD, Layout.FLAG_EXACT),
        time,
        words[0],
        words[1],
        words[2],
        words[3],
        0,
        stripe.threadId);
  }

  static long kind(EventType type, int flags) {
    return ((long) type.code() << Layout.TYPE_SHIFT) | ((long) flags << Layout.FLAGS_SHIFT);
  }

  /** Appends to a stripe that nobody else uses at this moment; false when all are in use. */
  boolean borrow(
      long kind,
      long time,
      long address,
      long size,
      long block,
      long key,
      long refs,
      long threadId) {
    int mask = shared.length - 1;
    for (int round = 0; round < CLAIM_ROUNDS; round++) {
      for (int i = 0; i < shared.length; i++) {
        int index = (int) (threadId + i) & mask;
        if (claim(index)) {
          // A virtual thread cannot leave its carrier in here: nothing blocks.
          try {
            shared[index].append(kind, time, address, size, block, key, refs, threadId);
            return true;
          } finally {
            claims.setRelease((index + 1) * CLAIM_STRIDE, FREE);
          }
        }
      }
      Thread.onSpinWait();
    }
    return false;
  }

  private boolean claim(int index) {
    int at = (index + 1) * CLAIM_STRIDE;
    return claims.getPlain(at) == FREE && claims.weakCompareAndSetAcquire(at, FREE, CLAIMED);
  }

  /** From now on no thread finds a stripe quickly. */
  synchronized void close() {
    table = empty(0);
  }

  synchronized void checkInvariants() {
    for (int i = 0; i < owners.size(); i++) {
      Stripe stripe = own[i];
      if (stripe.index != i || probe(table, stripe.threadId) != stripe) {
        throw new IllegalStateException(
            "the table must find every owned stripe: index=" + i + ", thread=" + stripe.threadId);
      }
    }
    long filled = 0;
    for (Stripe stripe : table) {
      filled += stripe == null ? 0 : 1;
    }
    if (filled != owners.size()) {
      throw new IllegalStateException(
          "the table must hold the owned stripes only: filled="
              + filled
              + ", owned="
              + owners.size());
    }
  }

  /** A thread's name as it lies in a record of type THREAD: over address, size, block and key. */
  static long[] nameWords(String name) {
    return Keys.ofBytes(Utf8.cut(name, NAME_WORDS * Long.BYTES), NAME_WORDS);
  }
}
