package dev.lifebound.memory.handle;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.ToLongFunction;

/**
 * The slots and the memory of one registry: who may take a slot, which pages there are, how many
 * blocks are out.
 *
 * <p>Memory goes back to the system, and slots to other registries, in one step when the registry
 * is closed and its last block has left. Nobody may then be walking over the pages: {@link #walk}
 * sees to that.
 */
final class Stripes {
  private static final int MAX_STRIPES = 64;
  private static final long PAGE_ALIGNMENT_BYTES = 64;

  /** Of {@link #walkers}: the pages are gone. */
  private static final int GONE = Integer.MIN_VALUE;

  private final Arena arena = Arena.ofShared();
  private final Stripe[] shared;
  private final int mask;

  /** The shared ones and those of bound maps. */
  private final List<Stripe> all;

  /** How many stripes have handed their counts on; who sums begins again when one has. */
  private final AtomicInteger removals = new AtomicInteger();

  private final List<ConcurrentLinkedDeque<int[]>> depots;
  private final Object growth = new Object();
  private volatile Page[] pages = new Page[0];
  private volatile int pageCount;
  private final AtomicInteger walkers = new AtomicInteger();

  Stripes() {
    int wanted = Integer.highestOneBit(Runtime.getRuntime().availableProcessors() * 2 - 1) * 2;
    shared = new Stripe[Math.min(wanted, MAX_STRIPES)];
    Arrays.setAll(shared, _ -> new Stripe());
    mask = shared.length - 1;
    all = new CopyOnWriteArrayList<>(shared);
    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of what is filled in here
    ConcurrentLinkedDeque<int[]>[] empty = new ConcurrentLinkedDeque[SizeClass.COUNT + 1];
    Arrays.setAll(empty, _ -> new ConcurrentLinkedDeque<>());
    depots = List.of(empty);
  }

  /** A stripe of its own for a bound map. */
  Stripe add() {
    Stripe stripe = new Stripe();
    all.add(stripe);
    return stripe;
  }

  /** Takes the stripe of a bound map back when no block is freed through it any more. */
  void remove(Stripe stripe) {
    stripe.lock();
    try {
      Stripe heir = lock();
      try {
        removals.incrementAndGet();
        heir.inheritCounts(stripe);
        for (int sizeClass = 0; sizeClass <= SizeClass.COUNT; sizeClass++) {
          depots.get(sizeClass).addAll(stripe.drain(sizeClass));
        }
        all.remove(stripe);
      } finally {
        heir.unlock();
      }
    } finally {
      stripe.unlock();
    }
  }

  /** A stripe that is this thread's until it unlocks it. */
  Stripe lock() {
    Thread me = Thread.currentThread();
    int first = (int) me.threadId();
    for (int round = 0; ; round++) {
      for (int i = 0; i <= mask; i++) {
        Stripe stripe = shared[(first + i) & mask];
        if (stripe.tryLock(me)) {
          return stripe;
        }
      }
      Stripe.pause(round);
    }
  }

  /** A slot of this class, dead, by way of a stripe that the caller has locked. */
  int take(Stripe stripe, int sizeClass) {
    int slot = stripe.take(sizeClass);
    return slot >= 0 ? slot : takeMore(stripe, sizeClass);
  }

  private int takeMore(Stripe stripe, int sizeClass) {
    int slot;
    do {
      int[] batch = depots.get(sizeClass).pollLast();
      if (batch != null) {
        stripe.refill(sizeClass, batch);
      } else {
        stripe.refill(sizeClass, addPage(sizeClass));
      }
      slot = stripe.take(sizeClass);
      // Every slot of a page may be retired.
    } while (slot < 0);
    return slot;
  }

  private Page addPage(int sizeClass) {
    synchronized (growth) {
      if (pageCount == pages.length) {
        pages = Arrays.copyOf(pages, Math.max(8, pages.length * 2));
      }
      long bytes = (long) SizeClass.slotsOfPage(sizeClass) * SizeClass.blockBytes(sizeClass);
      Page page =
          SlotTable.takePage(number ->
              sizeClass == SizeClass.HELD
                  ? new Page(number)
                  : new Page(number, sizeClass, arena.allocate(bytes, PAGE_ALIGNMENT_BYTES)));
      pages[pageCount] = page;
      pageCount++;
      return page;
    }
  }

  /** Gives a dead slot back by way of a stripe that the caller has locked. */
  void give(Stripe stripe, int sizeClass, int slot) {
    int[] batch = stripe.give(sizeClass, slot);
    if (batch != null) {
      depots.get(sizeClass).addLast(batch);
    }
  }

  /** Waits until everybody who holds a stripe now has let go of it. */
  void passThrough() {
    for (Stripe stripe : all) {
      stripe.lock();
      stripe.unlock();
    }
  }

  /** Blocks whose memory is not freed yet. */
  long undead() {
    return sum(Stripe::undead);
  }

  long sum(ToLongFunction<Stripe> of) {
    while (true) {
      int before = removals.get();
      long sum = 0;
      for (Stripe stripe : all) {
        stripe.lock();
        try {
          sum += of.applyAsLong(stripe);
        } finally {
          stripe.unlock();
        }
      }
      // Otherwise counts may have gone from a stripe not yet seen to one that was.
      if (removals.get() == before) {
        return sum;
      }
    }
  }

  /**
   * Whether this thread holds a stripe, as inside a bound map; it must then wait for no other, or
   * two bound maps would wait for each other.
   */
  boolean isHeldHere() {
    Thread me = Thread.currentThread();
    for (Stripe stripe : all) {
      if (stripe.isHeldBy(me)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Calls the action for every slot that was ever used, and others; not once the pages are gone.
   */
  void walk(IntConsumer action) {
    if (!enter()) {
      return;
    }
    try {
      int count = pageCount;
      Page[] seen = pages;
      for (int i = 0; i < count; i++) {
        Page page = Objects.requireNonNull(seen[i], "a counted page must be there");
        int end = page.firstSlot() + page.slots;
        for (int slot = page.firstSlot(); slot < end; slot++) {
          action.accept(slot);
        }
      }
    } finally {
      walkers.decrementAndGet();
    }
  }

  private boolean enter() {
    while (true) {
      int seen = walkers.get();
      if (seen == GONE) {
        return false;
      }
      if (walkers.compareAndSet(seen, seen + 1)) {
        return true;
      }
    }
  }

  /**
   * Gives everything back if no block is left and nobody walks, and says whether it did; whoever
   * walks tries again at the end. Only for a registry that takes no block any more.
   */
  boolean closeIfEmpty() {
    if (walkers.get() != 0 || undead() != 0 || !walkers.compareAndSet(0, GONE)) {
      return false;
    }
    try {
      arena.close();
    } catch (RuntimeException e) {
      // A native call still has a slice of a block: the pages stay ours.
      walkers.set(0);
      throw e;
    }
    for (int i = 0; i < pageCount; i++) {
      SlotTable.givePage(pages[i]);
    }
    return true;
  }
}
