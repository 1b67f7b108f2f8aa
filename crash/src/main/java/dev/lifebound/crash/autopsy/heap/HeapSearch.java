package dev.lifebound.crash.autopsy.heap;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds who holds an address in a heap dump. */
public final class HeapSearch {
  /** Objects that are followed at most, in all. */
  static final int MOST = 10_000;

  private HeapSearch() {}

  /**
   * What is looked for: a number from the one to the other, or a segment that covers the address.
   *
   * @param from the lowest number that counts
   * @param to the first number above that does not
   * @param address the address that was touched
   */
  public record Target(long from, long to, long address) {
    /** Every pointer into a block; a block of unknown size is its first byte. */
    public static Target block(long address, long size) {
      return new Target(address, address + Math.max(size, 1), address);
    }

    /** A pointer from the start of its page up to an address of which no block is known. */
    public static Target upTo(long from, long address) {
      return new Target(from, address + 1, address);
    }

    boolean matches(long number) {
      return Long.compareUnsigned(number, from) >= 0 && Long.compareUnsigned(number, to) < 0;
    }
  }

  /**
   * Where the program keeps the address.
   *
   * @param place class and field; of a map, those that hold the map
   * @param key the map's key, or null when it is no map, or its key cannot be shown
   * @param map the map's class, or null when it is none
   * @param pointer what the number is: {@code java.lang.Long}, {@code MemorySegment}, ...
   * @param number the number itself
   * @param chain from the number outward, one line each
   */
  public record Held(
      String place,
      @Nullable String key,
      @Nullable String map,
      String pointer,
      long number,
      List<String> chain) {
    public Held {
      chain = List.copyOf(chain);
    }
  }

  /**
   * What came of a search.
   *
   * @param holders maps first, then fields; those with the number nearest to the target's start
   *     first
   * @param written when the dump was written
   * @param notices code to sentence, of what could not be read
   */
  public record Result(List<Held> holders, Instant written, Map<String, String> notices) {
    public Result {
      holders = List.copyOf(holders);
      notices = Map.copyOf(notices);
    }
  }

  /**
   * Searches a dump: one pass for the classes, one for their names, one for the number, and one for
   * each step from there to the map and the field that holds it.
   *
   * @throws UnreadableDumpException when there is no such file, or it is no heap dump
   */
  public static Result find(Path file, Target target) throws UnreadableDumpException {
    DumpFile dump = DumpFile.open(file);
    ClassTable classes = ClassTable.read(dump);
    Climb climb = new Climb(dump, classes, target);
    return new Result(climb.holders(), dump.written(), dump.notices());
  }
}
