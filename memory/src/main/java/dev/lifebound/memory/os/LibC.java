package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

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
  private static final int EFD_CLOEXEC_NONBLOCK = 0x80800;
  private static final short POLLIN = 1;
  private static final int EINTR = 4;
  private static final int EINVAL = 22;
  private static final int MFD_CLOEXEC = 1;
  private static final int SC_PAGESIZE = 30;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final VarHandle ERRNO_VALUE =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle MMAP =
      link(
          "mmap",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
          ERRNO);
  private static final MethodHandle MUNMAP =
      link("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG), ERRNO);
  private static final MethodHandle MADVISE =
      link("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT), ERRNO);
  private static final MethodHandle MPROTECT =
      link("mprotect", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT), ERRNO);
  private static final MethodHandle FTRUNCATE =
      link("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG), ERRNO);
  private static final MethodHandle EVENTFD =
      link("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), ERRNO);
  private static final MethodHandle POLL =
      link("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT), ERRNO);
  private static final MethodHandle READ =
      link("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG), ERRNO);
  private static final MethodHandle WRITE =
      link("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG), ERRNO);
  private static final MethodHandle GETTID = link("gettid", FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle MEMFD_CREATE =
      link("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), ERRNO);
  private static final MethodHandle CLOSE =
      link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), ERRNO);
  private static final MethodHandle SYSCALL =
      link(
          "syscall",
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG),
          Linker.Option.firstVariadicArg(1),
          ERRNO);
  private static final MethodHandle IOCTL =
      link(
          "ioctl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
          Linker.Option.firstVariadicArg(2),
          ERRNO);
  private static final MethodHandle SYSCONF =
      link("sysconf", FunctionDescriptor.of(JAVA_LONG, JAVA_INT));

  private LibC() {}

  @SuppressWarnings("restricted") // this package is where native access is asked for
  private static MethodHandle link(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    MemorySegment symbol =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() ->
                new UnsupportedOperationException(
                    "the C library must export the function: name="
                        + name
                        + ", platform="
                        + Platform.text()
                        + "; the guard works on Linux"));
    // SAFETY: name and descriptor are pairs written down above from the C prototypes (LP64).
    return LINKER.downcallHandle(symbol, descriptor, options);
  }

  /** Bytes of one memory page. */
  public static long pageBytes() {
    try {
      // SAFETY: takes a constant and returns a number; touches no memory of ours.
      return (long) SYSCONF.invokeExact(SC_PAGESIZE);
    } catch (Throwable e) {
      throw failure("sysconf", e);
    }
  }

  /** The kernel's number of the calling thread; of the carrier, on a virtual one. */
  public static int threadId() {
    try {
      // SAFETY: takes nothing and returns a number.
      return (int) GETTID.invokeExact();
    } catch (Throwable e) {
      throw failure("gettid", e);
    }
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
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: the kernel picks the range, or the caller owns it (see above); scalars only.
      long result = (long) MMAP.invokeExact(state, address, bytes, prot, flags, fd, offset);
      if (result == -1) {
        throw new SystemCallException(
            "mmap(address=0x"
                + Long.toHexString(address)
                + ", bytes="
                + bytes
                + ", flags=0x"
                + Integer.toHexString(flags)
                + ")",
            errno(state));
      }
      return result;
    } catch (Throwable e) {
      throw failure("mmap", e);
    }
  }

  /**
   * {@code munmap}.
   *
   * <p>Safety: the caller must own the range and must have seen to it that nobody reads it.
   */
  public static void munmap(long address, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: the caller owns the range (see above); scalars only.
      int result = (int) MUNMAP.invokeExact(state, address, bytes);
      check(result, state, "munmap(address=0x" + Long.toHexString(address) + ")");
    } catch (Throwable e) {
      throw failure("munmap", e);
    }
  }

  /**
   * {@code madvise(MADV_DONTNEED)}: drops the pages' content.
   *
   * <p>Safety: the caller must own the range.
   */
  public static void dropPages(long address, long bytes) {
    advise(address, bytes, MADV_DONTNEED);
  }

  /**
   * {@code madvise(MADV_WIPEONFORK)}: a forked child finds zeroes there.
   *
   * <p>Safety: the caller must own the range.
   */
  public static void wipeOnFork(long address, long bytes) {
    advise(address, bytes, MADV_WIPEONFORK);
  }

  /**
   * {@code madvise(MADV_NOHUGEPAGE)}: a touched page stays one page. Kernels without them refuse.
   */
  public static void keepSmallPages(long address, long bytes) {
    try {
      advise(address, bytes, MADV_NOHUGEPAGE);
    } catch (SystemCallException e) {
      if (e.errno() != EINVAL) {
        throw e;
      }
    }
  }

  private static void advise(long address, long bytes, int advice) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: the caller owns the range (see above); scalars only.
      int result = (int) MADVISE.invokeExact(state, address, bytes, advice);
      check(result, state, "madvise(address=0x" + Long.toHexString(address) + ", " + advice + ")");
    } catch (Throwable e) {
      throw failure("madvise", e);
    }
  }

  /**
   * {@code mprotect}.
   *
   * <p>Safety: the caller must own the range.
   */
  public static void mprotect(long address, long bytes, int prot) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: the caller owns the range (see above); scalars only.
      int result = (int) MPROTECT.invokeExact(state, address, bytes, prot);
      check(
          result,
          state,
          "mprotect(address=0x" + Long.toHexString(address) + ", prot=" + prot + ")");
    } catch (Throwable e) {
      throw failure("mprotect", e);
    }
  }

  /** {@code ftruncate}. */
  public static void truncate(int fd, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: scalars only; the caller owns the descriptor.
      int result = (int) FTRUNCATE.invokeExact(state, fd, bytes);
      check(result, state, "ftruncate(fd=" + fd + ", bytes=" + bytes + ")");
    } catch (Throwable e) {
      throw failure("ftruncate", e);
    }
  }

  /** {@code eventfd}, non-blocking; the caller closes it. */
  public static int eventFd() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: scalars only.
      int fd = (int) EVENTFD.invokeExact(state, 0, EFD_CLOEXEC_NONBLOCK);
      check(fd, state, "eventfd()");
      return fd;
    } catch (Throwable e) {
      throw failure("eventfd", e);
    }
  }

  /** Waits until the event descriptor was written or the time is over, and empties it. */
  public static boolean awaitEvent(int fd, int timeoutMillis) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // struct pollfd { int fd; short events; short revents }
      MemorySegment poll = arena.allocate(Long.BYTES, Long.BYTES);
      poll.set(JAVA_INT, 0, fd);
      poll.set(JAVA_SHORT, Integer.BYTES, POLLIN);
      // SAFETY: one pollfd, alive until return; the caller owns the descriptor.
      int ready = (int) POLL.invokeExact(state, poll, 1L, timeoutMillis);
      if (ready < 0 && errno(state) == EINTR) {
        return false;
      }
      check(ready, state, "poll(fd=" + fd + ")");
      if (ready == 0) {
        return false;
      }
      // SAFETY: an eventfd gives eight bytes, or refuses without waiting.
      long read = (long) READ.invokeExact(state, fd, poll, (long) Long.BYTES);
      return read == Long.BYTES;
    } catch (Throwable e) {
      throw failure("poll", e);
    }
  }

  /** Writes to an event descriptor: wakes who waits for it. */
  public static void raiseEvent(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: eight bytes, alive until return.
      long written = (long) WRITE.invokeExact(state, fd, arena.allocateFrom(JAVA_LONG, 1), 8L);
      check(written, state, "write(fd=" + fd + ")");
    } catch (Throwable e) {
      throw failure("write", e);
    }
  }

  /** {@code memfd_create}: an anonymous file of length 0; the caller closes the descriptor. */
  public static int memfdCreate(String name) {
    if (NativeCode.isDenied("memfd")) {
      throw new UnsupportedOperationException(
          "memfd_create must be allowed: " + NativeCode.DENY_PROPERTY + "=memfd");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: the name is a NUL-terminated string that lives until the call returns.
      int fd = (int) MEMFD_CREATE.invokeExact(state, arena.allocateFrom(name), MFD_CLOEXEC);
      check(fd, state, "memfd_create(name=" + name + ")");
      return fd;
    } catch (Throwable e) {
      throw failure("memfd_create", e);
    }
  }

  /** {@code close}. */
  public static void close(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: scalars only; the caller owns the descriptor.
      int result = (int) CLOSE.invokeExact(state, fd);
      check(result, state, "close(fd=" + fd + ")");
    } catch (Throwable e) {
      throw failure("close", e);
    }
  }

  /** {@code syscall(number, argument)}. */
  static long syscall(String name, long number, long argument) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: used for userfaultfd(flags) only: one scalar argument, no memory.
      long result = (long) SYSCALL.invokeExact(state, number, argument);
      check(result, state, name + "(0x" + Long.toHexString(argument) + ")");
      return result;
    } catch (Throwable e) {
      throw failure(name, e);
    }
  }

  /**
   * {@code ioctl} with a pointer argument.
   *
   * <p>Safety: the structure must have the size and form that the request expects.
   */
  static void ioctl(String name, int fd, long request, MemorySegment structure) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      // SAFETY: the caller passes the request's own structure (see above), alive until return.
      int result = (int) IOCTL.invokeExact(state, fd, request, structure);
      check(result, state, name);
    } catch (Throwable e) {
      throw failure(name, e);
    }
  }

  private static void check(long result, MemorySegment state, String call) {
    if (result < 0) {
      throw new SystemCallException(call, errno(state));
    }
  }

  private static int errno(MemorySegment state) {
    return (int) ERRNO_VALUE.get(state, 0L);
  }

  /** A failed call's own exception as it is; anything else is a defect of ours. */
  static RuntimeException failure(String call, Throwable cause) {
    return cause instanceof RuntimeException known
        ? known
        : new IllegalStateException(
            "a linked call must not throw: call=" + call + "; report this", cause);
  }
}
