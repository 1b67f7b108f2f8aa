package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lifebound.memory.os.CAllocator;
import dev.lifebound.memory.os.LibC;
import dev.lifebound.memory.os.NativeCalls;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the self-test runs in its own JVM. Arguments: mode, way of page death. */
final class SelfTestChild {
  private static final int WARM_UP = 3000;
  private static final int BLOCK_BYTES = 2048;
  private static final long OLD = 0x0123456789abcdefL;
  private static @Nullable Object nothing;

  private SelfTestChild() {}

  public static void main(String[] args) throws IOException {
    Mode mode = Mode.valueOf(args[0]);
    try (Armed guard =
        Guard.arm(
            GuardOptions.of(mode)
                .pages(PageDeath.valueOf(args[1]))
                .selfTest(false)
                .javaStacks(false)
                .slots(64))) {
      // A bulk copy runs in the JVM's own machine code: recovered in every mode.
      MemorySegment block = dead(guard);
      byte[] bytes = new byte[BLOCK_BYTES];
      MemorySegment.copy(block, JAVA_BYTE, 0, bytes, 0, BLOCK_BYTES);
      require(
          MemorySegment.ofArray(bytes).get(JAVA_LONG_UNALIGNED, 8) == OLD,
          "a copy must get the old bytes");
      require(guard.faults(block.address()) == 1, "a copy must be recorded");
      MemorySegment warm = live(guard);
      for (int i = 0; i < WARM_UP; i++) {
        compiled(warm);
      }
      guard.free(warm.address());
      for (int i = 0; i < 100; i++) {
        compiledAccess(guard, mode);
        // The JVM's own use of the signal goes on.
        require(isNullPointer(), "a null pointer must still be an exception");
      }
      beyond(guard, mode);
      unwatched(guard);
      require(guard.free(block.address()), "a second free must be taken");
      require(guard.counters().doubleFrees() == 1, "a second free must be refused");
      require(guard.pool() != null && guard.pool().isInstalled(), "the handler must be first");
    }
    try (FileOutputStream answer = new FileOutputStream(FileDescriptor.out)) {
      answer.write(SelfTest.PASSED.getBytes(US_ASCII));
    }
  }

  private static void compiledAccess(Armed guard, Mode mode) {
    MemorySegment block = dead(guard);
    boolean thrown = false;
    long value = 0;
    try {
      value = compiled(block);
    } catch (InternalError e) {
      thrown = true;
    }
    require(guard.faults(block.address()) > 0, "a compiled read must be recorded");
    require(
        thrown == (mode == Mode.STRICT),
        "a compiled read must throw in strict mode, and only there");
    require(thrown || value == OLD, "a recovered read must get the old bytes");
  }

  /** The C library's own function is given a guarded block. */
  private static void unwatched(Armed guard) {
    CAllocator allocator = CAllocator.glibc();
    if (allocator != null) {
      MemorySegment block = live(guard);
      // SAFETY: the first of the readers is free.
      long free = allocator.readers().getFirst().start();
      long _ = NativeCalls.call(free, block.address());
      require(guard.isDead(block.address()), "a free of the C library must be noticed");
    }
  }

  /** The page behind a block. */
  @SuppressWarnings("restricted") // Guard.arm has seen to it that native access is enabled
  private static void beyond(Armed guard, Mode mode) {
    MemorySegment block = guard.tryAllocate(LibC.pageBytes()).orElseThrow();
    boolean thrown = false;
    try {
      // SAFETY: on purpose not the block's, but still the pool's.
      compiled(MemorySegment.ofAddress(block.address() + block.byteSize()).reinterpret(64));
    } catch (InternalError e) {
      thrown = true;
    }
    require(thrown == (mode == Mode.STRICT), "an access behind a block must be met as a dead one");
    guard.free(block.address());
  }

  private static MemorySegment live(Armed guard) {
    MemorySegment block = guard.tryAllocate(BLOCK_BYTES).orElseThrow();
    block.set(JAVA_LONG, 8, OLD);
    return block;
  }

  private static MemorySegment dead(Armed guard) {
    MemorySegment block = live(guard);
    guard.free(block.address());
    return block;
  }

  private static long compiled(MemorySegment block) {
    long value = block.get(JAVA_LONG, 8);
    GuardPool.deliverPendingError();
    return value;
  }

  private static boolean isNullPointer() {
    try {
      return Objects.hashCode(nothing) == hash(nothing);
    } catch (NullPointerException e) {
      return true;
    }
  }

  @SuppressWarnings("NullAway") // on purpose
  private static int hash(@Nullable Object object) {
    return object.hashCode();
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what);
    }
  }
}
