package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The process's dynamic linker: which libraries are loaded, and what a name means to it. */
public final class DynamicLinker {
  /*
   * struct dl_phdr_info { u64 addr; char *name; Phdr *phdr; u16 phnum; u64 adds, subs; ... }
   */
  private static final long INFO_BASE_OFFSET = 0;
  private static final long INFO_NAME_OFFSET = 8;
  private static final long INFO_HEADERS_OFFSET = 16;
  private static final long INFO_HEADER_COUNT_OFFSET = 24;
  private static final long INFO_ADDS_OFFSET = 32;

  /** Dl_info { char *file; void *base; char *symbol; void *address } */
  private static final long SYMBOL_INFO_BYTES = 32;

  private static final int RTLD_LAZY = 1;
  private static final int RTLD_NOLOAD = 4;
  private static final int RTLD_NODELETE = 0x1000;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle ITERATE =
      link("dl_iterate_phdr", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle OPEN =
      link("dlopen", FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_INT));
  private static final MethodHandle FIND =
      link("dlsym", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS));

  private static final MethodHandle DESCRIBE =
      link("dladdr", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));

  /** Addresses are looked at as they are: the linker's own structures, and mapped libraries. */
  @SuppressWarnings("restricted")
  // SAFETY: covers the address space; every use says why its address is mapped.
  static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private DynamicLinker() {}

  @SuppressWarnings("restricted") // this package is where native access is asked for
  private static MethodHandle link(String name, FunctionDescriptor descriptor) {
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
                        + "; the watch works on Linux"));
    // SAFETY: name and descriptor are pairs written down above from the C prototypes (LP64).
    return LINKER.downcallHandle(symbol, descriptor);
  }

  /** What the linker calls back. An upcall must not throw. */
  private static final class Visit {
    private @Nullable Consumer<LoadedObject> visitor;
    private long loads;
    private @Nullable Throwable failure;

    @SuppressWarnings("unused") // by the linker, through an upcall
    int visit(long info, long size, long data) {
      try {
        // SAFETY: the linker passes a structure with these fields that lives until we return.
        loads = MEMORY.get(JAVA_LONG, info + INFO_ADDS_OFFSET);
        Consumer<LoadedObject> wanted = visitor;
        if (wanted == null) {
          return 1;
        }
        wanted.accept(
            new LoadedObject(
                MEMORY.getString(MEMORY.get(JAVA_LONG, info + INFO_NAME_OFFSET)),
                MEMORY.get(JAVA_LONG, info + INFO_BASE_OFFSET),
                MEMORY.get(JAVA_LONG, info + INFO_HEADERS_OFFSET),
                Short.toUnsignedInt(MEMORY.get(JAVA_SHORT, info + INFO_HEADER_COUNT_OFFSET))));
        return 0;
      } catch (Throwable e) {
        failure = e;
        return 1;
      }
    }
  }

  /** The one callback, made once; only under the lock of this class. */
  private static final Visit VISIT = new Visit();

  private static final MemorySegment CALLBACK = callback();

  @SuppressWarnings("restricted")
  private static MemorySegment callback() {
    try {
      MethodHandle target =
          MethodHandles.lookup()
              .bind(
                  VISIT,
                  "visit",
                  MethodType.methodType(int.class, long.class, long.class, long.class));
      FunctionDescriptor descriptor =
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
      // SAFETY: the linker calls back on the calling thread only, before the downcall returns.
      return LINKER.upcallStub(target, descriptor, Arena.global());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a method of this class must be found: name=visit", e);
    }
  }

  /**
   * Shows every loaded object to the visitor. While it looks, no library is loaded or unloaded: an
   * object's memory may be read, and the visitor must be quick and must not load anything.
   *
   * @return how many objects were ever loaded: another number says that some came since
   */
  static long visit(Consumer<LoadedObject> visitor) {
    return run(visitor);
  }

  /** How many objects were ever loaded. */
  public static long loads() {
    return run(null);
  }

  private static synchronized long run(@Nullable Consumer<LoadedObject> visitor) {
    VISIT.visitor = visitor;
    VISIT.failure = null;
    try {
      int _ = (int) ITERATE.invokeExact(CALLBACK, MemorySegment.NULL);
    } catch (Throwable e) {
      throw failure("dl_iterate_phdr", e);
    } finally {
      VISIT.visitor = null;
    }
    Throwable failure = VISIT.failure;
    if (failure != null) {
      throw failure("a visit of the loaded objects", failure);
    }
    return VISIT.loads;
  }

  /** The loaded objects at this moment, the program itself first. */
  public static List<LoadedObject> objects() {
    List<LoadedObject> objects = new ArrayList<>();
    visit(objects::add);
    return objects;
  }

  /**
   * Keeps a loaded library in memory for the life of the process.
   *
   * <p>Waits for a load that is in progress: afterwards the library's slots have their values.
   *
   * @return its handle, or 0 when it is not loaded (any more)
   */
  static long pin(String path) {
    try (Arena arena = Arena.ofConfined()) {
      int flags = RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE;
      // SAFETY: the name is a NUL-terminated string; NOLOAD runs no initialiser.
      return (long) OPEN.invokeExact(arena.allocateFrom(path), flags);
    } catch (Throwable e) {
      throw failure("dlopen", e);
    }
  }

  /** What the name means in the library's own scope, or 0; handle 0 is the program's scope. */
  static long find(long handle, String name) {
    try (Arena arena = Arena.ofConfined()) {
      // SAFETY: the handle is 0 or of a pinned library.
      return (long) FIND.invokeExact(handle, arena.allocateFrom(name));
    } catch (Throwable e) {
      throw failure("dlsym", e);
    }
  }

  /** The code at this address: {@code libfoo.so(name+0x12)}, or as much of it as is known. */
  public static String describe(long address) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(SYMBOL_INFO_BYTES, Long.BYTES);
      // SAFETY: the structure has the size of Dl_info and lives until the call returns.
      int found = (int) DESCRIBE.invokeExact(address, info);
      if (found == 0) {
        return "0x" + Long.toHexString(address);
      }
      String file = MEMORY.getString(info.get(JAVA_LONG, 0));
      long base = info.get(JAVA_LONG, Long.BYTES);
      long name = info.get(JAVA_LONG, 2L * Long.BYTES);
      long start = name == 0 ? base : info.get(JAVA_LONG, 3L * Long.BYTES);
      return file.substring(file.lastIndexOf('/') + 1)
          + "("
          + (name == 0 ? "" : MEMORY.getString(name))
          + "+0x"
          + Long.toHexString(address - start)
          + ")";
    } catch (Throwable e) {
      throw failure("dladdr", e);
    }
  }

  private static RuntimeException failure(String call, Throwable cause) {
    return cause instanceof RuntimeException known
        ? known
        : new IllegalStateException(
            "a linked call must not throw: call=" + call + "; report this", cause);
  }
}
