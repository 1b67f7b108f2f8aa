package dev.lifebound.memory.map;

import java.util.List;
import java.util.Locale;

/**
 * What a map looks like inside, counted slot by slot.
 *
 * @param tombstones what removals have left until the next rebuild: groups whose passers no longer
 *     count; in a concurrent map slots of removed entries
 * @param chainedTables tables that splitting would not help: those beside a full one; in a
 *     concurrent map those of more than the full size
 * @param groupsSearched at {@code i}: entries that a search finds in the group number {@code i + 1}
 *     of its way; in a concurrent map the sixteenth number counts those after it too
 * @param occupancy taken slots over all slots, in equal parts of the hash space
 */
public record MapInspection(
    String name,
    long size,
    long tables,
    long slots,
    long tombstones,
    long chainedTables,
    List<Long> groupsSearched,
    List<Double> occupancy,
    Bytes bytes,
    Cells cells,
    Growth growth) {

  public MapInspection {
    groupsSearched = List.copyOf(groupsSearched);
    occupancy = List.copyOf(occupancy);
  }

  /** What made a table grow or be rebuilt. */
  public enum Trigger {
    /** Nothing has happened yet. */
    NONE,
    /** The table was full. */
    LOAD,
    /** Passers had stopped counting: rebuilt at the same size. */
    DEAD,
    /**
     * Two tables were joined: there were more than when the map was largest, since now and then one
     * of a map of constant size is full.
     */
    SURPLUS
  }

  /**
   * Bytes by purpose. All but the directory are native.
   *
   * @param tables of the present tables
   * @param freeTables of tables that were replaced, for reuse
   * @param unused what is left of slabs
   * @param spare the slab that stands ready
   * @param other for what the map keeps beside its tables: {@link Cells}
   * @param directory on the heap
   */
  public record Bytes(
      long tables, long freeTables, long unused, long spare, long other, long directory) {
    /** Everything, on the heap and off. */
    public long total() {
      return tables + freeTables + unused + spare + other + directory;
    }
  }

  /**
   * The bytes of keys and values that do not fit into a slot, by purpose; together {@link
   * Bytes#other}.
   *
   * @param live of keys and values, with what rounding adds
   * @param holes given up and not cleaned yet; in a concurrent map all that no cell uses of pages
   *     in use, which the next cells are cut from
   * @param free of chunks without a cell, for reuse
   * @param ready what is left of chunks in use
   */
  public record Cells(long live, long holes, long free, long ready) {
    static final Cells NONE = new Cells(0, 0, 0, 0);
  }

  /**
   * How the map grows. Tables of a depth give way to those of the next, one by one: the shallowest
   * are the old storage, the deepest the new one.
   *
   * @param stages by depth, from the shallowest
   * @param rebuiltSame same-size rebuilds
   * @param joined pairs of tables that became one
   * @param maxBytesZeroed in any one operation since the map was built, like the other maxima
   */
  public record Growth(
      List<Stage> stages,
      Trigger lastTrigger,
      long splits,
      long rebuiltLarger,
      long rebuiltSame,
      long joined,
      long bytesZeroed,
      long entriesMoved,
      long directoryWordsCopied,
      long maxBytesZeroed,
      long maxEntriesMoved,
      long maxDirectoryWordsCopied) {
    public Growth {
      stages = List.copyOf(stages);
    }
  }

  /**
   * The tables of one depth.
   *
   * @param depth how many bits of the hash their keys share
   * @param smallTables those that are rebuilt larger when they are full
   * @param fullSizeTables those that are split when they are full
   * @param hashSpace their part of all hashes
   */
  public record Stage(
      int depth, long smallTables, long fullSizeTables, long entries, double hashSpace) {}

  /** Taken slots over all slots. */
  public double load() {
    return slots == 0 ? 0 : (double) size / slots;
  }

  /** Everything over the number of entries. */
  public double bytesPerEntry() {
    return size == 0 ? 0 : (double) bytes.total() / size;
  }

  /** A page that draws it. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    line(text, "map %s: %,d entries in %,d tables, load %.3f", name, size, tables, load());
    line(
        text,
        "occupancy by hash prefix, %d parts, full block = every slot taken",
        occupancy.size());
    text.append("  ").append(blocks()).append('\n');
    text.append("entries by the group a search finds them in:");
    for (int i = 0; i < groupsSearched.size(); i++) {
      text.append(String.format(Locale.ROOT, " %d: %,d", i + 1, groupsSearched.get(i)));
    }
    text.append('\n');
    line(text, "tombstones %,d, chained tables %,d", tombstones, chainedTables);
    line(
        text,
        "bytes %,d (%.1f for each entry): tables %,d, free tables %,d, unused %,d, spare %,d,"
            + " other %,d, directory (heap) %,d",
        bytes.total(),
        bytesPerEntry(),
        bytes.tables,
        bytes.freeTables,
        bytes.unused,
        bytes.spare,
        bytes.other,
        bytes.directory);
    if (bytes.other != 0) {
      line(
          text,
          "keys and values beside the tables: live %,d, holes %,d, free chunks %,d, ready %,d",
          cells.live,
          cells.holes,
          cells.free,
          cells.ready);
    }
    line(
        text,
        "growth: %,d splits, %,d joined, %,d rebuilt larger, %,d at the same size, last trigger %s",
        growth.splits,
        growth.joined,
        growth.rebuiltLarger,
        growth.rebuiltSame,
        growth.lastTrigger);
    for (Stage stage : growth.stages) {
      line(
          text,
          "  depth %2d: %,d small tables, %,d of full size, %,d entries, %.1f %% of the hashes",
          stage.depth,
          stage.smallTables,
          stage.fullSizeTables,
          stage.entries,
          100 * stage.hashSpace);
    }
    line(
        text,
        "most in one operation: %,d bytes zeroed, %,d entries moved, %,d directory words copied",
        growth.maxBytesZeroed,
        growth.maxEntriesMoved,
        growth.maxDirectoryWordsCopied);
    return text.toString();
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation is no dependency of this module
  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private String blocks() {
    String levels = " ▁▂▃▄▅▆▇█";
    StringBuilder row = new StringBuilder();
    for (double part : occupancy) {
      row.append(levels.charAt((int) Math.ceil(Math.clamp(part, 0, 1) * (levels.length() - 1))));
    }
    return row.toString();
  }
}
