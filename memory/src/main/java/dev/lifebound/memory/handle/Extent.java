package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/** How large the memory behind a pointer from C is, which C does not say. */
@FunctionalInterface
public interface Extent {
  /**
   * Bytes from the pointer on.
   *
   * @param start the pointer as the foreign function returned it, often of size zero
   * @throws Throwable whatever a method handle that is asked may throw
   */
  long byteSize(MemorySegment start) throws Throwable;

  /** Always so many bytes. */
  static Extent bytes(long byteSize) {
    return _ -> byteSize;
  }

  /**
   * Up to the first zero byte, and with it.
   *
   * <p>Safety: the memory must hold a zero byte; it is read until there. Needs native access, as
   * {@link Foreign} says.
   */
  @SuppressWarnings("restricted")
  static Extent cString() {
    return start -> {
      // SAFETY: the caller of cString() vouches for a zero byte, and nothing behind it is read.
      MemorySegment endless = start.reinterpret(Long.MAX_VALUE);
      long length = 0;
      while (endless.get(JAVA_BYTE, length) != 0) {
        length++;
      }
      return length + 1;
    };
  }
}
