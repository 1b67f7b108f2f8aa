package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls of functions by address that take and return whole 64-bit words.
 *
 * <p>Safety, for all of them: the address must be a function of so many words, and the words must
 * be what it expects.
 */
public final class NativeCalls {
  private static final MethodHandle ONE = link(1);
  private static final MethodHandle TWO = link(2);
  private static final MethodHandle FOUR = link(4);
  private static final MethodHandle FIVE = link(5);

  private NativeCalls() {}

  @SuppressWarnings("restricted") // this package is where native access is asked for
  private static MethodHandle link(int words) {
    FunctionDescriptor descriptor = FunctionDescriptor.of(JAVA_LONG);
    for (int i = 0; i < words; i++) {
      descriptor = descriptor.appendArgumentLayouts(JAVA_LONG);
    }
    // SAFETY: the descriptor is of scalars only; the caller answers for the address.
    return Linker.nativeLinker().downcallHandle(descriptor);
  }

  /** {@code f(a)}. */
  public static long call(long function, long a) {
    try {
      // SAFETY: see the class.
      return (long) ONE.invokeExact(MemorySegment.ofAddress(function), a);
    } catch (Throwable e) {
      throw LibC.failure("machine code", e);
    }
  }

  /** {@code f(a, b)}. */
  public static long call(long function, long a, long b) {
    try {
      // SAFETY: see the class.
      return (long) TWO.invokeExact(MemorySegment.ofAddress(function), a, b);
    } catch (Throwable e) {
      throw LibC.failure("machine code", e);
    }
  }

  /** {@code f(a, b, c, d)}. */
  public static long call(long function, long a, long b, long c, long d) {
    try {
      // SAFETY: see the class.
      return (long) FOUR.invokeExact(MemorySegment.ofAddress(function), a, b, c, d);
    } catch (Throwable e) {
      throw LibC.failure("machine code", e);
    }
  }

  /** {@code f(a, b, c, d, e)}. */
  public static long call(long function, long a, long b, long c, long d, long e) {
    try {
      // SAFETY: see the class.
      return (long) FIVE.invokeExact(MemorySegment.ofAddress(function), a, b, c, d, e);
    } catch (Throwable failure) {
      throw LibC.failure("machine code", failure);
    }
  }
}
