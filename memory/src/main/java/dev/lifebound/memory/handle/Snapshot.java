package dev.lifebound.memory.handle;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a registry holds. Taken without stopping anybody: the numbers may be some operations apart.
 * Costs a look at every slot, some milliseconds for a million blocks, and nothing to anybody else.
 *
 * @param blocks blocks whose memory is not freed yet
 * @param bytes their bytes, as asked for
 * @param leases pins: open leases, and one for each block with children
 * @param waitingFrees blocks that are freed when open read sections end
 * @param openSections read sections that are open
 * @param staleUses refused uses of stale handles so far
 * @param doubleReleases refused releases so far
 * @param deferredFrees frees that had to wait for a lease or a read section so far
 * @param tags what is held by tag, without tags that hold nothing
 */
public record Snapshot(
    long blocks,
    long bytes,
    long leases,
    long waitingFrees,
    long openSections,
    long staleUses,
    long doubleReleases,
    long deferredFrees,
    Map<String, Usage> tags) {
  /**
   * What is held under one tag.
   *
   * @param blocks blocks whose memory is not freed yet
   * @param bytes their bytes
   * @param live blocks that may be leased
   * @param dying released blocks that a lease, a child or a read section keeps from being freed
   * @param freedByC blocks that C freed and whose references are still out
   * @param leases pins on them
   */
  public record Usage(long blocks, long bytes, long live, long dying, long freedByC, long leases) {}

  /** What the walk counts for one tag. */
  private static final class Counted {
    private final long[] blocksByState = new long[SlotTable.FREED_BY_C + 1];
    private long leases;
  }

  public Snapshot {
    tags = Collections.unmodifiableMap(new TreeMap<>(tags));
  }

  static Snapshot of(BlockTable table) {
    Counted[] counted = walk(table);
    Map<String, Usage> tags = new TreeMap<>();
    long bytes = 0;
    long leases = 0;
    for (Tags.Account account : table.tags.all()) {
      // A tag may be newer than the walk.
      Counted walked = account.number < counted.length ? counted[account.number] : new Counted();
      Usage usage = usage(table.tags, account, walked);
      bytes += usage.bytes;
      leases += usage.leases;
      if (usage.blocks != 0) {
        tags.put(account.tag, usage);
      }
    }
    Counters counters = table.counters;
    return new Snapshot(
        table.undead(),
        bytes,
        leases,
        table.sections.waiting(),
        table.sections.open(),
        counters.staleUses.sum(),
        counters.doubleReleases.sum(),
        counters.deferredFrees.sum(),
        tags);
  }

  private static Usage usage(Tags tags, Tags.Account account, Counted counted) {
    long[] byState = counted.blocksByState;
    return new Usage(
        tags.blocks(account),
        tags.bytes(account),
        byState[SlotTable.LIVE],
        byState[SlotTable.DYING],
        byState[SlotTable.FREED_BY_C],
        counted.leases);
  }

  /** By number of tag. */
  private static Counted[] walk(BlockTable table) {
    List<Tags.Account> accounts = table.tags.all();
    Counted[] counted = new Counted[accounts.size()];
    Arrays.setAll(counted, _ -> new Counted());
    table.walk(slot -> {
      long word = SlotTable.stateAcquire(slot);
      int tag = SlotTable.tag(slot);
      if (SlotTable.state(word) != SlotTable.DEAD && tag < counted.length) {
        counted[tag].blocksByState[SlotTable.state(word)]++;
        counted[tag].leases += SlotTable.leases(word);
      }
    });
    return counted;
  }
}
