package dev.lifebound.memory.ledger;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;

/**
 * The bytes of a ledger file; {@code docs/formats/ledger.md} is the page for readers in other
 * languages.
 *
 * <pre>
 * file     [ header 4096 | stripe 0 | stripe 1 | ... | text area ]
 *
 * header     0 magic "LBLEDGER"            8 byte order mark      12 version
 *           16 header bytes   20 record bytes   24 stripes        28 records in a stripe
 *           32 stripe bytes   40 first stripe   48 text area      56 text bytes    64 file bytes
 *           72 pid            80 JVM start, epoch nanos            88 epoch nanos and
 *           96 nanoTime at one moment          104 clock tick     108 one stack in
 *          112 frames in a stack  116 (zero)  120 check of 0..119 and of the identity
 *          128 state        136 events dropped    144 texts refused   152 nanoTime at close
 *          256 length and UTF-8 text of the JVM's identity, up to 512 bytes
 *         2048 a copy of 0..1023 as it was at creation
 *
 * stripe     0 head: events appended so far     8 kind           16 thread     24 owner since
 *           32 length and UTF-8 text of the owner's name, up to 88 bytes
 *          128 record 0 | record 1 | ...
 *
 * record     0 commit: type 8 | flags 8 | sequence 48, written last; zero while being written
 *            8 time          16 address       24 size          32 block
 *           40 key           48 name 32 | stack 32             56 check 16 | thread 48
 *
 * text       0 kind 8 | length 24              4 check          8 bytes, padded to 8
 * </pre>
 *
 * <p>All numbers are in the byte order of the machine that wrote them.
 */
final class Layout {
  static final byte[] MAGIC = "LBLEDGER".getBytes(StandardCharsets.US_ASCII);
  static final int BYTE_ORDER_MARK = 0x0A0B0C0D;
  static final int VERSION_MAJOR = 1;
  static final int VERSION_MINOR = 1;
  static final int VERSION_SHIFT = 16;
  static final int VERSION = (VERSION_MAJOR << VERSION_SHIFT) | VERSION_MINOR;

  static final int HEADER_BYTES = 4096;
  static final int MAGIC_OFFSET = 0;
  static final int BYTE_ORDER_OFFSET = 8;
  static final int VERSION_OFFSET = 12;
  static final int HEADER_BYTES_OFFSET = 16;
  static final int RECORD_BYTES_OFFSET = 20;
  static final int STRIPES_OFFSET = 24;
  static final int RECORDS_OFFSET = 28;
  static final int STRIPE_BYTES_OFFSET = 32;
  static final int FIRST_STRIPE_OFFSET = 40;
  static final int TEXT_OFFSET = 48;
  static final int TEXT_BYTES_OFFSET = 56;
  static final int FILE_BYTES_OFFSET = 64;
  static final int PID_OFFSET = 72;
  static final int STARTED_OFFSET = 80;
  static final int EPOCH_NANOS_OFFSET = 88;
  static final int NANO_TIME_OFFSET = 96;
  static final int TICK_NANOS_OFFSET = 104;
  static final int STACK_ONE_IN_OFFSET = 108;
  static final int STACK_DEPTH_OFFSET = 112;
  static final int HEADER_CHECK_OFFSET = 120;
  static final int STATE_OFFSET = 128;
  static final int DROPPED_OFFSET = 136;
  static final int REFUSED_TEXTS_OFFSET = 144;
  static final int CLOSED_OFFSET = 152;
  static final int IDENTITY_OFFSET = 256;
  static final int IDENTITY_MAX_BYTES = 512;
  static final int COPY_OFFSET = 2048;
  static final int COPY_BYTES = 1024;

  static final int STATE_OPEN = 1;
  static final int STATE_CLOSED = 2;

  static final int STRIPE_HEADER_BYTES = 128;
  static final int HEAD_OFFSET = 0;
  static final int KIND_OFFSET = 8;
  static final int OWNER_OFFSET = 16;
  static final int SINCE_OFFSET = 24;
  static final int NAME_LENGTH_OFFSET = 32;
  static final int NAME_OFFSET = 36;
  static final int NAME_MAX_BYTES = 88;

  /** One platform thread after the other. */
  static final int KIND_OWN = 1;

  /** Any Java thread, for one event at a time. */
  static final int KIND_SHARED = 2;

  /** Copies of incidents, so that a busy thread's own events do not push them out. */
  static final int KIND_INCIDENTS = 3;

  /** Written by machine code; threads are numbered by the operating system. */
  static final int KIND_NATIVE = 4;

  /** As {@link #KIND_NATIVE}, for faults and what is reported of them. */
  static final int KIND_FAULTS = 5;

  static final int RECORD_BYTES = 64;
  static final int RECORD_SHIFT = 6;
  static final int COMMIT_OFFSET = 0;
  static final int TIME_OFFSET = 8;
  static final int ADDRESS_OFFSET = 16;
  static final int SIZE_OFFSET = 24;
  static final int BLOCK_OFFSET = 32;
  static final int KEY_OFFSET = 40;
  static final int REFS_OFFSET = 48;
  static final int THREAD_OFFSET = 56;

  static final int TYPE_SHIFT = 56;
  static final int FLAGS_SHIFT = 48;
  static final long FLAGS_MASK = 0xFF;
  static final long SEQUENCE_MASK = (1L << FLAGS_SHIFT) - 1;
  static final int CHECK_SHIFT = 48;
  static final long THREAD_MASK = (1L << CHECK_SHIFT) - 1;
  static final int NAME_SHIFT = 32;
  static final long STACK_MASK = 0xFFFF_FFFFL;

  /** The time was read for this event, and is not that of the last tick. */
  static final int FLAG_EXACT = 0x80;

  /** The block's number is one of the guard, not a handle. */
  static final int FLAG_GUARD_BLOCK = 0x40;

  /** Of a fault: an exception was delivered, the instruction was not continued. */
  static final int FLAG_DELIVERED = 0x08;

  static final int FLAG_DETAIL_MASK = 0x07;

  /** Of a report: the fourth bit of its kind, above the three of the detail. */
  static final int FLAG_KIND_HIGH = 0x10;

  static final int TEXT_HEADER_BYTES = 8;
  static final int TEXT_CHECK_OFFSET = 4;
  static final int TEXT_ALIGNMENT = 8;
  static final int TEXT_KIND_SHIFT = 24;
  static final int TEXT_LENGTH_MASK = (1 << TEXT_KIND_SHIFT) - 1;
  static final int TEXT_NAME = 1;
  static final int TEXT_STACK = 2;

  private static final long CHECK_FACTOR = 0x9E3779B97F4A7C15L;

  /** Heads and records are 8-byte aligned in the file, and the file is mapped at a page. */
  static final ValueLayout.OfLong LONG = JAVA_LONG;

  static final ValueLayout.OfInt INT = JAVA_INT;
  static final VarHandle LONGS = JAVA_LONG.varHandle();

  private Layout() {}

  /**
   * The check of a record.
   *
   * @param thread below 2^48
   */
  static long check(
      long commit,
      long time,
      long address,
      long size,
      long block,
      long key,
      long refs,
      long thread) {
    long mixed =
        commit
            ^ Long.rotateLeft(time, 8)
            ^ Long.rotateLeft(address, 16)
            ^ Long.rotateLeft(size, 24)
            ^ Long.rotateLeft(block, 32)
            ^ Long.rotateLeft(key, 40)
            ^ Long.rotateLeft(refs, 48)
            ^ Long.rotateLeft(thread, 56);
    return (mixed * CHECK_FACTOR) >>> CHECK_SHIFT;
  }

  /** The check of a text: over its first word and its bytes. */
  static int textCheck(int word, byte[] bytes) {
    return (int) (hash(word, bytes, 0, bytes.length) >>> 32);
  }

  /** A hash that no single changed byte leaves as it was. */
  static long hash(long start, byte[] bytes, int from, int length) {
    long hash = (start ^ length) * CHECK_FACTOR;
    for (int i = from; i < from + length; i++) {
      hash = (hash ^ (bytes[i] & 0xFF)) * CHECK_FACTOR;
      hash ^= hash >>> 32;
    }
    return hash;
  }

  /** The number of a text at this distance from the start of the text area; zero is no text. */
  static int textId(long distance) {
    return Math.toIntExact(distance / TEXT_ALIGNMENT + 1);
  }

  static long textDistance(int id) {
    return (Integer.toUnsignedLong(id) - 1) * TEXT_ALIGNMENT;
  }

  static long stripeBytes(int records) {
    return STRIPE_HEADER_BYTES + (long) records * RECORD_BYTES;
  }
}
