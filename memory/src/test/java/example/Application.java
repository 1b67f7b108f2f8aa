package example;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lifebound.memory.guard.Armed;
import dev.lifebound.memory.guard.Guard;
import dev.lifebound.memory.guard.GuardOptions;
import dev.lifebound.memory.guard.GuardReport;
import dev.lifebound.memory.guard.Mode;
import dev.lifebound.memory.guard.UseAfterFreeException;
import dev.lifebound.memory.guard.Watch;
import dev.lifebound.memory.guard.WatchReport;
import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** What an application does with its own copy of the library; {@link Nested} loads it. */
public final class Application {
  private Application() {}

  /** One scenario; gives what came of it. */
  public static String run(String... args) throws Throwable {
    return switch (args[0]) {
      case "recover" -> recovers();
      case "strict" -> throwsHere();
      case "current" -> Guard.current().map(Armed::text).orElse("none");
      case "watch" -> watches(Path.of(args[1]), Path.of(args[2]));
      case "ledger" -> tells();
      default -> throw new IllegalArgumentException(args[0]);
    };
  }

  private static String recovers() {
    List<GuardReport> reports = Collections.synchronizedList(new ArrayList<>());
    try (Armed guard = Guard.arm(GuardOptions.of(Mode.RECOVER))) {
      guard.onReport(reports::add);
      MemorySegment block = guard.tryAllocate(64).orElseThrow();
      block.set(JAVA_LONG, 8, 42);
      boolean freed = guard.free(block.address());
      long value = block.get(JAVA_LONG, 8);
      guard.flush();
      GuardReport report = reports.getFirst();
      return String.join(
          ";",
          "mode=" + guard.mode(),
          "freed=" + freed,
          "dead=" + guard.isDead(block.address()),
          "value=" + value,
          "reports=" + reports.size(),
          "report=" + report.kind() + " " + report.outcome() + " " + report.offset(),
          "size=" + (report.block() == null ? 0 : report.block().byteSize()),
          "faults=" + guard.counters().faults(),
          guard.text());
    }
  }

  private static String throwsHere() {
    try (Armed guard = Guard.arm(GuardOptions.of(Mode.STRICT))) {
      MemorySegment block = guard.tryAllocate(64).orElseThrow();
      guard.free(block.address());
      try {
        return "read " + guard.getLong(block, 16);
      } catch (UseAfterFreeException e) {
        return "own="
            + e.getClass().getClassLoader().equals(Application.class.getClassLoader())
            + ";size="
            + e.block().byteSize()
            + ";offset="
            + (e.address() - e.block().address());
      }
    }
  }

  /** A library of C, the JDK's way. */
  @SuppressWarnings("restricted") // the test's JVM has native access
  private static MethodHandle function(Path library, String name) {
    return Linker.nativeLinker()
        .downcallHandle(
            SymbolLookup.libraryLookup(library, Arena.global()).findOrThrow(name),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  }

  private static String watches(Path library, Path second) throws Throwable {
    MethodHandle malloc = function(library, "victim_malloc");
    MethodHandle free = function(library, "victim_free");
    List<WatchReport.Kind> kinds = Collections.synchronizedList(new ArrayList<>());
    try (Registry registry = Registry.create()) {
      long before = adopt(registry, (long) malloc.invokeExact(48L));
      BoundMap<String> map = BoundMap.over(registry, new ConcurrentHashMap<>(), "application");
      map.put("before", before);
      try (Watch watch =
          Watch.builder()
              .library(library.getFileName().toString())
              .onReport(report -> kinds.add(report.kind()))
              .start()) {
        long handle = adopt(registry, (long) malloc.invokeExact(48L));
        map.put("after", handle);
        long address = address(registry, handle);
        long _ = (long) free.invokeExact(address);
        long _ = (long) free.invokeExact(address);
        long _ = (long) free.invokeExact(address(registry, before));
        watch.drain();
        String stale = "no";
        try (Lease _ = registry.lease(handle)) {
          stale = "leased";
        } catch (StaleHandleException e) {
          stale = "yes";
        }
        return String.join(
            ";",
            "stale=" + stale,
            "map=" + map.size(),
            "kinds=" + kinds,
            "libraries=" + watch.libraries(),
            "adopted=" + watch.adoptedFrees(),
            "unknown=" + refusal(second),
            watch.text());
      }
    }
  }

  private static String refusal(Path second) {
    try (Watch watch = Watch.library(second.getFileName().toString())) {
      return watch.text();
    } catch (IllegalArgumentException e) {
      return String.valueOf(e.getMessage()).replaceFirst(":.*", "");
    }
  }

  @SuppressWarnings("restricted")
  private static long adopt(Registry registry, long address) {
    // SAFETY: the library has just allocated it with this size.
    return registry.adopt(MemorySegment.ofAddress(address).reinterpret(48), _ -> {}, "row");
  }

  private static long address(Registry registry, long handle) {
    try (Lease lease = registry.lease(handle)) {
      return lease.segment().address();
    }
  }

  private static String tells() {
    try (Registry registry = Registry.create()) {
      long handle = registry.allocate(64, "application's block");
      BoundMap<String> map =
          BoundMap.over(registry, new ConcurrentHashMap<>(), "application's map");
      map.put("anna", handle);
      registry.release(handle);
      try (Lease _ = registry.lease(handle)) {
        return "leased";
      } catch (StaleHandleException e) {
        return Long.toHexString(handle);
      }
    }
  }
}
