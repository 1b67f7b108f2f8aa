package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Empties some pages of a stripe, a bounded piece with each write: walks along the stripe's tables
 * and gives each entry whose key or value lies in such a page a copy elsewhere, and takes the free
 * cells of these pages out of the lists. Under the stripe's lock.
 *
 * <p>A reader that has read the old word finds the old cell as it was: a page that was emptied is
 * used again only after the stripe's version has changed. Entries that are written while the walk
 * goes on get cells elsewhere, so the walk need not come back: when it has been everywhere nothing
 * of the map is in these pages.
 */
final class CellCleaning {
  /** How many groups of slots one write looks at; at most. */
  static final int STEP_GROUPS = 4;

  /** After so many cells one write stops, at the end of a group. */
  static final int STEP_CELLS = 8;

  /** How many free cells one write looks at. */
  private static final int STEP_FREE = 64;

  /** The size of a small cell. */
  private static final int SIZE_BITS = 11;

  private static final long SIZE_MASK = (1 << SIZE_BITS) - 1;

  final long[] doomed;
  private final ConcurrentTables tables;
  private final ConcurrentSlabs slabs;
  private final CellStock stock;

  /** Where the walk is: hash, and group of the table there as long as nobody replaces a table. */
  private long from;

  private int group;
  private long replaced;
  private final long last;
  private boolean walked;
  private boolean moving;

  // Where the clearing of the lists is: list, and the cell before the next one; 0 is its head.
  private int list;
  private long before;

  CellCleaning(ConcurrentTables tables, CellStock stock, long[] doomed, Stripe stripe) {
    this.tables = tables;
    this.slabs = tables.slabs;
    this.stock = stock;
    this.doomed = doomed;
    this.from = stripe.firstHash;
    this.last = from + (1L << (Long.SIZE - stripe.prefixBits));
    this.replaced = stripe.state.replaced;
  }

  boolean isMoving() {
    return moving;
  }

  /** Whether no list leads into these pages any more. */
  boolean isPurged() {
    return list >= stock.heads.length;
  }

  /**
   * One piece.
   *
   * @return whether that was the last one
   * @throws MapFullException when there is no place to move to
   */
  boolean step(Stripe stripe, int groups, int cells) {
    purge(STEP_FREE);
    if (!walked) {
      moving = true;
      try {
        walk(stripe, groups, cells);
      } finally {
        moving = false;
      }
    }
    return walked && isPurged();
  }

  private void walk(Stripe stripe, int groups, int cells) {
    int left = groups;
    int toMove = cells;
    while (left > 0 && toMove > 0 && !walked) {
      if (replaced != stripe.state.replaced) {
        replaced = stripe.state.replaced;
        group = 0;
      }
      long entry = stripe.entryAcquire(from);
      long table = ConcurrentTables.position(entry);
      if (table == tables.growth.emptyTable() || group >= ConcurrentTables.groups(entry)) {
        long size = 1L << (Long.SIZE - ConcurrentTables.depth(entry));
        from = (from & -size) + size;
        walked = from == last;
        group = 0;
      } else {
        MemorySegment slab = slabs.segment(table);
        long at = ConcurrentTables.groupOffset(ConcurrentSlabs.offset(table), group);
        toMove -= moveGroup(stripe, slab, at);
        group++;
      }
      left--;
    }
  }

  /** Moves what must be moved of a group; how many cells. */
  private int moveGroup(Stripe stripe, MemorySegment slab, long at) {
    ConcurrentSettings settings = tables.settings;
    int count = 0;
    long full = ConcurrentTables.fulls(ConcurrentTables.word(slab, at));
    for (; full != 0; full &= full - 1) {
      long slot = at + ConcurrentTables.slotOffset(full);
      if (settings.cellKeys()) {
        count += move(stripe, slab, slot, ConcurrentCells.KEY_HEADER_BYTES);
      }
      if (settings.cellValues()) {
        long value = slot + ConcurrentTables.VALUE_OFFSET;
        count += move(stripe, slab, value, ConcurrentCells.VALUE_HEADER_BYTES);
      }
    }
    return count;
  }

  private int move(Stripe stripe, MemorySegment slab, long offset, int headerBytes) {
    long cell = ConcurrentTables.word(slab, offset);
    if (!stock.isToMove(cell)) {
      return 0;
    }
    long bytes =
        ConcurrentCells.cellBytes(ConcurrentCells.length(slabs, cell, headerBytes), headerBytes);
    ConcurrentTables.setWordRelease(slab, offset, stock.move(stripe, cell, bytes));
    return 1;
  }

  /** Takes all free cells of these pages out of the lists. */
  void purge() {
    purge(Integer.MAX_VALUE);
  }

  private void purge(int cells) {
    long[] heads = stock.heads;
    for (int i = 0; i < cells && list < heads.length; i++) {
      long at = before == 0 ? heads[list] : stock.next(before);
      if (at == 0) {
        list++;
        before = 0;
      } else if (!stock.isToMove(at)) {
        before = at;
      } else if (before == 0) {
        heads[list] = stock.next(at);
      } else {
        stock.setNext(before, stock.next(at));
      }
    }
  }

  /** A cell was taken from the head of a list: all before it were, too. */
  void popped(long position) {
    if (position == before) {
      before = 0;
    }
  }

  /**
   * Where memory has ended pages could not be emptied, and their free cells are in no list: puts
   * back what lies between the cells in use. Takes time for every entry of the stripe.
   */
  void listWhatIsLeft(Stripe stripe) {
    CellPages pages = slabs.pages;
    long[] left =
        Arrays.stream(doomed).filter(page -> pages.area(page).live(page) != 0).sorted().toArray();
    if (left.length == 0) {
      return;
    }
    long[] found = cellsIn(stripe, left);
    int at = 0;
    for (long page : left) {
      int first = at;
      long live = 0;
      for (; at < found.length && found[at] >>> SIZE_BITS < page + CellPages.PAGE_BYTES; at++) {
        live += found[at] & SIZE_MASK;
      }
      // A cell that was written and is not in its slot yet: then nothing is known of the rest.
      if (live == pages.area(page).live(page)) {
        long free = page;
        for (int i = first; i < at; i++) {
          long cell = found[i] >>> SIZE_BITS;
          stock.addFree(free, cell - free);
          free = cell + (found[i] & SIZE_MASK);
        }
        stock.addFree(free, page + CellPages.PAGE_BYTES - free);
      }
    }
  }

  /** The cells in use of these pages, sorted: position and size. */
  private long[] cellsIn(Stripe stripe, long[] left) {
    LongStream.Builder found = LongStream.builder();
    RangeCopy copy = new RangeCopy();
    long hash = stripe.firstHash;
    do {
      tables.ranges.copyLocked(stripe, hash, copy);
      for (int i = 0; i < copy.count(); i++) {
        if (tables.settings.cellKeys()) {
          add(found, left, copy.key(i), ConcurrentCells.KEY_HEADER_BYTES);
        }
        if (tables.settings.cellValues()) {
          add(found, left, copy.value(i), ConcurrentCells.VALUE_HEADER_BYTES);
        }
      }
      hash = copy.end();
    } while (hash != last);
    return found.build().sorted().toArray();
  }

  private void add(LongStream.Builder found, long[] left, long cell, int headerBytes) {
    if (Arrays.binarySearch(left, cell & -CellPages.PAGE_BYTES) >= 0) {
      int length = ConcurrentCells.length(slabs, cell, headerBytes);
      long size = CellStock.size(ConcurrentCells.cellBytes(length, headerBytes));
      found.add(cell << SIZE_BITS | size);
    }
  }
}
