package dev.lifebound.memory.map;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tables that stand beside a full one where splitting does not help: more keys than a table
 * takes have hashes whose top bits are equal further than the directory looks.
 *
 * <p>A good hash function never leads here. With a bad one, or one that an attacker knows, the map
 * stays correct, and no operation moves entries for it; its searches take a step for each table.
 */
final class Chains {
  /** By the location of the table in the directory: the entries of the others. */
  private final Map<Long, long[]> others = new HashMap<>();

  private final Tables tables;

  Chains(Tables tables) {
    this.tables = tables;
  }

  boolean isEmpty() {
    return others.isEmpty();
  }

  void reset() {
    others.clear();
  }

  /** The entry and those chained to it. */
  long[] tables(long head) {
    long[] rest = (head & Entry.CHAINED) == 0 ? null : others.get(Entry.location(head));
    if (rest == null) {
      return new long[] {head};
    }
    long[] all = new long[rest.length + 1];
    all[0] = head;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }

  /**
   * Makes sure that one of the tables has room.
   *
   * @throws Slabs.OutOfNativeMemory when there is no memory; nothing has changed
   */
  void makeRoom(long head, long hash) {
    long[] rest = rest(head);
    if (isFull(head) && firstFree(rest) < 0) {
      int groups = Sizes.large(hash, Entry.depth(head));
      long[] longer = Arrays.copyOf(rest, rest.length + 1);
      longer[rest.length] = Entry.of(tables.allocate(groups), 0, Entry.depth(head), groups);
      others.put(Entry.location(head), longer);
    }
  }

  /** Adds an entry to the first table with room; the entry of the first one afterwards. */
  long insert(long head, long hash, long key, long value) {
    if (!isFull(head)) {
      place(head, hash, key, value);
      return head + Entry.COUNT_ONE;
    }
    long[] rest = rest(head);
    int at = firstFree(rest);
    place(rest[at], hash, key, value);
    rest[at] += Entry.COUNT_ONE;
    return head;
  }

  private void place(long entry, long hash, long key, long value) {
    Engine.place(
        tables.slabs.segments[Entry.slab(entry)],
        Entry.offset(entry),
        Entry.groups(entry),
        hash,
        key,
        value);
  }

  /** Notes a removal from one of the tables; the entry of the first one afterwards. */
  long removed(long head, long table) {
    if (Entry.location(head) == Entry.location(table)) {
      return head - Entry.COUNT_ONE;
    }
    long[] rest = rest(head);
    for (int i = 0; i < rest.length; i++) {
      if (Entry.location(rest[i]) == Entry.location(table)) {
        rest[i] -= Entry.COUNT_ONE;
      }
    }
    return head;
  }

  private long[] rest(long head) {
    long @Nullable [] rest = others.get(Entry.location(head));
    return rest == null ? new long[0] : rest;
  }

  private static int firstFree(long[] rest) {
    for (int i = 0; i < rest.length; i++) {
      if (!isFull(rest[i])) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isFull(long entry) {
    return Entry.count(entry) >= Sizes.capacity(Entry.groups(entry));
  }

  /** Bytes on the heap, about. */
  long bytes() {
    long bytes = 0;
    for (long[] rest : others.values()) {
      bytes += 80 + 8L * rest.length;
    }
    return bytes;
  }
}
