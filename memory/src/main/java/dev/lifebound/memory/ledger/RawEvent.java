package dev.lifebound.memory.ledger;

import static dev.lifebound.memory.ledger.Layout.FLAGS_MASK;
import static dev.lifebound.memory.ledger.Layout.FLAGS_SHIFT;
import static dev.lifebound.memory.ledger.Layout.FLAG_DETAIL_MASK;
import static dev.lifebound.memory.ledger.Layout.SEQUENCE_MASK;

import java.util.List;
import java.util.Locale;

/**
 * One record as it lies in the file.
 *
 * @param order the time, not before that of the record before it in the stripe
 */
record RawEvent(
    int stripe,
    int stripeKind,
    long order,
    long commit,
    long time,
    long address,
    long size,
    long block,
    long key,
    long refs,
    long thread) {
  RawEvent ordered(long newOrder) {
    return new RawEvent(
        stripe, stripeKind, newOrder, commit, time, address, size, block, key, refs, thread);
  }

  boolean takenBy(LedgerFile.Choice choice) {
    EventType type = type();
    boolean started = type == EventType.THREAD;
    boolean entry = type == EventType.BIND || type == EventType.UNBIND;
    return choice.takes(
        type,
        started ? 0 : block,
        (flags() & Layout.FLAG_GUARD_BLOCK) != 0,
        started ? 0 : address,
        entry || started ? 0 : size);
  }

  long sequence() {
    return commit & SEQUENCE_MASK;
  }

  int code() {
    return (int) (commit >>> Layout.TYPE_SHIFT);
  }

  EventType type() {
    return EventType.of(code());
  }

  int flags() {
    return (int) ((commit >>> FLAGS_SHIFT) & FLAGS_MASK);
  }

  boolean isIncident() {
    return type().isIncident();
  }

  /** What a copy in another stripe has in common with this one. */
  List<Long> content() {
    return List.of(commit >>> FLAGS_SHIFT, time, address, size, block, key, refs, thread);
  }

  String inlineText() {
    return Keys.words(address, size, block, key);
  }

  /** Whether threads have the operating system's numbers. */
  boolean isNative() {
    return stripeKind == Layout.KIND_NATIVE || stripeKind == Layout.KIND_FAULTS;
  }

  LedgerEvent event(HeaderReader header, TextReader texts, ThreadNames names) {
    EventType type = type();
    boolean entry = type == EventType.BIND || type == EventType.UNBIND;
    boolean started = type == EventType.THREAD;
    boolean leak = type == EventType.LEAK;
    boolean fault = type == EventType.FAULT || type == EventType.REPORT;
    int detail = flags() & FLAG_DETAIL_MASK;
    int high = type == EventType.REPORT && (flags() & Layout.FLAG_KIND_HIGH) != 0 ? 8 : 0;
    return new LedgerEvent(
        type,
        code(),
        header.instant(time),
        time,
        (flags() & Layout.FLAG_EXACT) != 0,
        thread,
        names.of(isNative(), thread),
        isNative(),
        started ? 0 : block,
        (flags() & Layout.FLAG_GUARD_BLOCK) != 0,
        started ? 0 : address,
        entry || started ? 0 : size,
        leak ? key : 0,
        started ? inlineText() : texts.name((int) (refs >>> Layout.NAME_SHIFT)),
        entry ? Keys.text(detail, key, size) : null,
        entry || started || leak ? 0 : key,
        fault ? fault(detail | high) : null,
        fault && (flags() & Layout.FLAG_DELIVERED) != 0,
        texts.stack((int) refs),
        stripe,
        sequence());
  }

  private static String fault(int detail) {
    return switch (detail) {
      case 1 -> "use after free";
      case 2 -> "overflow";
      case 3 -> "underflow";
      case 4 -> "access to memory that no block ever had";
      case 5 -> "second free";
      case 6 -> "free of an address that is not a block's first byte";
      case 7 -> "write after free";
      case 8 -> "write behind the block";
      default -> String.format(Locale.ROOT, "kind %d", detail);
    };
  }
}
