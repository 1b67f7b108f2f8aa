package dev.lifebound.memory.os;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The C library functions that the module calls, with errors as exceptions.
 *
 * <p>Addresses are plain {@code long}s here: whoever calls knows what they point at.
 */
public final class LibC {
  public static final int PROT_NONE = 0;
  public static final int PROT_READ_WRITE = 3;
  public static final int MAP_SHARED = 0x01;
  public static final int MAP_PRIVATE = 0x02;
  public static final int MAP_FIXED = 0x10;
  public static final int MAP_ANONYMOUS = 0x20;
  public static final int MAP_NORESERVE = 0x4000;
  private static final int MADV_DONTNEED = 4;
  private static final int MADV_NOHUGEPAGE = 15;
  private static final int MADV_WIPEONFORK = 18;
  private static final int MADV_POPULATE_WRITE = 23;
  private static final int EFD_CLOEXEC_NONBLOCK = 0x80800;
  private static final short POLLIN = 1;
  private static final int EINTR = 4;
  private static final int EAGAIN = 11;
  private static final int EINVAL = 22;
  private static final int MFD_CLOEXEC = 1;
  private static final int SC_PAGESIZE = 30;
  private static final int MAX_WORDS = 6;

  private static final ConcurrentHashMap<String, MemorySegment> FUNCTIONS =
      new ConcurrentHashMap<>();

  private LibC() {}

  /* No lambdas in this class: those of the arming would be the first of the process. */

  private static MemorySegment function(String name) {
    MemorySegment known = FUNCTIONS.get(name);
    if (known == null) {
      Optional<MemorySegment> found = Linker.nativeLinker().defaultLookup().find(name);
      if (found.isEmpty()) {
        throw new UnsupportedOperationException(
            "the C library must export the function: name="
                + name
                + ", platform="
                + Platform.text()
                + "; the guard works on Linux");
      }
      known = found.get();
      FUNCTIONS.put(name, known);
    }
    return known;
  }

  /** The address of a function that the C library has. */
  static long known(String name) {
    return function(name).address();
  }

  /** The address of a function that the C library may have; 0 when it has not. */
  static long address(String name) {
    Optional<MemorySegment> found = Linker.nativeLinker().defaultLookup().find(name);
    return found.isEmpty() ? 0 : found.get().address();
  }

  /**
   * As {@link #call}, without its errno: linking a call that keeps it is a tenth of the arming.
   *
   * <p>Safety: as there.
   */
  private static long quick(String name, long... words) {
    long[] all = Arrays.copyOf(words, MAX_WORDS);
    return NativeCalls.call(known(name), all[0], all[1], all[2], all[3], all[4], all[5]);
  }

  /**
   * A call whose result is a word, or -1 and an error. A call that failed is made again to learn
   * why: it must be one that may be, and fails alike or may as well succeed.
   */
  private static long call(String name, long... words) {
    long result = quick(name, words);
    return result != -1 ? result : callAgain(name, words);
  }

  private static long callAgain(String name, long... words) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(NativeCalls.errnoLayout());
      // SAFETY: each caller below passes what the C prototype of the name has (LP64); memory that a
      // word points at lives until the call returns.
      long result =
          NativeCalls.callWithErrno(function(name), errno, Arrays.copyOf(words, MAX_WORDS));
      if (result == -1) {
        throw new SystemCallException(text(name, words), NativeCalls.errno(errno));
      }
      return result;
    }
  }

  /** A call whose result is an {@code int}, less than 0 with an error; else as {@link #call}. */
  private static int callInt(String name, long... words) {
    int result = (int) quick(name, words);
    return result >= 0 ? result : callIntAgain(name, words);
  }

  private static int callIntAgain(String name, long... words) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(NativeCalls.errnoLayout());
      // SAFETY: as above.
      int result =
          (int) NativeCalls.callWithErrno(function(name), errno, Arrays.copyOf(words, MAX_WORDS));
      if (result < 0) {
        throw new SystemCallException(text(name, words), NativeCalls.errno(errno));
      }
      return result;
    }
  }

  private static String text(String name, long... words) {
    StringBuilder text = new StringBuilder(name).append('(');
    for (int i = 0; i < words.length; i++) {
      text.append(i == 0 ? "0x" : ", 0x").append(Long.toHexString(words[i]));
    }
    return text.append(')').toString();
  }

  /** Bytes of one memory page. */
  public static long pageBytes() {
    return call("sysconf", SC_PAGESIZE);
  }

  /** The kernel's number of the calling thread; of the carrier, on a virtual one. */
  public static int threadId() {
    return callInt("gettid");
  }

  /**
   * {@code mmap}.
   *
   * <p>Safety: with {@link #MAP_FIXED} the caller must own the whole range, since what was there is
   * replaced.
   *
   * @return the address
   */
  public static long mmap(long address, long bytes, int prot, int flags, int fd, long offset) {
    return call("mmap", address, bytes, prot, flags, fd, offset);
  }

  /**
   * {@code munmap}.
   *
   * <p>Safety: the caller must own the range and must have seen to it that nobody reads it.
   */
  public static void munmap(long address, long bytes) {
    callInt("munmap", address, bytes);
  }

  /**
   * {@code mprotect}.
   *
   * <p>Safety: the caller must own the range.
   */
  public static void mprotect(long address, long bytes, int prot) {
    callInt("mprotect", address, bytes, prot);
  }

  /**
   * {@code madvise(MADV_DONTNEED)}: drops the pages' content.
   *
   * <p>Safety: the caller must own the range.
   */
  public static void dropPages(long address, long bytes) {
    callInt("madvise", address, bytes, MADV_DONTNEED);
  }

  /**
   * Whether pages may be written at this moment, found by {@code madvise(MADV_POPULATE_WRITE)};
   * false on kernels before 5.14, which cannot tell.
   */
  static boolean isWritable(long address, long bytes) {
    try {
      callInt("madvise", address, bytes, MADV_POPULATE_WRITE);
      return true;
    } catch (SystemCallException e) {
      return false;
    }
  }

  /**
   * {@code madvise(MADV_WIPEONFORK)}: a forked child finds zeroes there.
   *
   * <p>Safety: the caller must own the range.
   */
  public static void wipeOnFork(long address, long bytes) {
    callInt("madvise", address, bytes, MADV_WIPEONFORK);
  }

  /**
   * {@code madvise(MADV_NOHUGEPAGE)}: a touched page stays one page. Kernels without them refuse.
   */
  public static void keepSmallPages(long address, long bytes) {
    try {
      callInt("madvise", address, bytes, MADV_NOHUGEPAGE);
    } catch (SystemCallException e) {
      if (e.errno() != EINVAL) {
        throw e;
      }
    }
  }

  /** {@code ftruncate}. */
  public static void truncate(int fd, long bytes) {
    callInt("ftruncate", fd, bytes);
  }

  /** {@code eventfd}, non-blocking; the caller closes it. */
  public static int eventFd() {
    return callInt("eventfd", 0, EFD_CLOEXEC_NONBLOCK);
  }

  /** Waits until the event descriptor was written or the time is over, and empties it. */
  public static boolean awaitEvent(int fd, int timeoutMillis) {
    // struct pollfd { int fd; short events; short revents }
    ByteBuffer poll = Words.bytes(Long.BYTES).putInt(0, fd).putShort(Integer.BYTES, POLLIN);
    try {
      if (callInt("poll", Words.address(poll), 1, timeoutMillis) == 0) {
        return false;
      }
      return call("read", fd, Words.address(poll), Long.BYTES) == Long.BYTES;
    } catch (SystemCallException e) {
      if (e.errno() == EINTR || e.errno() == EAGAIN) {
        return false;
      }
      throw e;
    } finally {
      Reference.reachabilityFence(poll);
    }
  }

  /** Writes to an event descriptor: wakes who waits for it. */
  public static void raiseEvent(int fd) {
    ByteBuffer one = Words.bytes(Long.BYTES).putLong(0, 1);
    try {
      call("write", fd, Words.address(one), Long.BYTES);
    } finally {
      Reference.reachabilityFence(one);
    }
  }

  /** {@code memfd_create}: an anonymous file of length 0; the caller closes the descriptor. */
  public static int memfdCreate(String name) {
    if (NativeCode.isDenied("memfd")) {
      throw new UnsupportedOperationException(
          "memfd_create must be allowed: " + NativeCode.DENY_PROPERTY + "=memfd");
    }
    ByteBuffer text = Words.text(name);
    try {
      return callInt("memfd_create", Words.address(text), MFD_CLOEXEC);
    } finally {
      Reference.reachabilityFence(text);
    }
  }

  /** {@code close}. */
  public static void close(int fd) {
    callInt("close", fd);
  }

  /** {@code userfaultfd}, which the C library does not export. */
  static int userfaultfd(long number, long flags) {
    return (int) call("syscall", number, flags);
  }

  /**
   * {@code ioctl} with a pointer argument.
   *
   * <p>Safety: the structure must have the size and form that the request expects.
   */
  static void ioctl(int fd, long request, long structure) {
    callInt("ioctl", fd, request, structure);
  }

  /** As {@link #ioctl}, called once only: for requests that may do half of their work. */
  static void ioctlOnce(int fd, long request, long structure) {
    callIntAgain("ioctl", fd, request, structure);
  }

  /** A failed call's own exception as it is; anything else is a defect of ours. */
  static RuntimeException failure(String call, Throwable cause) {
    return cause instanceof RuntimeException known
        ? known
        : new IllegalStateException(
            "a linked call must not throw: call=" + call + "; report this", cause);
  }
}
