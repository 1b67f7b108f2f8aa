package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The cells that a stripe can hand out: small ones of its pages, by size, and large ones that are
 * runs of units of their own. Under the stripe's lock.
 *
 * <p>A cell that was retired may still be read, its length first. It waits in a batch until the
 * stripe's version has changed, and only then may its first word lead to the next free cell. So the
 * version changes once for each batch, which is {@value #BATCH} cells or some kilobytes.
 *
 * <p>Free cells serve the next ones of their size, and smaller ones. Where that leaves more than
 * half of the pages dead, pages are emptied, see {@link CellCleaning}.
 */
final class CellStock {
  // Longer than 400 lines: taking, retiring and emptying keep the same counts of each page, which
  // ConcurrentInvariants recounts. The walk that empties pages is in CellCleaning.

  static final int BATCH = 64;

  /** The largest cell that lies in a page with others. */
  static final long MAX_SMALL_BYTES = CellPages.PAGE_BYTES / 4;

  // What a page is to the stripe that has it.

  /**
   * None, or the cells of several stripes, since one was split: its cells are used again one by
   * one, and it is never emptied.
   */
  static final byte SHARED = 0;

  static final byte OWN = 1;

  /** About to be emptied: nothing that is in it is used again. */
  static final byte DOOMED = 2;

  /** The bytes that may wait: so many, and this part of what is in use. */
  private static final long BATCH_BYTES = 512;

  private static final int BATCH_PART = 32;

  /** How many cells of a page that is being emptied one search passes. */
  private static final int PASSED = 32;

  /** A rest that is worth keeping lies as many sizes below. */
  private static final int LARGER = 2;

  /** How many pages are looked at when some are chosen to be emptied. */
  private static final int LOOKED_AT = 256;

  /** At most this part of them is emptied at once. */
  private static final int DOOMED_PART = 4;

  /** Where memory is scarce this part of what is in use is worth a step. */
  private static final int SCARCE_PART = 12;

  /** A stripe that gives up this part of the cells that it takes does not grow. */
  private static final int CHURNED_PART = 4;

  /** Bytes of holes that are not worth a step. */
  private static final long MIN_HOLES_BYTES = 3L * CellPages.PAGE_BYTES / 2;

  private final ConcurrentTables tables;
  private final ConcurrentSlabs slabs;
  private final CellPages pages;

  /** Empty until the first cell is retired: maps without cells do without. */
  long[] heads = {};

  /** Retired cells that may still be read: position, then bytes. */
  private long[] batch = {};

  private int waiting;
  private long waitingBytes;
  private long cursor;
  private long end;
  private long usedBytes;

  /** The pages of this stripe that are not shared. */
  private long[] own = {};

  private int ownCount;

  /** Of cells in use in pages that are not shared. */
  private long ownLive;

  private long takenSincePage;
  private long retiredSincePage;
  private @Nullable CellCleaning cleaning;
  private int hand;
  private long moved;

  CellStock(ConcurrentTables tables) {
    this.tables = tables;
    this.slabs = tables.slabs;
    this.pages = tables.slabs.pages;
  }

  /** Bytes of the cells that are in use. */
  long usedBytes() {
    return usedBytes;
  }

  /** Bytes of own pages that no cell uses. */
  long holesBytes() {
    int doomed = cleaning == null ? 0 : cleaning.doomed.length;
    return (long) (ownCount + doomed) * CellPages.PAGE_BYTES - ownLive;
  }

  /** Cells that were moved out of pages. */
  long moved() {
    return moved;
  }

  /** What a cell of so many bytes takes. */
  static long size(long bytes) {
    return bytes > MAX_SMALL_BYTES
        ? (long) CellPages.units(bytes) << CellPages.UNIT_SHIFT
        : CellSizes.bytes(CellSizes.classOf(bytes));
  }

  /**
   * A cell that may be written to. Where there is no more memory this moves other cells.
   *
   * @throws MapFullException when there is no memory
   */
  long take(Stripe stripe, long bytes) {
    long position =
        bytes > MAX_SMALL_BYTES
            ? takeUnits(stripe, CellPages.units(bytes), 1)
            : takeSmall(stripe, CellSizes.classOf(bytes));
    long size = size(bytes);
    usedBytes += size;
    takenSincePage++;
    count(position, size);
    return position;
  }

  /** Whether cells come and go: what is missing is missing by chance, and the map does not grow. */
  private boolean isChurned() {
    return retiredSincePage * CHURNED_PART >= takenSincePage;
  }

  /** Half is dead; or there is nothing left for new pages, and a twelfth is dead. */
  private boolean isWorthIt(long holes) {
    return holes > ownLive || (holes > ownLive / SCARCE_PART && pages.isScarce());
  }

  /** Adds to what is in use of a page. */
  private void count(long position, long bytes) {
    CellPages.Area area = pages.area(position);
    if (area.state(position) != SHARED) {
      area.addLive(position, bytes);
      ownLive += bytes;
    }
  }

  private long takeUnits(Stripe stripe, int units, int alignment) {
    long position = pages.takeFree(units, alignment);
    if (position == 0 && waiting > 0) {
      drain(stripe);
      position = pages.takeFree(units, alignment);
    }
    if (position != 0) {
      return position;
    }
    try {
      position = pages.takeNew(units, isChurned(), stripe.state.tally);
    } catch (MapFullException e) {
      // Another stripe may have got the last slab meanwhile, or not all areas were looked at.
      position = pages.takeAnyFree(units, alignment);
      if (position == 0) {
        emptyPages(stripe);
        position = pages.takeAnyFree(units, alignment);
      }
      if (position == 0) {
        throw e;
      }
    }
    stripe.state.tally.end();
    return position;
  }

  private long takeSmall(Stripe stripe, int sizeClass) {
    long size = CellSizes.bytes(sizeClass);
    long position = pop(sizeClass);
    if (position != 0) {
      return position;
    }
    if (end - cursor < size) {
      if (waiting > 0 && waitingBytes >= size) {
        drain(stripe);
        position = pop(sizeClass);
        if (position != 0) {
          return position;
        }
      }
      if (!cutLarger(sizeClass)) {
        try {
          long page = takeUnits(stripe, CellPages.PAGE_UNITS, CellPages.PAGE_UNITS);
          keepRest();
          addPage(page);
          cursor = page;
          end = page + CellPages.PAGE_BYTES;
        } catch (MapFullException e) {
          return takeLeft(sizeClass, e);
        }
      }
    }
    position = cursor;
    cursor += size;
    return position;
  }

  /** Other cells were moved, and there is no whole page yet; perhaps there is a cell. */
  private long takeLeft(int sizeClass, MapFullException none) {
    long position = pop(sizeClass);
    if (position != 0) {
      return position;
    }
    long size = CellSizes.bytes(sizeClass);
    if (end - cursor < size && !cutLarger(sizeClass)) {
      throw none;
    }
    position = cursor;
    cursor += size;
    return position;
  }

  /** What lies between cells in use of an own page. */
  void addFree(long position, long bytes) {
    long from = position;
    while (position + bytes - from >= CellSizes.MIN_BYTES) {
      long rest = Math.min(position + bytes - from, MAX_SMALL_BYTES);
      int sizeClass = CellSizes.classOf(rest);
      sizeClass -= CellSizes.bytes(sizeClass) > rest ? 1 : 0;
      push(sizeClass, from);
      from += CellSizes.bytes(sizeClass);
    }
  }

  private void addPage(long page) {
    if (ownCount == own.length) {
      own = Arrays.copyOf(own, Math.max(4, 2 * ownCount));
    }
    own[ownCount++] = page;
    takenSincePage = 0;
    retiredSincePage = 0;
    CellPages.Area area = pages.area(page);
    area.setState(page, OWN);
  }

  /** Begins to cut the smallest free cell that leaves something worth keeping. */
  private boolean cutLarger(int sizeClass) {
    for (int larger = sizeClass + LARGER; larger < heads.length; larger++) {
      long position = pop(larger);
      if (position != 0) {
        keepRest();
        cursor = position;
        end = position + CellSizes.bytes(larger);
        return true;
      }
    }
    return false;
  }

  /** What is left of the run becomes a free cell. */
  private void keepRest() {
    if (cursor != end && !isDoomed(cursor)) {
      addFree(cursor, end - cursor);
    }
    cursor = end;
  }

  private boolean isDoomed(long position) {
    return cleaning != null && pages.area(position).state(position) == DOOMED;
  }

  private void push(int sizeClass, long position) {
    if (heads.length == 0) {
      heads = new long[CellSizes.classOf(MAX_SMALL_BYTES) + 1];
    }
    setNext(position, heads[sizeClass]);
    heads[sizeClass] = position;
  }

  private long pop(int sizeClass) {
    if (sizeClass >= heads.length) {
      return 0;
    }
    for (int i = 0; i < PASSED; i++) {
      long position = heads[sizeClass];
      if (position == 0) {
        return 0;
      }
      heads[sizeClass] = next(position);
      if (cleaning == null) {
        return position;
      }
      cleaning.popped(position);
      if (!isDoomed(position)) {
        return position;
      }
    }
    return 0;
  }

  long next(long position) {
    return ConcurrentTables.word(slabs.segment(position), ConcurrentSlabs.offset(position));
  }

  void setNext(long position, long next) {
    ConcurrentTables.setWord(slabs.segment(position), ConcurrentSlabs.offset(position), next);
  }

  /** A cell that the map does not refer to any more. */
  void retire(Stripe stripe, long position, long bytes) {
    if (batch.length == 0) {
      batch = new long[2 * BATCH];
    }
    batch[waiting] = position;
    batch[waiting + 1] = bytes;
    waiting += 2;
    retiredSincePage++;
    long size = size(bytes);
    waitingBytes += size;
    forget(position, size);
    // At once, or what is large would wait for the next write to this stripe.
    // The upper half of a stripe that was split retires cells that the lower one counts.
    long used = Math.max(0, usedBytes);
    if (waiting == 2 * BATCH || waitingBytes > BATCH_BYTES + used / BATCH_PART) {
      drain(stripe);
    }
  }

  private void forget(long position, long size) {
    usedBytes -= size;
    if (size <= MAX_SMALL_BYTES) {
      count(position, -size);
    }
  }

  /** A cell that was taken and never published. */
  void giveBack(long position, long bytes) {
    forget(position, size(bytes));
    reuse(position, bytes);
  }

  private void reuse(long position, long bytes) {
    if (bytes > MAX_SMALL_BYTES) {
      pages.free(position, CellPages.units(bytes));
    } else if (!isDoomed(position)) {
      push(CellSizes.classOf(bytes), position);
    }
  }

  private void drain(Stripe stripe) {
    stripe.recycle();
    stripe.state.tally.recycles++;
    for (int i = 0; i < waiting; i += 2) {
      reuse(batch[i], batch[i + 1]);
    }
    waiting = 0;
    waitingBytes = 0;
  }

  // Emptying pages.

  /** At the end of a write: a bounded piece of what makes room, when there is need. */
  void tidy(Stripe stripe) {
    if (cleaning == null) {
      long holes = holesBytes();
      if (holes <= MIN_HOLES_BYTES || !isWorthIt(holes)) {
        return;
      }
      doom(stripe);
    }
    step(stripe, CellCleaning.STEP_GROUPS, CellCleaning.STEP_CELLS);
  }

  private void step(Stripe stripe, int groups, int cells) {
    CellCleaning present = cleaning;
    if (present == null) {
      return;
    }
    boolean done;
    try {
      done = present.step(stripe, groups, cells);
    } catch (MapFullException e) {
      // There is no room to move to: what is empty by now is free, the rest stays as it is.
      done = present.isPurged();
    }
    if (done) {
      finish(stripe, present);
    }
  }

  /**
   * Chooses pages that are emptier than most. Not too many at once: what is in them must find room
   * in the others when there is no more memory.
   */
  private void doom(Stripe stripe) {
    long[] doomed = new long[Math.ceilDiv(ownCount, DOOMED_PART)];
    int count = 0;
    long current = cursor == end ? 0 : cursor & -CellPages.PAGE_BYTES;
    int looked = Math.min(ownCount, LOOKED_AT);
    long average = ownLive / Math.max(1, ownCount);
    for (; looked > 0 && count < doomed.length; looked--) {
      hand = hand < ownCount ? hand : 0;
      long page = own[hand];
      CellPages.Area area = pages.area(page);
      if (page != current && area.live(page) <= average) {
        area.setState(page, DOOMED);
        doomed[count++] = page;
        own[hand] = own[--ownCount];
      } else {
        hand++;
      }
    }
    if (count > 0) {
      cleaning = new CellCleaning(tables, this, Arrays.copyOf(doomed, count), stripe);
    }
  }

  private void finish(Stripe stripe, CellCleaning done) {
    drain(stripe);
    cleaning = null;
    for (long page : done.doomed) {
      CellPages.Area area = pages.area(page);
      if (area.live(page) == 0) {
        area.setState(page, SHARED);
        pages.free(page, CellPages.PAGE_UNITS);
      } else {
        addPage(page);
      }
    }
    done.listWhatIsLeft(stripe);
  }

  /** The pages of this stripe that are not shared; for tests. */
  long[] pages() {
    long[] all = Arrays.copyOf(own, ownCount);
    if (cleaning != null) {
      all = Arrays.copyOf(own, ownCount + cleaning.doomed.length);
      System.arraycopy(cleaning.doomed, 0, all, ownCount, cleaning.doomed.length);
    }
    return all;
  }

  /** There is no more memory: empties pages now, whatever time it takes. */
  private void emptyPages(Stripe stripe) {
    if (cleaning != null && cleaning.isMoving()) {
      return;
    }
    // As often as there are parts of which one is emptied.
    for (int i = 0; i < DOOMED_PART; i++) {
      if (cleaning == null) {
        doom(stripe);
      }
      CellCleaning present = cleaning;
      while (present != null && cleaning == present) {
        present.purge();
        step(stripe, Integer.MAX_VALUE, Integer.MAX_VALUE);
      }
    }
  }

  /** Copies a cell of a page that is being emptied to a place that is not; the map is told next. */
  long move(Stripe stripe, long position, long bytes) {
    long fresh = take(stripe, bytes);
    MemorySegment.copy(
        slabs.segment(position),
        ConcurrentSlabs.offset(position),
        slabs.segment(fresh),
        ConcurrentSlabs.offset(fresh),
        bytes);
    forget(position, size(bytes));
    retiredSincePage++;
    moved++;
    return fresh;
  }

  /** Whether a word names a cell that is to be moved. */
  boolean isToMove(long position) {
    return isDoomed(position);
  }

  /**
   * Takes over the cells of a stripe that is about to be marked dead. What waits goes on waiting,
   * until the version of this one changes. Its pages have cells of both halves from here on.
   */
  void takeOver(CellStock dead) {
    heads = dead.heads;
    batch = dead.batch;
    waiting = dead.waiting;
    waitingBytes = dead.waitingBytes;
    cursor = dead.cursor;
    end = dead.end;
    usedBytes = dead.usedBytes;
    moved = dead.moved;
    dead.share(dead.own, dead.ownCount);
    CellCleaning present = dead.cleaning;
    if (present != null) {
      dead.share(present.doomed, present.doomed.length);
    }
  }

  private void share(long[] all, int count) {
    for (int i = 0; i < count; i++) {
      pages.area(all[i]).setState(all[i], SHARED);
    }
  }
}
