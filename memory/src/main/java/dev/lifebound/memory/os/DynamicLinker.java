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

  /** One visit: what the linker's callback is bound to. An upcall must not throw. */
  private static final class Visit {
    private final @Nullable Consumer<LoadedObject> visitor;
    private long loads;
    private @Nullable Throwable failure;

    Visit(@Nullable Consumer<LoadedObject> visitor) {
      this.visitor = visitor;
    }

    @SuppressWarnings("unused") // by the linker, through an upcall
    int visit(long info, long size, long data) {
      try {
        // SAFETY: the linker passes a structure of at least this size that lives until we return.
        loads = MEMORY.get(JAVA_LONG, info + INFO_ADDS_OFFSET);
        if (visitor == null) {
          return 1;
        }
        visitor.accept(
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

  /**
   * Shows every loaded object to the visitor. While it looks, no library is loaded or unloaded: an
   * object's memory may be read, and the visitor must be quick and must not load anything.
   *
   * @return how many objects were ever loaded: another number says that some came since
   */
  static long visit(Consumer<LoadedObject> visitor) {
    return run(new Visit(visitor));
  }

  /** How many objects were ever loaded. */
  public static long loads() {
    return run(new Visit(null));
  }

  @SuppressWarnings("restricted")
  private static long run(Visit visit) {
    try (Arena arena = Arena.ofConfined()) {
      MethodHandle target =
          MethodHandles.lookup()
              .findVirtual(
                  Visit.class,
                  "visit",
                  MethodType.methodType(int.class, long.class, long.class, long.class))
              .bindTo(visit);
      FunctionDescriptor descriptor =
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
      // SAFETY: the linker calls back on this thread only, before the downcall returns; the stub
      // lives until then.
      MemorySegment callback = LINKER.upcallStub(target, descriptor, arena);
      int _ = (int) ITERATE.invokeExact(callback, MemorySegment.NULL);
    } catch (Throwable e) {
      throw failure("dl_iterate_phdr", e);
    }
    Throwable failure = visit.failure;
    if (failure != null) {
      throw failure("a visit of the loaded objects", failure);
    }
    return visit.loads;
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

  private static RuntimeException failure(String call, Throwable cause) {
    return cause instanceof RuntimeException known
        ? known
        : new IllegalStateException(
            "a linked call must not throw: call=" + call + "; report this", cause);
  }
}
