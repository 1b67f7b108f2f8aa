package dev.lifebound.memory.map;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Recounts what a concurrent map counts; for tests, while nobody else works. */
final class ConcurrentInvariants {
  private final ConcurrentTables tables;
  private final Map<Long, Long> liveByPage = new HashMap<>();
  private long[] cells = new long[16];
  private int cellCount;
  private long cellBytes;

  private ConcurrentInvariants(ConcurrentTables tables) {
    this.tables = tables;
  }

  static void check(ConcurrentTables tables) {
    new ConcurrentInvariants(tables).check();
  }

  private void check() {
    Stripe[] all = tables.root;
    long size = 0;
    long used = 0;
    for (int i = 0; i < all.length; i = ConcurrentTables.next(all, i)) {
      require(!all[i].isDead(), "stripe in the root", "dead");
      size += all[i].state.sizeOpaque();
      used += all[i].state.cells.usedBytes();
    }
    require(count() == size, "size", "kept=" + size);
    require(used == cellBytes, "bytes of cells", "kept=" + used + ", counted=" + cellBytes);
    for (int i = 0; i < all.length; i = ConcurrentTables.next(all, i)) {
      checkPages(all[i]);
    }
    checkOverlaps();
  }

  private long count() {
    RangeCopy copy = new RangeCopy();
    long from = 0;
    long counted = 0;
    do {
      Stripe stripe = tables.stripe(from);
      long entry = stripe.entryAcquire(from);
      String wrong = check(entry, from);
      require(wrong == null, "table", String.valueOf(wrong));
      tables.ranges.copy(from, copy);
      for (int i = 0; i < copy.count(); i++) {
        long hash = tables.hashOf(copy.key(i));
        require(tables.stripe(hash) == stripe, "stripe of a key", Long.toString(copy.key(i)));
        require(stripe.entryAcquire(hash) == entry, "table of a key", Long.toString(copy.key(i)));
        if (tables.settings.cellKeys()) {
          addCell(copy.key(i), ConcurrentCells.KEY_HEADER_BYTES);
        }
        if (tables.settings.cellValues()) {
          addCell(copy.value(i), ConcurrentCells.VALUE_HEADER_BYTES);
        }
      }
      counted += copy.count();
      from = copy.end();
    } while (from != 0);
    return counted;
  }

  private void addCell(long cell, int headerBytes) {
    int length = ConcurrentCells.length(tables.slabs, cell, headerBytes);
    long size = CellStock.size(ConcurrentCells.cellBytes(length, headerBytes));
    cellBytes += size;
    add(cell, size);
    if (size <= CellStock.MAX_SMALL_BYTES) {
      liveByPage.merge(cell & -CellPages.PAGE_BYTES, size, Long::sum);
    }
  }

  /** Cells lie side by side, those in use and those in a list. */
  private void add(long cell, long size) {
    if (2 * cellCount == cells.length) {
      cells = Arrays.copyOf(cells, 2 * cells.length);
    }
    cells[2 * cellCount] = cell;
    cells[2 * cellCount + 1] = size;
    cellCount++;
  }

  private void checkPages(Stripe stripe) {
    CellStock stock = stripe.state.cells;
    long live = 0;
    for (long page : stock.pages()) {
      long kept = tables.slabs.pages.area(page).live(page);
      long counted = liveByPage.getOrDefault(page, 0L);
      require(kept == counted, "bytes of a page", "kept=" + kept + ", counted=" + counted);
      live += counted;
    }
    long kept = stock.pages().length * (long) CellPages.PAGE_BYTES - stock.holesBytes();
    require(kept == live, "bytes of own pages", "kept=" + kept + ", counted=" + live);
    for (int list = 0; list < stock.heads.length; list++) {
      for (long at = stock.heads[list]; at != 0; at = stock.next(at)) {
        add(at, CellSizes.bytes(list));
      }
    }
  }

  private void checkOverlaps() {
    Map<Long, Long> sizes = new HashMap<>();
    long[] starts = new long[cellCount];
    for (int i = 0; i < cellCount; i++) {
      starts[i] = cells[2 * i];
      require(sizes.put(starts[i], cells[2 * i + 1]) == null, "cells", "two at " + starts[i]);
    }
    Arrays.sort(starts);
    for (int i = 1; i < starts.length; i++) {
      long end = starts[i - 1] + sizes.getOrDefault(starts[i - 1], 0L);
      require(end <= starts[i], "cells", starts[i - 1] + " and " + starts[i]);
    }
  }

  /** Recounts a table. */
  private @Nullable String check(long entry, long prefix) {
    long table = ConcurrentTables.position(entry);
    int depth = ConcurrentTables.depth(entry);
    int groups = ConcurrentTables.groups(entry);
    RangeCopy copy = new RangeCopy();
    copy.addAll(tables.slabs.segment(table), ConcurrentSlabs.offset(table), groups);
    long header = tables.growth.header(table);
    int live = TableGrowth.live(header);
    int used = TableGrowth.used(header);
    if (copy.count() != live || !TableGrowth.isWithin(header, groups) || used < live) {
      return "header: live=" + live + ", used=" + used + ", counted=" + copy.count();
    }
    for (int i = 0; i < copy.count(); i++) {
      long hash = tables.hashOf(copy.key(i));
      if ((hash ^ prefix) >>> (Long.SIZE - depth) != 0) {
        return "key outside its range: key=" + copy.key(i) + ", depth=" + depth;
      }
    }
    return null;
  }

  private static void require(boolean holds, String what, String found) {
    if (!holds) {
      throw new AssertionError(what + " must agree: " + found);
    }
  }
}
