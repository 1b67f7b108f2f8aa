package dev.lifebound.crash.autopsy;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lifebound.memory.guard.Armed;
import dev.lifebound.memory.guard.Guard;
import dev.lifebound.memory.guard.GuardOptions;
import dev.lifebound.memory.guard.Mode;
import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.Tracking;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/** A program with one of some bugs, which kills it, or which the guard reports. */
@SuppressWarnings("restricted")
final class SameBugVictim {
  /** What is wrong with it. */
  enum Bug {
    READ_BY_C,
    READ_BY_C_ELSEWHERE,
    READ_BY_C_OF_OTHER_MAP,
    READ_BY_JAVA,
    FREED_TWICE
  }

  private static final long LARGE_BYTES = 40L << 20;
  private static final MethodHandle STRLEN =
      function("strlen", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(JAVA_LONG));

  private final Registry registry = Registry.create(Tracking.FULL);
  private final @Nullable Armed guard;

  private SameBugVictim(boolean guarded) {
    guard =
        guarded ? Guard.arm(GuardOptions.of(Mode.RECOVER).javaStacks(true).stackFrames(8)) : null;
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    // SAFETY: each constant states the C declaration of the function it names.
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }

  public static void main(String[] arguments) throws Throwable {
    Ledger _ =
        Ledger.create(
                Path.of(arguments[2]).resolve("ledger"), LedgerSettings.defaults().withStacks(1, 8))
            .install();
    SameBugVictim victim = new SameBugVictim(Boolean.parseBoolean(arguments[1]));
    victim.run(Bug.valueOf(arguments[0]));
    if (victim.guard != null) {
      victim.guard.flush();
    }
    Runtime.getRuntime().halt(CrashVictim.SURVIVED);
  }

  private void run(Bug bug) throws Throwable {
    BoundMap<String> map =
        BoundMap.over(
            registry, new HashMap<>(), bug == Bug.READ_BY_C_OF_OTHER_MAP ? "thumbnails" : "tiles");
    MemorySegment block = block(bug == Bug.FREED_TWICE ? LARGE_BYTES : 4096);
    map.put("a key of " + ProcessHandle.current().pid(), registry.adopt(block, this::free, "tile"));
    map.remove("a key of " + ProcessHandle.current().pid());
    switch (bug) {
      case READ_BY_C, READ_BY_C_OF_OTHER_MAP -> render(block.address() + 8);
      case READ_BY_C_ELSEWHERE -> export(block.address() + 8);
      case READ_BY_JAVA -> {
        byte _ = RawMemory.read(block.address() + 8);
      }
      case FREED_TWICE -> freeAgain(block);
    }
  }

  private MemorySegment block(long bytes) {
    if (guard != null) {
      return guard.tryAllocate(Math.min(bytes, 4096)).orElseThrow();
    }
    return RawMemory.at(
        bytes == LARGE_BYTES ? RawMemory.malloc(bytes) : RawMemory.map(0, bytes), bytes);
  }

  private void free(MemorySegment dead) {
    if (guard != null) {
      boolean _ = guard.free(dead.address());
    } else if (dead.byteSize() == LARGE_BYTES) {
      RawMemory.free(dead.address());
    } else {
      RawMemory.unmap(dead.address(), dead.byteSize());
    }
  }

  private static void render(long address) throws Throwable {
    long _ = (long) STRLEN.invokeExact(address);
  }

  private static void export(long address) throws Throwable {
    long _ = (long) STRLEN.invokeExact(address);
  }

  private void freeAgain(MemorySegment dead) throws Throwable {
    if (guard != null) {
      boolean _ = guard.free(dead.address());
    } else {
      FREE.invokeExact(dead.address());
    }
  }
}
