package dev.lifebound.memory.ledger;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The text area of a ledger that another copy of the library has; numbers are kept here. */
final class TextsElsewhere extends Texts {
  private final LedgerElsewhere ledger;
  private final ConcurrentMap<String, Integer> names = new ConcurrentHashMap<>();
  private final ConcurrentMap<Long, Integer> stacks = new ConcurrentHashMap<>();

  TextsElsewhere(LedgerElsewhere ledger) {
    super(MemorySegment.NULL);
    this.ledger = ledger;
  }

  @Override
  int name(String text) {
    Integer known = names.get(text);
    return known != null ? known : kept(names, text, ledger.name(text));
  }

  @Override
  int knownStack(long hash) {
    Integer known = stacks.get(hash);
    return known != null ? known : 0;
  }

  @Override
  int stack(long hash, int[] frames) {
    return kept(stacks, hash, ledger.stack(hash, frames));
  }

  private <K> int kept(ConcurrentMap<K, Integer> ids, K key, int id) {
    if (id == 0) {
      refused.increment();
    } else {
      ids.put(key, id);
    }
    return id;
  }
}
