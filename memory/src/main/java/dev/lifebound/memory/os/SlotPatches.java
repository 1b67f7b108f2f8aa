package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stubs in the slots of loaded libraries, and the way back.
 *
 * <p>A patched library is pinned, so that its slots stay where they are; what was in a slot is
 * kept, is what the stub calls, and is put back by {@link #undo}. The machine code itself is never
 * unmapped: somebody may be in it, or hold a pointer to it.
 *
 * <p>For any thread; one lock.
 */
public final class SlotPatches {
  private static final int PROT_READ = 1;

  /** Sets of old values; more than a process has allocators. */
  private static final int MAX_IMAGES = 64;

  /** These call one another without knowing of us. */
  private static final List<String> NEVER =
      List.of("libc.musl", "ld-linux", "ld-musl", "linux-vdso", "linux-gate");

  /**
   * glibc calls its allocator through slots of its own: getline, fclose and their kin may be given
   * a guarded block. What it allocates is not sampled, whoever names it.
   */
  private static final String GLIBC = "libc.so";

  /**
   * The JVM's compilers allocate with locks in their hands, while their threads count as C code: a
   * Java stack that is asked for there waits for a safepoint, and that for the lock. So what it
   * allocates is not sampled; its frees are watched as everybody's.
   */
  private static final String JVM = "libjvm.so";

  /** Prepares a fresh image: everything but the old values. */
  @FunctionalInterface
  public interface Preparation {
    void prepare(NativeCode.Image image, int index);
  }

  /** A patched word. */
  private record Patch(
      WatchedSymbol symbol, LoadedObject object, long address, long old, long stub) {}

  private final NativeCode code;
  private final Preparation preparation;
  private final Map<List<Long>, NativeCode.Image> images = new LinkedHashMap<>();
  private final List<List<Long>> oldValues = new ArrayList<>();
  private final Map<Long, Patch> patches = new LinkedHashMap<>();
  private final Map<Long, String> libraries = new LinkedHashMap<>();
  private final Map<String, String> refused = new LinkedHashMap<>();

  public SlotPatches(NativeCode code, Preparation preparation) {
    this.code = code;
    this.preparation = preparation;
  }

  /**
   * Patches what is not patched yet.
   *
   * @param named libraries whose allocations are watched as well as their frees
   * @param everywhere whether the frees of all other libraries are patched
   * @param sampled whether allocations are patched at all
   * @return how many objects were ever loaded, for {@link DynamicLinker#loads()}
   */
  public synchronized long patch(
      Predicate<LoadedObject> named, boolean everywhere, boolean sampled) {
    DynamicLinker.Picture picture = DynamicLinker.picture();
    for (LoadedObject object : picture.objects()) {
      boolean isNamed = isSampled(named, object);
      if (!isOutOfBounds(object) && (isNamed || everywhere)) {
        look(object, isNamed, sampled);
      }
    }
    return picture.loads();
  }

  /** Looks at an object's slots while it cannot go. */
  private void look(LoadedObject object, boolean named, boolean sampled) {
    // The program itself has no name and is never unloaded.
    boolean program = object.path().isEmpty();
    long handle = program ? 0 : DynamicLinker.hold(object);
    if (handle == 0 && !program) {
      return;
    }
    try {
      boolean spared = sampled && object.fileName().equals(JVM);
      // SAFETY: the object is held.
      List<ElfSlots.Slot> slots = new ArrayList<>(ElfSlots.find(object, WatchedSymbol.names()));
      slots.removeIf(slot ->
          patches.containsKey(slot.address())
              || !isWanted(WatchedSymbol.of(slot.symbol()), named && !spared, sampled));
      if (!slots.isEmpty()) {
        patch(object, handle, slots, named && sampled && !spared);
      } else if (named && !libraries.containsKey(object.base())) {
        refused.put(object.path(), "no slot of an allocator's function: is it static?");
      }
      if (named && spared) {
        refused.put(object.path(), "what the JVM itself allocates is not guarded");
      }
    } finally {
      if (handle != 0) {
        DynamicLinker.letGo(handle);
      }
    }
  }

  private static boolean isSampled(Predicate<LoadedObject> named, LoadedObject object) {
    return named.test(object) && !object.fileName().startsWith(GLIBC);
  }

  private static boolean isOutOfBounds(LoadedObject object) {
    String name = object.fileName();
    return NEVER.stream().anyMatch(name::startsWith);
  }

  private static boolean isWanted(@Nullable WatchedSymbol symbol, boolean named, boolean sampled) {
    if (symbol == null) {
      return false;
    }
    return switch (symbol.role()) {
      case FREES, LINKS -> sampled || (named && symbol.role() == WatchedSymbol.Role.FREES);
      case ALLOCATES -> named && sampled;
    };
  }

  private void patch(LoadedObject object, long handle, List<ElfSlots.Slot> slots, boolean sampled) {
    Map<WatchedSymbol, Long> targets = new EnumMap<>(WatchedSymbol.class);
    Map<Long, Long> olds = new HashMap<>();
    for (ElfSlots.Slot slot : slots) {
      long target = ElfSlots.target(object, slot, handle);
      WatchedSymbol symbol = WatchedSymbol.of(slot.symbol());
      if (target == 0 || symbol == null || isOurs(target)) {
        continue;
      }
      Long known = targets.putIfAbsent(symbol, target);
      if (known == null || known == target) {
        olds.put(slot.address(), target);
      } else {
        refused.put(object.path(), "two meanings of " + slot.symbol());
      }
    }
    if (olds.isEmpty()) {
      return;
    }
    NativeCode.Image image = image(values(targets, handle));
    if (image == null) {
      refused.put(object.path(), "more than " + MAX_IMAGES + " allocators");
      return;
    }
    if (handle != 0) {
      DynamicLinker.pin(object);
    }
    for (ElfSlots.Slot slot : slots) {
      Long old = olds.get(slot.address());
      WatchedSymbol symbol = WatchedSymbol.of(slot.symbol());
      if (old != null && symbol != null) {
        String name = "lb_watch_" + slot.symbol();
        boolean samples = sampled && symbol == WatchedSymbol.REALLOC;
        long stub = image.entry(samples ? name + "_sampled" : name);
        if (write(object, slot.address(), stub)) {
          patches.put(slot.address(), new Patch(symbol, object, slot.address(), old, stub));
        }
      }
    }
    libraries.put(object.base(), object.path());
    refused.remove(object.path());
  }

  /** Old values of every symbol: the slots', and for the others what their names mean there. */
  private static List<Long> values(Map<WatchedSymbol, Long> targets, long handle) {
    List<Long> values = new ArrayList<>();
    for (WatchedSymbol symbol : WatchedSymbol.values()) {
      Long target = targets.get(symbol);
      if (target == null) {
        long found = DynamicLinker.find(0, symbol.symbol());
        target = found != 0 || handle == 0 ? found : DynamicLinker.find(handle, symbol.symbol());
      }
      values.add(target);
    }
    return values;
  }

  private NativeCode.@Nullable Image image(List<Long> values) {
    NativeCode.Image known = images.get(values);
    if (known != null || images.size() == MAX_IMAGES) {
      return known;
    }
    NativeCode.Image image = code.map();
    long data = image.data("lb_watch_image");
    long old = data + code.offset("lb_watch_image.old");
    for (int i = 0; i < values.size(); i++) {
      // SAFETY: the image's data page, ours alone until a slot points at the code.
      DynamicLinker.MEMORY.set(JAVA_LONG, old + (long) i * Long.BYTES, values.get(i));
    }
    preparation.prepare(image, images.size());
    images.put(values, image);
    oldValues.add(values);
    return image;
  }

  private boolean isOurs(long target) {
    return images.values().stream().anyMatch(image -> image.contains(target));
  }

  /** The old value that image number {@code index} has for this symbol. */
  public synchronized long old(int index, int symbol) {
    return oldValues.get(index).get(symbol);
  }

  /** An image's entry, for calls by Java; any will do. */
  public synchronized List<NativeCode.Image> images() {
    return List.copyOf(images.values());
  }

  /** Paths of the patched libraries; the program itself is {@code ""}. */
  public synchronized List<String> libraries() {
    return List.copyOf(libraries.values());
  }

  /** Libraries that could not be patched, with the reason. */
  public synchronized Map<String, String> refused() {
    return Map.copyOf(refused);
  }

  /** How many slots are patched. */
  public synchronized int slots() {
    return patches.size();
  }

  /**
   * Puts old values back.
   *
   * @param freesToo whether those of freeing functions as well
   * @return how many slots were left as they are, since somebody else has patched them after us
   */
  public synchronized int undo(boolean freesToo) {
    int left = 0;
    for (Patch patch : List.copyOf(patches.values())) {
      if (patch.symbol.role() == WatchedSymbol.Role.FREES && !freesToo) {
        continue;
      }
      // SAFETY: a word of a pinned library.
      if (DynamicLinker.MEMORY.get(JAVA_LONG, patch.address) == patch.stub) {
        write(patch.object, patch.address, patch.old);
      } else {
        left++;
      }
      patches.remove(patch.address);
    }
    if (freesToo) {
      libraries.clear();
    }
    return left;
  }

  /**
   * Writes a slot of a pinned object, which the linker may have made read-only.
   *
   * @return false when the word lies where nothing is meant to be written
   */
  private static boolean write(LoadedObject object, long address, long value) {
    long pageBytes = LibC.pageBytes();
    long page = address & -pageBytes;
    boolean writable = false;
    boolean closed = false;
    for (LoadedObject.Segment segment : object.segments()) {
      writable |= segment.isWritable() && segment.contains(address);
      // The linker protects whole pages: from the one that holds the start to the one before the
      // end.
      long end = (segment.start() + segment.bytes()) & -pageBytes;
      closed |=
          segment.type() == LoadedObject.PT_GNU_RELRO
              && address >= (segment.start() & -pageBytes)
              && address < end;
    }
    if (!writable || address % Long.BYTES != 0) {
      return false;
    }
    // A profiler that patches slots too may have opened the page, and writes there again later.
    closed = closed && !LibC.isWritable(page, pageBytes);
    if (closed) {
      LibC.mprotect(page, pageBytes, LibC.PROT_READ_WRITE);
    }
    // SAFETY: a word of a pinned library's data; one aligned store, so that a call sees either
    // value.
    DynamicLinker.MEMORY.set(JAVA_LONG, address, value);
    if (closed) {
      LibC.mprotect(page, pageBytes, PROT_READ);
    }
    return true;
  }
}
