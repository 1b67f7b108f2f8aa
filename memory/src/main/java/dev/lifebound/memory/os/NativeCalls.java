package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Calls of functions by address that take at most six whole words and return one.
 *
 * <p>Every call has the same form, six words, whatever the function takes: the first six go into
 * registers on both processors, and a function ignores those that it does not take. One form for
 * all is one class that the JVM must make, which is most of the time that arming takes.
 *
 * <p>Safety, for all of them: the address must be a function of at most six words, and the words
 * must be what it expects. A function that returns an {@code int} leaves the upper half undefined.
 */
public final class NativeCalls {
  private static final MethodHandle PLAIN = link();
  private static final VarHandle ERRNO_VALUE =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private NativeCalls() {}

  /** Loaded by the first call that asks for errno. */
  private static final class WithErrno {
    static final MethodHandle CALL = link(Linker.Option.captureCallState("errno"));
  }

  @SuppressWarnings("restricted") // this package is where native access is asked for
  private static MethodHandle link(Linker.Option... options) {
    // SAFETY: the descriptor is of words only; the caller answers for the address.
    return Linker.nativeLinker()
        .downcallHandle(
            FunctionDescriptor.of(
                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            options);
  }

  /** {@code f(a)}. */
  public static long call(long function, long a) {
    return call(function, a, 0, 0, 0, 0, 0);
  }

  /** {@code f(a, b)}. */
  public static long call(long function, long a, long b) {
    return call(function, a, b, 0, 0, 0, 0);
  }

  /** {@code f(a, b, c, d)}. */
  public static long call(long function, long a, long b, long c, long d) {
    return call(function, a, b, c, d, 0, 0);
  }

  /** {@code f(a, b, c, d, e)}. */
  public static long call(long function, long a, long b, long c, long d, long e) {
    return call(function, a, b, c, d, e, 0);
  }

  /** {@code f(a, b, c, d, e, f)}. */
  public static long call(long function, long a, long b, long c, long d, long e, long f) {
    try {
      // SAFETY: see the class.
      return (long) PLAIN.invokeExact(MemorySegment.ofAddress(function), a, b, c, d, e, f);
    } catch (Throwable failure) {
      throw failure(failure);
    }
  }

  /** {@code f(words)}, and what it left in {@code errno}, in a segment of {@link #errnoLayout}. */
  static long callWithErrno(MemorySegment function, MemorySegment errno, long... words) {
    try {
      // SAFETY: see the class.
      return (long)
          WithErrno.CALL.invokeExact(
              function, errno, words[0], words[1], words[2], words[3], words[4], words[5]);
    } catch (Throwable failure) {
      throw failure(failure);
    }
  }

  static MemoryLayout errnoLayout() {
    return Linker.Option.captureStateLayout();
  }

  static int errno(MemorySegment state) {
    return (int) ERRNO_VALUE.get(state, 0L);
  }

  /** The linked call's own exception as it is; anything else is a defect of ours. */
  private static RuntimeException failure(Throwable cause) {
    return cause instanceof RuntimeException known
        ? known
        : new IllegalStateException("a linked call must not throw; report this", cause);
  }
}
