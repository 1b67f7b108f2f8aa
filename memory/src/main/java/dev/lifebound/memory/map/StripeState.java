package dev.lifebound.memory.map;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;

/**
 * What the writers of one stripe share, and the lock under which they do. Apart from the {@link
 * Stripe}, so that a writer's lock does not take the readers' cache line away.
 *
 * <p>The lock is not reentrant: nothing that it protects calls anything of the program.
 */
final class StripeState extends StampedLock {
  private static final long serialVersionUID = 1L;

  private static final VarHandle SIZE;

  static {
    try {
      SIZE = MethodHandles.lookup().findVarHandle(StripeState.class, "size", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // Two lines of padding, since the hardware fetches lines in pairs.
  @SuppressWarnings("unused")
  private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe, pf;

  /** Entries. */
  private long size;

  /** Tables that the directory refers to. */
  long tables;

  /** Retired cells, and what new ones are cut from. */
  final transient CellStock cells;

  /** Whether the table that makes room now had removed entries. */
  boolean churned;

  /** How often a table has taken another's place. */
  long replaced;

  /** Functions of the program that run for keys of this stripe. */
  transient @Nullable Computation computations;

  /** For inspect(). */
  final transient GrowthTally tally = new GrowthTally();

  StripeState(ConcurrentTables tables) {
    this.cells = new CellStock(tables);
  }

  /** Gives the lock back. */
  void unlock() {
    tryUnlockWrite();
  }

  /** Read by anybody: the size a moment ago. */
  long sizeOpaque() {
    return (long) SIZE.getOpaque(this);
  }

  /** Under the lock. */
  void addSize(long change) {
    SIZE.setOpaque(this, size + change);
  }

  /** Under the lock: from here on writes to this hash wait. */
  void begin(Computation computation) {
    computation.next = computations;
    computations = computation;
  }

  /** Under the lock: the opposite. Whoever waits is told afterwards, without the lock. */
  void end(Computation computation) {
    Computation before = computations;
    if (before == computation) {
      computations = computation.next;
      return;
    }
    while (before != null && before.next != computation) {
      before = before.next;
    }
    if (before != null) {
      before.next = computation.next;
    }
  }

  /** Under the lock: the function that runs for this hash, or null. */
  @Nullable Computation computation(long hash) {
    Computation computation = computations;
    while (computation != null && computation.hash != hash) {
      computation = computation.next;
    }
    return computation;
  }

  /**
   * What a split stripe leaves behind, to its halves; counts and free blocks to the low one, whose
   * sums are all that matters.
   */
  void takeOver(StripeState old, StripeState high, int bit) {
    addSize(old.size);
    cells.takeOver(old.cells);
    tally.add(old.tally);
    Computation computation = old.computations;
    while (computation != null) {
      Computation next = computation.next;
      StripeState half = (computation.hash >>> bit & 1) == 0 ? this : high;
      computation.next = half.computations;
      half.computations = computation;
      computation = next;
    }
  }
}
