package dev.lifebound.memory.ledger;

import java.util.Objects;

/**
 * A name that many events carry: of a map, of a tag, of a native library. Keep the object: it
 * remembers its number in the ledger. Any thread.
 */
public final class LedgerName {
  private final String text;

  /** The ledger's serial number above, the name's number in it below. */
  private volatile long known;

  private LedgerName(String text) {
    this.text = text;
  }

  /** A name. */
  public static LedgerName of(String text) {
    return new LedgerName(Objects.requireNonNull(text, "a name must not be null"));
  }

  /** The name itself. */
  public String text() {
    return text;
  }

  /** The number in this ledger, zero when its text area is full. */
  int id(int serial, Texts texts) {
    long number = known;
    if ((int) (number >>> Integer.SIZE) == serial) {
      return (int) number;
    }
    int id = texts.name(text);
    if (id != 0) {
      known = ((long) serial << Integer.SIZE) | Integer.toUnsignedLong(id);
    }
    return id;
  }

  @Override
  public String toString() {
    return text;
  }
}
