package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The two functions a C library calls for its memory, answered by Java, and the blocks it holds.
 *
 * <p>C declarations, as zlib has them:
 *
 * <pre>
 * void *allocate(void *opaque, unsigned items, unsigned size);
 * void  release(void *opaque, void *address);
 * </pre>
 *
 * <p>An exception must not cross a C frame: it is kept, C sees a failed allocation, and {@link
 * #rethrow} hands it to the Java caller of the C function.
 */
final class BlockHooks {
  /** Where the blocks come from. */
  interface Source {
    MemorySegment allocate(long byteSize);

    void free(MemorySegment block);
  }

  private final Source source;
  private final TreeMap<Long, MemorySegment> blocks = new TreeMap<>();
  private final MemorySegment allocate;
  private final MemorySegment release;
  private @Nullable RuntimeException failure;

  /** Hooks that C may call for as long as the arena lives. */
  BlockHooks(Source source, Arena arena) {
    this.source = source;
    allocate =
        upcall(
            "allocate",
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT, JAVA_INT),
            MethodType.methodType(MemorySegment.class, MemorySegment.class, int.class, int.class),
            arena);
    release =
        upcall(
            "release",
            FunctionDescriptor.ofVoid(ADDRESS, ADDRESS),
            MethodType.methodType(void.class, MemorySegment.class, MemorySegment.class),
            arena);
  }

  /** The C function pointer of the allocating function. */
  MemorySegment allocatePointer() {
    return allocate;
  }

  /** The C function pointer of the releasing function. */
  MemorySegment releasePointer() {
    return release;
  }

  /** The block, among those the library now holds, into which a pointer of the library points. */
  MemorySegment blockAround(MemorySegment pointer) {
    var entry = blocks.floorEntry(pointer.address());
    if (entry == null || pointer.address() >= entry.getKey() + entry.getValue().byteSize()) {
      throw new IllegalStateException(
          "the library must keep its state in a block of ours: address=0x%x, blocks=%d"
              .formatted(pointer.address(), blocks.size()));
    }
    return entry.getValue();
  }

  /** Throws what a hook had to keep from C. */
  void rethrow() {
    RuntimeException kept = failure;
    if (kept != null) {
      failure = null;
      throw kept;
    }
  }

  /** What C calls to allocate; not private, since it is found by name. */
  MemorySegment allocate(MemorySegment opaque, int items, int size) {
    try {
      MemorySegment block =
          source.allocate(Integer.toUnsignedLong(items) * Integer.toUnsignedLong(size));
      blocks.put(block.address(), block);
      return block;
    } catch (RuntimeException e) {
      failure = e;
      return MemorySegment.NULL;
    }
  }

  /** What C calls to release. */
  void release(MemorySegment opaque, MemorySegment address) {
    try {
      MemorySegment block = blocks.remove(address.address());
      if (block == null) {
        throw new IllegalStateException(
            "the library must free a block that it holds: address=0x%x"
                .formatted(address.address()));
      }
      source.free(block);
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  @SuppressWarnings("restricted")
  private MemorySegment upcall(
      String method, FunctionDescriptor type, MethodType javaType, Arena arena) {
    try {
      MethodHandle target =
          MethodHandles.lookup().findVirtual(BlockHooks.class, method, javaType).bindTo(this);
      // SAFETY: no exception leaves the hooks, and the arena outlives the library's use of them.
      return Linker.nativeLinker().upcallStub(target, type, arena);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the hook must exist: method=" + method, e);
    }
  }
}
