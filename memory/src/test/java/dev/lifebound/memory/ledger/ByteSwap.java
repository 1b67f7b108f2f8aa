package dev.lifebound.memory.ledger;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Makes the file that a machine of the other byte order, or a later version, would have written.
 */
final class ByteSwap {
  private ByteSwap() {}

  static byte[] of(byte[] file, LedgerSettings settings) {
    byte[] swapped = file.clone();
    int texts = file.length - settings.textBytes();
    header(swapped, 0);
    header(swapped, Layout.COPY_OFFSET);
    longs(swapped, Layout.STATE_OFFSET, Layout.CLOSED_OFFSET + 8);
    int stripe = (int) Layout.stripeBytes(settings.records());
    for (int at = Layout.HEADER_BYTES; at < texts; at += stripe) {
      longs(swapped, at, at + 8);
      turn(swapped, at + Layout.KIND_OFFSET, 4);
      longs(swapped, at + Layout.OWNER_OFFSET, at + Layout.NAME_LENGTH_OFFSET);
      turn(swapped, at + Layout.NAME_LENGTH_OFFSET, 4);
      longs(swapped, at + Layout.STRIPE_HEADER_BYTES, at + stripe);
    }
    texts(file, swapped, texts);
    return swapped;
  }

  private static void header(byte[] file, int at) {
    for (int i = Layout.BYTE_ORDER_OFFSET; i < Layout.STRIPE_BYTES_OFFSET; i += 4) {
      turn(file, at + i, 4);
    }
    longs(file, at + Layout.STRIPE_BYTES_OFFSET, at + Layout.TICK_NANOS_OFFSET);
    for (int i = Layout.TICK_NANOS_OFFSET; i < Layout.HEADER_CHECK_OFFSET; i += 4) {
      turn(file, at + i, 4);
    }
    turn(file, at + Layout.IDENTITY_OFFSET, 4);
    check(file, at, other());
  }

  private static void texts(byte[] file, byte[] swapped, int start) {
    ByteBuffer old = ByteBuffer.wrap(file).order(ByteOrder.nativeOrder());
    ByteBuffer made = ByteBuffer.wrap(swapped).order(other());
    int at = start;
    while (at < file.length - Layout.TEXT_HEADER_BYTES && old.getInt(at) != 0) {
      int word = old.getInt(at);
      int length = word & Layout.TEXT_LENGTH_MASK;
      int text = at + Layout.TEXT_HEADER_BYTES;
      if (word >>> Layout.TEXT_KIND_SHIFT == Layout.TEXT_STACK) {
        for (int i = 0; i < length; i += 4) {
          turn(swapped, text + i, 4);
        }
      }
      made.putInt(at, word);
      byte[] bytes = Arrays.copyOfRange(swapped, text, text + length);
      made.putInt(at + Layout.TEXT_CHECK_OFFSET, Layout.textCheck(word, bytes));
      at = text + Math.ceilDiv(length, Layout.TEXT_ALIGNMENT) * Layout.TEXT_ALIGNMENT;
    }
  }

  private static ByteOrder other() {
    return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
        ? ByteOrder.LITTLE_ENDIAN
        : ByteOrder.BIG_ENDIAN;
  }

  private static void check(byte[] file, int at, ByteOrder order) {
    byte[] page = Arrays.copyOfRange(file, at, at + Layout.COPY_BYTES);
    ByteBuffer.wrap(file)
        .order(order)
        .putLong(at + Layout.HEADER_CHECK_OFFSET, FileParts.headerCheck(page));
  }

  private static void longs(byte[] file, int from, int to) {
    for (int at = from; at < to; at += 8) {
      turn(file, at, 8);
    }
  }

  private static void turn(byte[] file, int at, int bytes) {
    for (int i = 0; i < bytes / 2; i++) {
      byte low = file[at + i];
      file[at + i] = file[at + bytes - 1 - i];
      file[at + bytes - 1 - i] = low;
    }
  }

  static void patchVersion(byte[] file, int major, int minor) {
    for (int at : new int[] {0, Layout.COPY_OFFSET}) {
      ByteBuffer.wrap(file)
          .order(ByteOrder.nativeOrder())
          .putInt(at + Layout.VERSION_OFFSET, (major << Layout.VERSION_SHIFT) | minor);
      check(file, at, ByteOrder.nativeOrder());
    }
  }

  /** Gives a record another type and the check that goes with it. */
  static void patchType(byte[] file, int at, int type) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.nativeOrder());
    long rest = (1L << Layout.TYPE_SHIFT) - 1;
    long commit = ((long) type << Layout.TYPE_SHIFT) | (bytes.getLong(at) & rest);
    long thread = bytes.getLong(at + Layout.THREAD_OFFSET) & Layout.THREAD_MASK;
    long check =
        Layout.check(
            commit,
            bytes.getLong(at + Layout.TIME_OFFSET),
            bytes.getLong(at + Layout.ADDRESS_OFFSET),
            bytes.getLong(at + Layout.SIZE_OFFSET),
            bytes.getLong(at + Layout.BLOCK_OFFSET),
            bytes.getLong(at + Layout.KEY_OFFSET),
            bytes.getLong(at + Layout.REFS_OFFSET),
            thread);
    bytes.putLong(at, commit);
    bytes.putLong(at + Layout.THREAD_OFFSET, (check << Layout.CHECK_SHIFT) | thread);
  }
}
