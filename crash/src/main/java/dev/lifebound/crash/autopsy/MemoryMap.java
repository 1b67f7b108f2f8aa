package dev.lifebound.crash.autopsy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The mappings of a process at its end, in the order of their addresses.
 *
 * @param ranges what was mapped; empty when the log does not tell
 * @param whole whether the list came to its end
 */
public record MemoryMap(List<Range> ranges, boolean whole) {
  /** A log without a list of mappings. */
  public static final MemoryMap UNKNOWN = new MemoryMap(List.of(), false);

  /**
   * One mapping.
   *
   * @param start first address
   * @param end first address behind it
   * @param permissions as {@code /proc/PID/maps} has them, such as {@code rw-p}
   * @param name the mapped file, {@code [heap]} or the like, or null
   */
  public record Range(long start, long end, String permissions, @Nullable String name) {
    boolean contains(long address) {
      return Long.compareUnsigned(address, start) >= 0 && Long.compareUnsigned(address, end) < 0;
    }

    boolean isReadable() {
      return permissions.startsWith("r");
    }
  }

  public MemoryMap {
    ranges = List.copyOf(ranges);
  }

  /** The mapping that holds an address. */
  Optional<Range> around(long address) {
    return ranges.stream().filter(range -> range.contains(address)).findFirst();
  }

  boolean isMapped(long address) {
    return around(address).isPresent();
  }

  /** One line of {@code /proc/PID/maps}, or null when it is none. */
  static @Nullable Range parse(String line) {
    int dash = line.indexOf('-');
    int space = line.indexOf(' ');
    if (dash <= 0 || space < dash || space + 5 > line.length()) {
      return null;
    }
    try {
      long start = Long.parseUnsignedLong(line.substring(0, dash).toLowerCase(Locale.ROOT), 16);
      long end = Long.parseUnsignedLong(line.substring(dash + 1, space), 16);
      int slash = line.indexOf('/', space);
      int bracket = line.indexOf('[', space);
      int name = slash >= 0 ? slash : bracket;
      return new Range(
          start,
          end,
          line.substring(space + 1, space + 5),
          name < 0 ? null : line.substring(name).strip());
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** The ranges that hold a part of an interval. */
  List<Range> within(long from, long to) {
    List<Range> found = new ArrayList<>();
    for (Range range : ranges) {
      if (Long.compareUnsigned(range.start, to) < 0 && Long.compareUnsigned(range.end, from) > 0) {
        found.add(range);
      }
    }
    return found;
  }
}
