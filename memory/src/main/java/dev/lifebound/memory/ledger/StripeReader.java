package dev.lifebound.memory.ledger;

import static dev.lifebound.memory.ledger.Layout.STRIPE_HEADER_BYTES;
import static dev.lifebound.memory.ledger.Layout.THREAD_MASK;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The whole records of one stripe, in the order in which they were written. */
final class StripeReader {
  final int kind;
  final long owner;
  final String ownerName;
  final List<RawEvent> records;
  final long newest;

  /** What was met in all stripes. */
  static final class Counts {
    long unfinished;
    long damaged;
    long missing;

    void notices(boolean live, List<LedgerNotice> notices) {
      if (live) {
        // The picture moves while it is taken: a record that was half old and half new is no
        // damage.
        unfinished += damaged;
        damaged = 0;
        missing = 0;
      }
      if (damaged > 0) {
        notices.add(
            new LedgerNotice(
                "ledger-records-damaged",
                damaged + " records are not as they were written and are left out"));
      }
      if (missing > damaged) {
        notices.add(
            new LedgerNotice(
                "ledger-events-missing",
                (missing - damaged) + " events are missing between others"));
      }
    }
  }

  private StripeReader(
      int kind, long owner, String ownerName, List<RawEvent> records, long newest) {
    this.kind = kind;
    this.owner = owner;
    this.ownerName = ownerName;
    this.records = records;
    this.newest = newest;
  }

  static StripeReader read(ByteBuffer file, HeaderReader header, int index, Counts counts) {
    long start = header.firstStripe + index * header.stripeBytes;
    if (start > file.limit() - STRIPE_HEADER_BYTES) {
      return new StripeReader(0, Stripe.NO_THREAD, "", List.of(), 0);
    }
    int at = (int) start;
    int kind = file.getInt(at + Layout.KIND_OFFSET);
    @Nullable RawEvent[] slots = new @Nullable RawEvent[header.records];
    boolean[] open = new boolean[header.records];
    long newest = 0;
    boolean any = false;
    for (int i = 0; i < header.records; i++) {
      int place = at + STRIPE_HEADER_BYTES + i * header.recordBytes;
      if (place > file.limit() - header.recordBytes) {
        break;
      }
      RawEvent record = record(file, place, index, kind);
      if (record == null) {
        boolean begun = isTouched(file, place);
        open[i] = file.getLong(place) == 0 && begun;
        counts.unfinished += open[i] ? 1 : 0;
        counts.damaged += begun && !open[i] ? 1 : 0;
      } else if (((record.sequence() - 1) & (header.records - 1)) != i) {
        counts.damaged++;
      } else {
        slots[i] = record;
        newest = any && !isLater(record.sequence(), newest) ? newest : record.sequence();
        any = true;
      }
    }
    boolean whole = start + header.stripeBytes <= file.limit();
    if (whole) {
      counts.missing += missing(slots, open, newest, kind);
    }
    return new StripeReader(
        kind,
        file.getLong(at + Layout.OWNER_OFFSET),
        name(file, at),
        inOrder(slots, newest),
        newest);
  }

  private static String name(ByteBuffer file, int at) {
    int length = Math.clamp(file.getInt(at + Layout.NAME_LENGTH_OFFSET), 0, Layout.NAME_MAX_BYTES);
    byte[] name = new byte[length];
    file.get(at + Layout.NAME_OFFSET, name);
    return new String(name, StandardCharsets.UTF_8);
  }

  /** The record, or null when it is none that was written to the end. */
  private static @Nullable RawEvent record(ByteBuffer file, int at, int stripe, int kind) {
    long commit = file.getLong(at + Layout.COMMIT_OFFSET);
    long last = file.getLong(at + Layout.THREAD_OFFSET);
    RawEvent record =
        new RawEvent(
            stripe,
            kind,
            file.getLong(at + Layout.TIME_OFFSET),
            commit,
            file.getLong(at + Layout.TIME_OFFSET),
            file.getLong(at + Layout.ADDRESS_OFFSET),
            file.getLong(at + Layout.SIZE_OFFSET),
            file.getLong(at + Layout.BLOCK_OFFSET),
            file.getLong(at + Layout.KEY_OFFSET),
            file.getLong(at + Layout.REFS_OFFSET),
            last & THREAD_MASK);
    long check =
        Layout.check(
            commit,
            record.time(),
            record.address(),
            record.size(),
            record.block(),
            record.key(),
            record.refs(),
            record.thread());
    return commit != 0 && check == last >>> Layout.CHECK_SHIFT ? record : null;
  }

  private static boolean isTouched(ByteBuffer file, int at) {
    for (int i = 0; i < Layout.RECORD_BYTES; i += Long.BYTES) {
      if (file.getLong(at + i) != 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * How many of the newest ring of events are not there. One that is just being overwritten, the
   * oldest, is not missing; machine code may be writing several at a time.
   */
  private static long missing(@Nullable RawEvent[] slots, boolean[] open, long newest, int kind) {
    boolean many = kind == Layout.KIND_NATIVE || kind == Layout.KIND_FAULTS;
    long missing = 0;
    long oldest = newest - slots.length + 1;
    // A stripe that went round its numbers has no beginning.
    boolean round = oldest < 1 && hasAny(slots, Layout.SEQUENCE_MASK + oldest + 1);
    for (long number = round ? oldest : Math.max(1, oldest); number <= newest; number++) {
      long sequence = number & Layout.SEQUENCE_MASK;
      int slot = (int) ((sequence - 1) & (slots.length - 1));
      RawEvent record = slots[slot];
      boolean there = record != null && record.sequence() == sequence;
      boolean allowed = open[slot] && (many || number == oldest);
      missing += there || allowed ? 0 : 1;
    }
    return missing;
  }

  /** Whether there is a record from this number on. */
  private static boolean hasAny(@Nullable RawEvent[] slots, long from) {
    for (RawEvent record : slots) {
      if (record != null && record.sequence() >= from) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a sequence number came after another of its stripe. They have 48 bits and go round, so
   * what lies less than half a round ahead is later.
   */
  static boolean isLater(long sequence, long than) {
    return (sequence - than) << (Long.SIZE - Layout.FLAGS_SHIFT) > 0;
  }

  private static List<RawEvent> inOrder(@Nullable RawEvent[] slots, long newest) {
    List<RawEvent> records = new ArrayList<>();
    for (RawEvent record : slots) {
      if (record != null) {
        records.add(record);
      }
    }
    records.sort(
        Comparator.comparingLong(record -> -((newest - record.sequence()) & Layout.SEQUENCE_MASK)));
    long order = Long.MIN_VALUE;
    for (int i = 0; i < records.size(); i++) {
      RawEvent r = records.get(i);
      order = Math.max(order, r.time());
      if (order != r.order()) {
        records.set(i, r.ordered(order));
      }
    }
    return records;
  }
}
