package dev.lifebound.memory.handle;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a registry holds. Taken without stopping anybody: the numbers may be some operations apart.
 *
 * @param blocks blocks whose memory is not freed yet
 * @param bytes their bytes, as asked for
 * @param waitingFrees blocks that are freed when open read sections end
 * @param openSections read sections that are open
 * @param staleUses refused uses of stale handles so far
 * @param doubleReleases refused releases so far
 * @param deferredFrees frees that had to wait for a read section so far
 * @param tags blocks and bytes by tag, without tags that hold nothing
 */
public record Snapshot(
    long blocks,
    long bytes,
    long waitingFrees,
    long openSections,
    long staleUses,
    long doubleReleases,
    long deferredFrees,
    Map<String, Usage> tags) {
  /** Blocks and bytes of one tag. */
  public record Usage(long blocks, long bytes) {}

  public Snapshot {
    tags = Collections.unmodifiableMap(new TreeMap<>(tags));
  }

  static Snapshot of(BlockTable table) {
    Map<String, Usage> tags = new TreeMap<>();
    long bytes = 0;
    for (Tags.Account account : table.tags.all()) {
      Usage usage = new Usage(account.blocks.sum(), account.bytes.sum());
      bytes += usage.bytes;
      if (usage.blocks != 0) {
        tags.put(account.tag, usage);
      }
    }
    Counters counters = table.counters;
    return new Snapshot(
        table.undead(),
        bytes,
        table.sections.waiting(),
        table.sections.open(),
        counters.staleUses.sum(),
        counters.doubleReleases.sum(),
        counters.deferredFrees.sum(),
        tags);
  }
}
