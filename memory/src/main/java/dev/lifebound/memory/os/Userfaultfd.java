package dev.lifebound.memory.os;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;

/**
 * A {@code userfaultfd(2)} whose missing pages raise SIGBUS instead of an event.
 *
 * <p>Within a registered range an access to a page that was not filled, or was dropped, raises
 * SIGBUS in the accessing thread; HotSpot turns that into an {@code InternalError} when the access
 * came from a memory segment. The descriptor is opened for user-mode faults only, which needs no
 * privilege.
 *
 * <p>Closing the descriptor unregisters every range: dead pages then read as zeroes again.
 */
public final class Userfaultfd implements AutoCloseable {
  /*
   * struct uffdio_api       { u64 api, features, ioctls }                 24 bytes
   * struct uffdio_register  { u64 start, len, mode, ioctls }              32 bytes
   * struct uffdio_zeropage  { u64 start, len, mode; s64 zeropage }        32 bytes
   * Request numbers: _IOWR(0xAA, nr, struct), direction 3 << 30 | size << 16 | 0xAA << 8 | nr.
   */
  private static final int STRUCT_BYTES = 32;
  private static final long UFFDIO_API = 0xC018AA3FL;
  private static final long UFFDIO_REGISTER = 0xC020AA00L;
  private static final long UFFDIO_ZEROPAGE = 0xC020AA04L;
  private static final long API_VERSION = 0xAA;
  private static final long FEATURE_SIGBUS = 1L << 7;
  private static final long REGISTER_MODE_MISSING = 1;
  private static final long O_CLOEXEC = 0x80000;
  private static final long USER_MODE_ONLY = 1;
  private static final int FILLED_OFFSET = 24;
  private static final int EAGAIN = 11;

  private final int fd;

  private Userfaultfd(int fd) {
    this.fd = fd;
  }

  /**
   * Opens a descriptor with the SIGBUS feature.
   *
   * @throws SystemCallException where the kernel or a seccomp profile refuses
   * @throws UnsupportedOperationException on a processor whose call number is not known here
   */
  public static Userfaultfd open() {
    long number = Platform.userfaultfdNumber();
    if (number < 0) {
      throw new UnsupportedOperationException(
          "the call number of userfaultfd must be known: platform=" + Platform.text());
    }
    if (NativeCode.isDenied("userfaultfd")) {
      throw new UnsupportedOperationException(
          "userfaultfd must be allowed: " + NativeCode.DENY_PROPERTY + "=userfaultfd");
    }
    int fd = LibC.userfaultfd(number, O_CLOEXEC | USER_MODE_ONLY);
    try {
      call(fd, UFFDIO_API, API_VERSION, FEATURE_SIGBUS);
      return new Userfaultfd(fd);
    } catch (RuntimeException e) {
      LibC.close(fd);
      throw e;
    }
  }

  /** The descriptor, for machine code; it stays this object's. */
  public int fd() {
    return fd;
  }

  /** From now on a missing page of this range raises SIGBUS. The range must be page-aligned. */
  public void register(long address, long bytes) {
    call(fd, UFFDIO_REGISTER, address, bytes, REGISTER_MODE_MISSING);
  }

  /** Fills missing pages with zeroes, which makes them alive. The range must be page-aligned. */
  public void fillWithZeroes(long address, long bytes) {
    long filled = 0;
    while (filled < bytes) {
      filled += fillSome(address + filled, bytes - filled);
    }
  }

  /** The kernel may stop early when the process's mappings change at the same time. */
  private long fillSome(long address, long bytes) {
    ByteBuffer structure = structure(address, bytes, 0);
    try {
      LibC.ioctlOnce(fd, UFFDIO_ZEROPAGE, Words.address(structure));
      return bytes;
    } catch (SystemCallException e) {
      if (e.errno() != EAGAIN) {
        throw e;
      }
      return Math.max(0, structure.getLong(FILLED_OFFSET));
    } finally {
      Reference.reachabilityFence(structure);
    }
  }

  @Override
  public void close() {
    LibC.close(fd);
  }

  private static void call(int fd, long request, long... fields) {
    ByteBuffer structure = structure(fields);
    try {
      LibC.ioctl(fd, request, Words.address(structure));
    } finally {
      Reference.reachabilityFence(structure);
    }
  }

  private static ByteBuffer structure(long... fields) {
    ByteBuffer structure = Words.bytes(STRUCT_BYTES);
    for (int i = 0; i < fields.length; i++) {
      structure.putLong(i * Long.BYTES, fields[i]);
    }
    return structure;
  }
}
