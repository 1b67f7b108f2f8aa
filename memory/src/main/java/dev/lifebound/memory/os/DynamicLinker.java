package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The process's dynamic linker: which libraries are loaded, and what a name means to it. */
public final class DynamicLinker {
  /*
   * struct lb_objects of objects.c:
   *   0 loads | 8 count | 16 limit | 24 bytes of names | 32 their limit | 40 objects | 48 names
   * struct lb_object: 0 base | 8 headers | 16 how many | 24 offset of the name
   */
  private static final long HEAD_BYTES = 56;
  private static final long COUNT_OFFSET = 8;
  private static final long LIMIT_OFFSET = 16;
  private static final long NAMES_BYTES_OFFSET = 24;
  private static final long NAMES_LIMIT_OFFSET = 32;
  private static final long OBJECTS_OFFSET = 40;
  private static final long NAMES_OFFSET = 48;
  private static final long OBJECT_BYTES = 32;
  private static final long OBJECT_HEADERS_OFFSET = 8;
  private static final long OBJECT_HEADER_COUNT_OFFSET = 16;
  private static final long OBJECT_NAME_OFFSET = 24;

  private static final int FIRST_OBJECTS = 128;
  private static final int FIRST_NAME_BYTES = 1 << 14;

  /** Dl_info { char *file; void *base; char *symbol; void *address } */
  private static final long SYMBOL_INFO_BYTES = 32;

  private static final int RTLD_LAZY = 1;
  private static final int RTLD_NOLOAD = 4;
  private static final int RTLD_NODELETE = 0x1000;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle OPEN =
      link("dlopen", FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_INT));
  private static final MethodHandle FIND =
      link("dlsym", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS));
  private static final MethodHandle CLOSE =
      link("dlclose", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));

  private static final MethodHandle DESCRIBE =
      link("dladdr", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));

  /** Addresses are looked at as they are: the linker's own structures, and mapped libraries. */
  @SuppressWarnings("restricted")
  // SAFETY: covers the address space; every use says why its address is mapped.
  static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private DynamicLinker() {}

  @SuppressWarnings("restricted") // this package is where native access is asked for
  private static MethodHandle link(String name, FunctionDescriptor descriptor) {
    // SAFETY: name and descriptor are pairs written down above from the C prototypes (LP64).
    return LINKER.downcallHandle(function(name), descriptor);
  }

  private static MemorySegment function(String name) {
    return LINKER
        .defaultLookup()
        .find(name)
        .orElseThrow(() ->
            new UnsupportedOperationException(
                "the C library must export the function: name="
                    + name
                    + ", platform="
                    + Platform.text()
                    + "; the watch works on Linux"));
  }

  /**
   * The loaded objects at one moment.
   *
   * @param loads how many were ever loaded: another number later says that some came since
   * @param objects the program itself first
   */
  record Picture(long loads, List<LoadedObject> objects) {}

  /** The linker's function and our callback in machine code; 0 until they are found. */
  private static long iterate;

  private static long callback;

  /** The loaded objects now. An object may be gone when its memory is looked at: hold it first. */
  static Picture picture() {
    long objects = FIRST_OBJECTS;
    long nameBytes = FIRST_NAME_BYTES;
    while (true) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment head = arena.allocate(HEAD_BYTES, Long.BYTES);
        MemorySegment array = arena.allocate(objects * OBJECT_BYTES, Long.BYTES);
        MemorySegment names = arena.allocate(nameBytes);
        head.set(JAVA_LONG, LIMIT_OFFSET, objects);
        head.set(JAVA_LONG, NAMES_LIMIT_OFFSET, nameBytes);
        head.set(JAVA_LONG, OBJECTS_OFFSET, array.address());
        head.set(JAVA_LONG, NAMES_OFFSET, names.address());
        iterate(head);
        long count = head.get(JAVA_LONG, COUNT_OFFSET);
        long used = head.get(JAVA_LONG, NAMES_BYTES_OFFSET);
        if (count <= objects && used <= nameBytes) {
          return new Picture(head.get(JAVA_LONG, 0), objects(array, count, names));
        }
        // With room for some that come meanwhile.
        objects = 2 * count;
        nameBytes = 2 * used;
      }
    }
  }

  private static List<LoadedObject> objects(MemorySegment array, long count, MemorySegment names) {
    List<LoadedObject> objects = new ArrayList<>();
    for (long at = 0; at < count * OBJECT_BYTES; at += OBJECT_BYTES) {
      objects.add(
          new LoadedObject(
              text(names, array.get(JAVA_LONG, at + OBJECT_NAME_OFFSET)),
              array.get(JAVA_LONG, at),
              array.get(JAVA_LONG, at + OBJECT_HEADERS_OFFSET),
              (int) array.get(JAVA_LONG, at + OBJECT_HEADER_COUNT_OFFSET)));
    }
    return objects;
  }

  /** File names are bytes: those that are no UTF-8 are taken one for one. */
  private static String text(MemorySegment names, long offset) {
    String text = names.getString(offset, StandardCharsets.UTF_8);
    return text.indexOf('\ufffd') < 0 ? text : names.getString(offset, StandardCharsets.ISO_8859_1);
  }

  private static synchronized void iterate(MemorySegment head) {
    if (callback == 0) {
      iterate = function("dl_iterate_phdr").address();
      callback = NativeCode.load().map().entry("lb_objects_collect");
    }
    // SAFETY: int dl_iterate_phdr(int (*)(struct dl_phdr_info *, size_t, void *), void *); the
    // callback
    // is the one of objects.c and gets the structure that it knows.
    long _ = NativeCalls.call(iterate, callback, head.address());
  }

  /** How many objects were ever loaded. */
  public static long loads() {
    try (Arena arena = Arena.ofConfined()) {
      // Room for none: the callback is done at once.
      MemorySegment head = arena.allocate(HEAD_BYTES, Long.BYTES);
      iterate(head);
      return head.get(JAVA_LONG, 0);
    }
  }

  /** The loaded objects at this moment, the program itself first. */
  public static List<LoadedObject> objects() {
    return picture().objects();
  }

  /**
   * Keeps a loaded library in memory until {@link #letGo}.
   *
   * <p>Waits for a load that is in progress: afterwards the library's slots have their values.
   *
   * @return its handle, or 0 when it is not loaded (any more)
   */
  static long hold(LoadedObject object) {
    return open(object, RTLD_LAZY | RTLD_NOLOAD);
  }

  /** Keeps a library that is held for the life of the process. */
  static void pin(LoadedObject object) {
    long _ = open(object, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
  }

  private static long open(LoadedObject object, int flags) {
    long found = open(object, StandardCharsets.UTF_8, flags);
    return found != 0 ? found : open(object, StandardCharsets.ISO_8859_1, flags);
  }

  private static long open(LoadedObject object, Charset names, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      // SAFETY: the name is a NUL-terminated string; NOLOAD runs no initialiser.
      long handle = (long) OPEN.invokeExact(arena.allocateFrom(object.path(), names), flags);
      // SAFETY: a handle is the linker's record of the object, whose first word is the base.
      if (handle != 0 && MEMORY.get(JAVA_LONG, handle) != object.base()) {
        // It went and came again elsewhere, or the name is another one's.
        letGo(handle);
        return 0;
      }
      return handle;
    } catch (Throwable e) {
      throw failure("dlopen", e);
    }
  }

  /** Gives a handle of {@link #hold} back. */
  static void letGo(long handle) {
    try {
      // SAFETY: the handle was given by dlopen and is given back once.
      int _ = (int) CLOSE.invokeExact(handle);
    } catch (Throwable e) {
      throw failure("dlclose", e);
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

  /** A name that a library exports, and where it begins. */
  record Symbol(String name, long address) {}

  /** The exported function that has this address, if there is one. */
  static Optional<Symbol> symbol(long address) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(SYMBOL_INFO_BYTES, Long.BYTES);
      // SAFETY: the structure has the size of Dl_info and lives until the call returns.
      int found = (int) DESCRIBE.invokeExact(address, info);
      long name = info.get(JAVA_LONG, 2L * Long.BYTES);
      // SAFETY: a name in the library's own table, which has the address now.
      return found == 0 || name == 0
          ? Optional.empty()
          : Optional.of(new Symbol(MEMORY.getString(name), info.get(JAVA_LONG, 3L * Long.BYTES)));
    } catch (Throwable e) {
      throw failure("dladdr", e);
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
