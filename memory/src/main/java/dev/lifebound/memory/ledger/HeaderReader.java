package dev.lifebound.memory.ledger;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The header of a file that may be anything. */
final class HeaderReader {
  final ByteOrder order;
  final int version;
  final int recordBytes;
  final int stripes;
  final int records;
  final long stripeBytes;
  final long firstStripe;
  final long textOffset;
  final long textBytes;
  final long fileBytes;
  private final ByteBuffer fixed;
  private final ByteBuffer first;
  private final boolean checked;

  /**
   * @param page the part of the file that holds the fixed fields
   * @param first the start of the file, for the fields that change
   */
  private HeaderReader(byte[] page, byte[] first) {
    ByteBuffer little = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
    this.order =
        little.getInt(Layout.BYTE_ORDER_OFFSET) == Layout.BYTE_ORDER_MARK
            ? ByteOrder.LITTLE_ENDIAN
            : ByteOrder.BIG_ENDIAN;
    this.fixed = ByteBuffer.wrap(page).order(order);
    this.first = ByteBuffer.wrap(first).order(order);
    this.version = fixed.getInt(Layout.VERSION_OFFSET);
    this.recordBytes = fixed.getInt(Layout.RECORD_BYTES_OFFSET);
    this.stripes = fixed.getInt(Layout.STRIPES_OFFSET);
    this.records = fixed.getInt(Layout.RECORDS_OFFSET);
    this.stripeBytes = fixed.getLong(Layout.STRIPE_BYTES_OFFSET);
    this.firstStripe = fixed.getLong(Layout.FIRST_STRIPE_OFFSET);
    this.textOffset = fixed.getLong(Layout.TEXT_OFFSET);
    this.textBytes = fixed.getLong(Layout.TEXT_BYTES_OFFSET);
    this.fileBytes = fixed.getLong(Layout.FILE_BYTES_OFFSET);
    this.checked = fixed.getLong(Layout.HEADER_CHECK_OFFSET) == FileParts.headerCheck(page);
  }

  /** Takes the header, or its copy where the header is damaged. */
  static HeaderReader read(Path path, byte[] file, List<LedgerNotice> notices)
      throws LedgerException {
    if (file.length < Layout.HEADER_BYTES) {
      throw new LedgerException(
          "a ledger must have a whole header: file="
              + path
              + ", bytes="
              + file.length
              + ", headerBytes="
              + Layout.HEADER_BYTES
              + "; it was cut, or is something else");
    }
    byte[] first = Arrays.copyOf(file, Layout.HEADER_BYTES);
    byte[] copy =
        Arrays.copyOfRange(file, Layout.COPY_OFFSET, Layout.COPY_OFFSET + Layout.COPY_BYTES);
    boolean named = isNamed(first);
    if (!named && !isNamed(copy)) {
      throw foreign(path, file.length);
    }
    HeaderReader header = new HeaderReader(first, first);
    if (!named || !header.checked) {
      HeaderReader second = new HeaderReader(copy, first);
      header = (isNamed(copy) && second.checked) || !header.fits() ? second : header;
      notices.add(
          new LedgerNotice(
              "ledger-header-damaged",
              "the header is not as it was written; "
                  + (header.checked ? "its copy was read" : "what it says may be wrong")));
    }
    if (!header.fits()) {
      throw new LedgerException(
          "the header of a ledger must describe the file: file="
              + path
              + ", version="
              + header.versionText()
              + ", stripes="
              + header.stripes
              + ", records="
              + header.records
              + ", recordBytes="
              + header.recordBytes
              + "; it is damaged, or of a version that this program does not know");
    }
    header.notices(file.length, notices);
    return header;
  }

  /** Says that the file is no ledger. */
  static LedgerException foreign(Path path, long bytes) {
    return new LedgerException(
        "a ledger must begin with LBLEDGER: file="
            + path
            + ", bytes="
            + bytes
            + "; it is something else, or its process died while it was created");
  }

  /** Says that the file is too large for one. */
  static LedgerException tooLarge(Path path, long bytes) {
    return new LedgerException(
        "a ledger must not be larger: file="
            + path
            + ", bytes="
            + bytes
            + ", maxBytes="
            + LedgerSettings.MAX_FILE_BYTES
            + "; it is something else");
  }

  /**
   * Whether a file that begins so is a ledger, or the beginning of one; at most a header's bytes.
   */
  static boolean isLedger(byte[] start) {
    return isNamed(start)
        || (start.length == Layout.HEADER_BYTES
            && isNamed(
                Arrays.copyOfRange(
                    start, Layout.COPY_OFFSET, Layout.COPY_OFFSET + Layout.COPY_BYTES)));
  }

  private static boolean isNamed(byte[] page) {
    return page.length >= Layout.MAGIC.length
        && Arrays.equals(page, 0, Layout.MAGIC.length, Layout.MAGIC, 0, Layout.MAGIC.length);
  }

  /** Whether the parts lie one after the other in a file of possible size. */
  private boolean fits() {
    return recordBytes >= Layout.RECORD_BYTES
        && recordBytes <= Layout.HEADER_BYTES
        && recordBytes % Long.BYTES == 0
        && records > 0
        && records <= LedgerSettings.MAX_RECORDS
        && Integer.bitCount(records) == 1
        && stripes >= 0
        && stripes <= 3 * LedgerSettings.MAX_STRIPES
        && stripeBytes >= Layout.STRIPE_HEADER_BYTES + (long) records * recordBytes
        && stripeBytes <= LedgerSettings.MAX_FILE_BYTES
        && firstStripe >= Layout.HEADER_BYTES
        && firstStripe <= LedgerSettings.MAX_FILE_BYTES
        && textOffset >= firstStripe + stripes * stripeBytes
        && textOffset <= LedgerSettings.MAX_FILE_BYTES
        && textBytes >= 0
        && textBytes <= LedgerSettings.MAX_FILE_BYTES
        && fileBytes >= textOffset + textBytes
        && fileBytes <= LedgerSettings.MAX_FILE_BYTES;
  }

  private void notices(long bytes, List<LedgerNotice> notices) {
    if (version >>> Layout.VERSION_SHIFT > Layout.VERSION_MAJOR) {
      notices.add(
          new LedgerNotice(
              "ledger-newer-version",
              "the file has version "
                  + versionText()
                  + " and this program knows "
                  + Layout.VERSION_MAJOR
                  + "."
                  + Layout.VERSION_MINOR
                  + "; what it does not know is left out"));
    }
    if (bytes < fileBytes) {
      notices.add(
          new LedgerNotice(
              "ledger-cut",
              "the file was cut: "
                  + bytes
                  + " of "
                  + fileBytes
                  + " bytes are there; what lay behind them is missing"));
    }
    long dropped = first.getLong(Layout.DROPPED_OFFSET);
    if (dropped > 0) {
      notices.add(
          new LedgerNotice(
              "ledger-events-dropped", dropped + " events found no free stripe and are missing"));
    }
    long refused = first.getLong(Layout.REFUSED_TEXTS_OFFSET);
    if (refused > 0) {
      notices.add(
          new LedgerNotice(
              "ledger-texts-refused",
              refused
                  + " names and stacks found no room in the text area; their events have none"));
    }
  }

  private String versionText() {
    return (version >>> Layout.VERSION_SHIFT) + "." + (version & ((1 << Layout.VERSION_SHIFT) - 1));
  }

  /** A moment of the process by the machine's clock. */
  Instant instant(long nanoTime) {
    return epoch(
        fixed.getLong(Layout.EPOCH_NANOS_OFFSET)
            + (nanoTime - fixed.getLong(Layout.NANO_TIME_OFFSET)));
  }

  private static Instant epoch(long nanos) {
    long second = TimeUnit.SECONDS.toNanos(1);
    return Instant.ofEpochSecond(Math.floorDiv(nanos, second), Math.floorMod(nanos, second));
  }

  LedgerHeader publicHeader() {
    long started = fixed.getLong(Layout.STARTED_OFFSET);
    boolean closed = first.getLong(Layout.STATE_OFFSET) == Layout.STATE_CLOSED;
    int length = Math.clamp(fixed.getInt(Layout.IDENTITY_OFFSET), 0, Layout.IDENTITY_MAX_BYTES);
    return new LedgerHeader(
        versionText(),
        order,
        fixed.getLong(Layout.PID_OFFSET),
        new String(
            fixed.array(), Layout.IDENTITY_OFFSET + Integer.BYTES, length, StandardCharsets.UTF_8),
        started == 0 ? null : epoch(started),
        epoch(fixed.getLong(Layout.EPOCH_NANOS_OFFSET)),
        closed ? instant(first.getLong(Layout.CLOSED_OFFSET)) : null,
        first.getLong(Layout.DROPPED_OFFSET),
        first.getLong(Layout.REFUSED_TEXTS_OFFSET),
        fixed.getInt(Layout.TICK_NANOS_OFFSET),
        stripes,
        records,
        fixed.getInt(Layout.STACK_ONE_IN_OFFSET),
        fixed.getInt(Layout.STACK_DEPTH_OFFSET));
  }
}
