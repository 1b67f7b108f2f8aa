package dev.lifebound.crash.autopsy;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** What victims do to memory, as C would: nothing here is checked. */
@SuppressWarnings("restricted")
final class RawMemory {
  static final long PAGE_BYTES = 4096;
  private static final int READ_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final int AT_ADDRESS = 0x100000;

  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MUNMAP =
      function("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle MALLOC =
      function("malloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle FREE_OF_THREE =
      function("free", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle MEMSET =
      function("memset", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
  private static final MethodHandle STRLEN =
      function("strlen", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle SELF =
      function("pthread_self", FunctionDescriptor.of(JAVA_LONG));
  private static final MethodHandle ATTRIBUTES =
      function("pthread_getattr_np", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));
  private static final MethodHandle STACK =
      function("pthread_attr_getstack", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));

  private RawMemory() {}

  private static MethodHandle function(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    // SAFETY: each constant states the C declaration of the function it names.
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }

  private static Object call(MethodHandle function, Object... arguments) {
    try {
      return function.invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException("a C function must not throw", e);
    }
  }

  /** Whole pages, at this address if it is not 0. */
  static long map(long address, long bytes) {
    int flags = PRIVATE_ANONYMOUS | (address == 0 ? 0 : AT_ADDRESS);
    long mapped = (long) call(MMAP, address, bytes, READ_WRITE, flags, -1, 0L);
    if (mapped == -1 || (address != 0 && mapped != address)) {
      throw new IllegalStateException("memory must be there: address=" + address);
    }
    return mapped;
  }

  static void unmap(long address, long bytes) {
    Object _ = call(MUNMAP, address, bytes);
  }

  static long malloc(long bytes) {
    return (long) call(MALLOC, bytes);
  }

  static void free(long address) {
    Object _ = call(FREE, address);
  }

  /** The same with another value in the third argument's register, which {@code free} ignores. */
  static void free(long address, long other) {
    Object _ = call(FREE_OF_THREE, address, 0L, other);
  }

  static void memset(long address, long bytes) {
    Object _ = call(MEMSET, address, 1, bytes);
  }

  static long strlen(long address) {
    return (long) call(STRLEN, address);
  }

  /** The lowest address of this thread's stack. */
  static long stackLow() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(64, 16);
      MemorySegment low = arena.allocate(JAVA_LONG);
      Object _ = call(ATTRIBUTES, call(SELF), attributes);
      Object _ = call(STACK, attributes, low, arena.allocate(JAVA_LONG));
      return low.get(JAVA_LONG, 0);
    }
  }

  /** A segment over any address at all. */
  static MemorySegment at(long address, long bytes) {
    // SAFETY: none. That is what a victim dies of.
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  static byte read(long address) {
    return at(address, 1).get(JAVA_BYTE, 0);
  }

  static void write(long address) {
    at(address, 1).set(JAVA_BYTE, 0, (byte) 1);
  }
}
