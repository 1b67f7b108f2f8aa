package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.LedgerEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something in Java that holds a block's address, or held it.
 *
 * @param source who says so
 * @param place the map's name, or the class and field: {@code shop.Sessions.open}
 * @param key the key of the map's entry, or null when it is no map or the key is not known
 * @param bound when the entry was made, or null when the source does not tell
 * @param unbound when it went, or null: it is there
 * @param block the block it holds, null when the source knows addresses only
 * @param chain from the address outward, one line each; empty for the ledger
 */
public record Holder(
    Source source,
    String place,
    @Nullable String key,
    @Nullable LedgerEvent bound,
    @Nullable LedgerEvent unbound,
    @Nullable BlockLife block,
    List<String> chain) {
  /** Who knows of a holder. */
  public enum Source {
    LEDGER,
    HEAP
  }

  public Holder {
    chain = List.copyOf(chain);
  }

  /** Whether the address is still there. */
  public boolean still() {
    return unbound == null;
  }

  /** {@code place["key"]}, or the place alone. */
  public String text() {
    return key == null ? place : place + "[" + key + "]";
  }
}
