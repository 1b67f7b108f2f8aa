package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The C library's heap, as raw as C sees it. For victims only: nothing here checks a lifetime. */
final class NativeHeap {
  private static final int RLIMIT_CORE = 4;

  private final MethodHandle malloc;
  private final MethodHandle free;
  private final MethodHandle setrlimit;

  NativeHeap() {
    malloc = function("malloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
    free = function("free", FunctionDescriptor.ofVoid(ADDRESS));
    setrlimit = function("setrlimit", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
  }

  /**
   * A block from {@code malloc}.
   *
   * <p>Safety: the segment stays accessible after {@link #free}; that is the bug on show.
   */
  @SuppressWarnings("restricted")
  MemorySegment allocate(long byteSize) {
    MemorySegment block;
    try {
      // SAFETY: malloc takes any size; its result is checked below.
      block = (MemorySegment) malloc.invokeExact(byteSize);
    } catch (Throwable e) {
      throw NativeCalls.failed("malloc", e);
    }
    if (block.address() == 0) {
      throw new IllegalStateException("malloc must return a block: byteSize=" + byteSize);
    }
    // SAFETY: malloc returned at least byteSize bytes.
    return block.reinterpret(byteSize);
  }

  /** Frees a block of {@link #allocate}; any segment of it is dangling from here on. */
  void free(MemorySegment block) {
    try {
      // SAFETY: each story frees a block of malloc once.
      free.invokeExact(block);
    } catch (Throwable e) {
      throw NativeCalls.failed("free", e);
    }
  }

  /** Sets the core limit of this process to 0, so that even {@code abort()} leaves no file. */
  void forbidCoreFiles() {
    int status;
    try (Arena arena = Arena.ofConfined()) {
      // struct rlimit { rlim_t soft, hard; }, both 0 as allocated.
      MemorySegment limit = arena.allocate(2 * JAVA_LONG.byteSize(), JAVA_LONG.byteAlignment());
      // SAFETY: setrlimit reads one struct rlimit, which the arena keeps alive.
      status = (int) setrlimit.invokeExact(RLIMIT_CORE, limit);
    } catch (Throwable e) {
      throw NativeCalls.failed("setrlimit", e);
    }
    if (status != 0) {
      throw new IllegalStateException("the core limit must be settable: status=" + status);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    return NativeCalls.function(Linker.nativeLinker().defaultLookup(), name, type);
  }
}
