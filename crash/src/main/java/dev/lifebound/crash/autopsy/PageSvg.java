package dev.lifebound.crash.autopsy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The page that was touched and its two neighbours, with the blocks in them. */
final class PageSvg {
  private static final int WIDTH = 960;
  private static final int MARGIN = 20;
  private static final long PAGE_BYTES = 4096;
  private static final int PAGES = 3;
  private static final int BAND_Y = 62;
  private static final int ROW_HEIGHT = 30;
  private static final int ROWS = 3;
  private static final int MAP_Y = BAND_Y + ROWS * ROW_HEIGHT + 8;
  private static final int HEIGHT = MAP_Y + 66;

  private PageSvg() {}

  static String draw(Autopsy autopsy, long address) {
    long from = (address & -PAGE_BYTES) - PAGE_BYTES;
    long to = from + PAGES * PAGE_BYTES;
    double scale = (WIDTH - 2.0 * MARGIN) / (PAGES * PAGE_BYTES);
    StringBuilder body = new StringBuilder();
    List<String> shown = new ArrayList<>();
    pages(body, from, scale);
    blocks(body, autopsy, from, to, scale, shown);
    memory(body, autopsy, from, to, scale, shown);
    double x = MARGIN + (address - from) * scale;
    body.append(Markup.line("fault", x, BAND_Y - 14, x, MAP_Y + 18));
    body.append(
        Markup.label(
            "name bad", Math.clamp(x, 80, WIDTH - 80), BAND_Y - 20, "middle", Words.hex(address)));
    return Markup.picture(
        "page",
        WIDTH,
        HEIGHT,
        "The memory around " + Words.hex(address),
        "Three pages from "
            + Words.hex(from)
            + "; "
            + (shown.isEmpty() ? "no block is known there" : String.join("; ", shown)),
        body.toString());
  }

  private static void pages(StringBuilder body, long from, double scale) {
    for (int i = 0; i <= PAGES; i++) {
      double x = MARGIN + i * PAGE_BYTES * scale;
      body.append(Markup.line("edge", x, BAND_Y - 6, x, MAP_Y + 22));
      body.append(
          Markup.label(
              "small",
              x,
              MAP_Y + 40,
              i == 0 ? "start" : i == PAGES ? "end" : "middle",
              Words.hex(from + i * PAGE_BYTES)));
    }
  }

  private static void blocks(
      StringBuilder body, Autopsy autopsy, long from, long to, double scale, List<String> shown) {
    List<BlockLife> lives = new ArrayList<>(autopsy.neighbours());
    lives.addAll(autopsy.earlier());
    BlockLife block = autopsy.block();
    if (block != null) {
      lives.removeIf(life -> life.block() == block.block());
    }
    lives.sort(Comparator.comparingLong(BlockLife::address));
    if (block != null) {
      lives.addFirst(block);
    }
    long[] ends = new long[ROWS];
    java.util.Arrays.fill(ends, from);
    for (BlockLife life : lives) {
      if (!life.touches(from, to)) {
        continue;
      }
      long start = Math.max(life.address(), from);
      long end = Math.min(Math.max(life.end(), life.address() + 1), to);
      int row = life.equals(block) ? 0 : row(ends, start);
      ends[row] = Math.max(ends[row], end);
      double x = MARGIN + (start - from) * scale;
      double width = (end - start) * scale;
      double y = BAND_Y + row * ROW_HEIGHT;
      String state = life.freed() == null ? "live" : "dead";
      String words = life.name() + ", " + Words.bytes(life.size()) + ", " + state;
      shown.add(words);
      body.append(
          Markup.rectangle(
              state + (life.equals(block) ? " own" : ""), x, y, width, ROW_HEIGHT - 6, words));
      if (width > 150) {
        String more =
            (life.address() < from ? "← " : "")
                + life.name()
                + (life.tag() == null ? "" : " (" + life.tag() + ")")
                + (life.end() > to ? " →" : "");
        body.append(Markup.label("onblock", x + 6, y + 16, "start", more));
      }
    }
  }

  private static int row(long[] ends, long start) {
    for (int row = 1; row < ends.length; row++) {
      if (ends[row] <= start) {
        return row;
      }
    }
    return ends.length - 1;
  }

  /** What the process had mapped, by the crash log. */
  private static void memory(
      StringBuilder body, Autopsy autopsy, long from, long to, double scale, List<String> shown) {
    HsErr log = autopsy.hsErr();
    if (log == null || !log.memory().whole()) {
      return;
    }
    body.append(Markup.rectangle("hole", MARGIN, MAP_Y, (to - from) * scale, 14, "nothing mapped"));
    for (MemoryMap.Range range : log.memory().within(from, to)) {
      long start = Math.max(range.start(), from);
      long end = Math.min(range.end(), to);
      String words =
          "mapped " + range.permissions() + (range.name() == null ? "" : " " + range.name());
      shown.add(words + " from " + Words.hex(start));
      body.append(
          Markup.rectangle(
              range.isReadable() ? "mapped" : "closed",
              MARGIN + (start - from) * scale,
              MAP_Y,
              (end - start) * scale,
              14,
              words));
    }
  }
}
