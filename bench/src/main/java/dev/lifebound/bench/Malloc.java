package dev.lifebound.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The C library's allocator, called as fast as Java can: critical downcalls and raw addresses. */
public final class Malloc {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle MALLOC =
      critical("malloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FREE = critical("free", FunctionDescriptor.ofVoid(JAVA_LONG));

  // SAFETY: covers the address space; used only for addresses that malloc has just returned.
  @SuppressWarnings("restricted")
  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private Malloc() {}

  @SuppressWarnings("restricted") // the peer is what this measures
  private static MethodHandle critical(String name, FunctionDescriptor descriptor) {
    MemorySegment symbol =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() ->
                new UnsupportedOperationException(
                    "the C library must export the function: name=" + name));
    // SAFETY: the descriptors are those of malloc and free on a 64-bit system.
    return LINKER.downcallHandle(symbol, descriptor, Linker.Option.critical(false));
  }

  /** The address of a new block. */
  public static long malloc(long bytes) {
    long address;
    try {
      // SAFETY: a number in, a number out.
      address = (long) MALLOC.invokeExact(bytes);
    } catch (Throwable e) {
      throw new IllegalStateException("malloc must not throw: bytes=" + bytes, e);
    }
    if (address == 0) {
      throw new OutOfMemoryError("malloc must have memory: bytes=" + bytes);
    }
    return address;
  }

  /**
   * Gives a block back.
   *
   * <p>Safety: the caller got the address from {@link #malloc} and frees it once.
   */
  public static void free(long address) {
    try {
      // SAFETY: see above.
      FREE.invokeExact(address);
    } catch (Throwable e) {
      throw new IllegalStateException("free must not throw: address=" + address, e);
    }
  }

  /**
   * Writes 8 bytes.
   *
   * <p>Safety: the caller owns the address.
   */
  public static void setLong(long address, long value) {
    // SAFETY: see above.
    MEMORY.set(JAVA_LONG_UNALIGNED, address, value);
  }

  /**
   * Reads 8 bytes.
   *
   * <p>Safety: the caller owns the address.
   */
  public static long getLong(long address) {
    // SAFETY: see above.
    return MEMORY.get(JAVA_LONG_UNALIGNED, address);
  }
}
