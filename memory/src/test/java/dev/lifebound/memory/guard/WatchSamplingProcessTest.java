package dev.lifebound.memory.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sampled allocations of a real library, each case in a JVM of its own that must live. */
@SuppressWarnings("restricted") // calling C is what this tests
class WatchSamplingProcessTest {
  @TempDir static Path folder;

  private static Path victimPath;
  private static Path otherPath;
  private static Path cppPath;
  private static Path jniPath;

  /** One case. Whatever is not as it must be throws, and the exit status tells. */
  @SuppressWarnings("NullAway.Init") // main sets everything first
  static final class Child {
    private static final ConcurrentLinkedQueue<GuardReport> REPORTS = new ConcurrentLinkedQueue<>();
    private static TestLibrary victim;
    private static TestLibrary other;
    private static TestLibrary cpp;
    private static Armed guard;
    private static Watch watch;

    /** Found before anything is watched: the C library's own functions. */
    private static final MethodHandle FREE = early("free", 1);

    private static final MethodHandle REALLOC = early("realloc", 2);
    private static final MethodHandle USABLE = early("malloc_usable_size", 1);

    private Child() {}

    private static MethodHandle early(String name, int words) {
      return TestLibrary.of(Linker.nativeLinker().defaultLookup()).function(name, words);
    }

    public static void main(String[] args) throws Exception {
      victim = TestLibrary.load(Path.of(args[1]));
      other = TestLibrary.load(Path.of(args[2]));
      cpp = TestLibrary.load(Path.of(args[3]));
      String[] what = args[0].split(" ", -1);
      GuardOptions options =
          GuardOptions.of(Mode.RECOVER).selfTest(false).byteLimit(32 << 20).mappingLimit(16_000);
      guard = Guard.arm(what.length == 1 ? options : options.pages(PageDeath.valueOf(what[1])));
      guard.onReport(REPORTS::add);
      watch = start(1);
      switch (what[0]) {
        case "useAfterFree" -> useAfterFree();
        case "doubleFree" -> doubleFree();
        case "otherLibrary" -> otherLibrary();
        case "functionFoundByName" -> functionFoundByName();
        case "freeFoundBefore" -> freeFoundBefore();
        case "reallocFoundBefore" -> reallocFoundBefore();
        case "adoptedFreeFoundBefore" -> adoptedFreeFoundBefore();
        case "freeAfterClose" -> freeAfterClose();
        case "callsWithinLibc" -> callsWithinLibc();
        case "everyAllocation" -> everyAllocation();
        case "everyDelete" -> everyDelete();
        case "realloc" -> realloc();
        case "adopted" -> adopted();
        case "adoptedAndLeased" -> adoptedAndLeased();
        case "adoptedRealloc" -> adoptedRealloc();
        case "threads" -> threads();
        case "undo" -> undo();
        case "rate" -> rate();
        case "jna" -> jna(args[1]);
        case "jniAndDirectBuffers" -> jniAndDirectBuffers(args[4]);
        case "adoptedThroughJni" -> adoptedThroughJni(args[4]);
        default -> throw new IllegalArgumentException(args[0]);
      }
      victim.call("victim_churn", 10_000, 64);
      watch.close();
      victim.call("victim_churn", 10_000, 64);
      System.out.print("done");
    }

    private static Watch start(long oneIn) {
      return Watch.builder()
          .library("libvictim*.so")
          .sample(guard, oneIn)
          .onReport(_ -> {})
          .start();
    }

    private static long guarded(long bytes) {
      long address = victim.call("victim_malloc", bytes);
      check(guard.owns(address), "guarded");
      return address;
    }

    private static void check(boolean holds, String what) {
      if (!holds) {
        throw new AssertionError(what + "; " + watch.text() + "; reports=" + texts());
      }
    }

    private static List<String> texts() {
      return REPORTS.stream().map(r -> r.kind() + " " + Long.toHexString(r.address())).toList();
    }

    private static void checkReported(GuardReport.Kind kind, long address) {
      guard.flush();
      check(
          REPORTS.stream().anyMatch(r -> r.kind() == kind && r.address() == address),
          kind + " must be reported at " + Long.toHexString(address));
    }

    private static void useAfterFree() {
      long address = guarded(48);
      check(victim.call("victim_read", address) == 0x41, "alive");
      victim.call("victim_free", address);
      check(victim.call("victim_read", address + 8) == 0x41, "the old bytes are back");
      checkReported(GuardReport.Kind.USE_AFTER_FREE, address + 8);
    }

    private static void doubleFree() {
      long address = guarded(48);
      victim.call("victim_free", address);
      victim.call("victim_free", address);
      checkReported(GuardReport.Kind.DOUBLE_FREE, address);
      check(victim.call("victim_realloc", address, 100) == 0, "no block from a dead one");
    }

    private static void otherLibrary() {
      long address = guarded(48);
      other.call("victim_free", address);
      check(guard.isDead(address), "freed");
      address = guarded(48);
      long moved = other.call("victim_realloc", address, 5000);
      check(guard.isDead(address) && !guard.owns(moved), "moved");
      address = guarded(48);
      check(other.call("victim_usable", address) >= 48, "usable");
      other.call("victim_free_by_table", address);
      check(guard.isDead(address), "freed by a pointer in data");
    }

    private static void functionFoundByName() throws Exception {
      // Linked after arming: the address that the JVM finds is the stub's.
      MemorySegment free = Linker.nativeLinker().defaultLookup().find("free").orElseThrow();
      MethodHandle handle =
          Linker.nativeLinker()
              .downcallHandle(free, FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
      long address = guarded(48);
      try {
        handle.invoke(address);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
      check(guard.isDead(address), "freed by a function that Java has found");
    }

    private static void freeFoundBefore() {
      long address = guarded(48);
      TestLibrary.invoke(FREE, address);
      check(guard.isDead(address), "noticed");
      check(guard.counters().unwatchedFrees() == 1, "counted");
      check(victim.call("victim_read", address + 8) == 0x41, "the old bytes are back");
      checkReported(GuardReport.Kind.USE_AFTER_FREE, address + 8);
      TestLibrary.invoke(FREE, address); // harmless, and not noticed: the page in front is there
      address = guarded(48);
      victim.call("victim_free", address);
      TestLibrary.invoke(FREE, address);
      checkReported(GuardReport.Kind.DOUBLE_FREE, address);
      check(guard.counters().doubleFrees() == 1, "refused once");
      long frees = 1;
      // Every length, and every slot several times over.
      for (int i = 0; i < 5000; i++) {
        for (long bytes : i % 100 == 0 ? new long[] {1, 4096, 5000, 65_536} : new long[] {48}) {
          address = guarded(bytes);
          TestLibrary.invoke(FREE, address);
          check(guard.isDead(address) && guard.counters().unwatchedFrees() == ++frees, "" + bytes);
        }
      }
      address = guarded(48);
      check(TestLibrary.invoke(USABLE, address) >= 48, "usable");
      victim.call("victim_write", address + 50);
      TestLibrary.invoke(FREE, address);
      guard.flush();
      check(REPORTS.size() == 2, "nothing else is reported");
    }

    private static void reallocFoundBefore() {
      for (long bytes : new long[] {48, 5000}) {
        for (long wanted : new long[] {200, 4096, 6000, 10_000, 1 << 20}) {
          long address = guarded(bytes);
          long moved = TestLibrary.invoke(REALLOC, address, wanted);
          long last = Math.min(bytes, wanted) - 1;
          check(victim.call("victim_read", moved + last) == 0x41, bytes + " to " + wanted);
          victim.call("victim_write", moved + wanted - 1);
          victim.call("victim_free", moved);
        }
      }
      long dead = guarded(48);
      victim.call("victim_free", dead);
      long copy = TestLibrary.invoke(REALLOC, dead, 8000);
      check(victim.call("victim_read", copy) == 0x41, "the old bytes");
      checkReported(GuardReport.Kind.DOUBLE_FREE, dead);
      guard.flush();
      check(
          REPORTS.stream().allMatch(r -> r.address() >= dead && r.address() < dead + 4096),
          "nothing else is reported");
    }

    private static void adoptedFreeFoundBefore() {
      try (Registry registry = Registry.create()) {
        long address = guarded(48);
        long handle =
            registry.adopt(
                // SAFETY: just allocated with this size.
                MemorySegment.ofAddress(address).reinterpret(48), _ -> {}, "test");
        try (Lease lease = registry.lease(handle)) {
          TestLibrary.invoke(FREE, address);
          watch.drain();
          check(!registry.isLive(handle), "stale");
          check(!guard.isDead(address) && lease.getByte(5) == 0x41, "kept");
        }
        check(guard.isDead(address), "the last lease frees");
        registry.release(handle);
      }
    }

    /** When nothing is guarded any more, the block is still one that the C library cannot free. */
    private static void freeAfterClose() {
      long first = guarded(48);
      long second = guarded(65_536);
      watch.close();
      guard.close();
      TestLibrary.invoke(FREE, first);
      TestLibrary.invoke(FREE, second);
      check(victim.call("victim_read", first) == 0x41, "left alone");
    }

    private static void callsWithinLibc() {
      long address = guarded(48);
      long line = victim.call("victim_getline", address, 48);
      check(guard.isDead(address) && victim.call("victim_read", line) == 0x42, "moved");
      check(guard.counters().unwatchedFrees() == 0, "through a slot of the C library");
      victim.call("victim_free", line);
    }

    private static void everyAllocation() {
      List<Long> addresses = new ArrayList<>();
      for (long bytes : new long[] {1, 16, 100, 4096, 65_536}) {
        addresses.add(guarded(bytes));
        addresses.add(victim.call("victim_calloc", bytes, 1));
        addresses.add(victim.call("victim_posix_memalign", 64, bytes));
        addresses.add(victim.call("victim_aligned_alloc", 64, 64 * bytes % 4096 + 64));
        addresses.add(victim.call("victim_memalign", 256, bytes));
        addresses.add(victim.call("victim_realloc", 0, bytes));
      }
      try (Arena arena = Arena.ofConfined()) {
        addresses.add(victim.call("victim_strdup", arena.allocateFrom("text").address()));
      }
      check(addresses.stream().allMatch(guard::owns), "every function is watched");
      check(victim.call("victim_read", addresses.get(addresses.size() - 1)) == 't', "text");
      check(victim.call("victim_read", addresses.get(1)) == 0, "calloc");
      check(addresses.get(2) % 64 == 0 && addresses.get(4) % 256 == 0, "alignment");
      addresses.forEach(address -> victim.call("victim_free", address));
      check(addresses.stream().allMatch(guard::isDead), "freed");
      // Refused by the C library, as ever.
      check(victim.call("victim_posix_memalign", 24, 100) == 0, "bad alignment");
      check(victim.call("victim_malloc", -1) == 0, "too much");
      check(victim.call("victim_calloc", Long.MAX_VALUE, 16) == 0, "overflow");
      check(!guard.owns(victim.call("victim_malloc", 50L << 20)), "large blocks are C's");
    }

    private static void everyDelete() {
      int[] allocator = {0, 1, 0, 1, 2, 3, 4, 5, 4, 5, 6, 7};
      for (int form = 0; form < allocator.length; form++) {
        long address = cpp.call("victim_new", allocator[form], 100);
        check(guard.owns(address), "new " + allocator[form]);
        check(allocator[form] < 4 || address % 64 == 0, "alignment of new");
        cpp.call("victim_delete", form, address, 100);
        check(guard.isDead(address), "delete " + form);
        cpp.call("victim_delete", form, address, 100);
        checkReported(GuardReport.Kind.DOUBLE_FREE, address);
      }
    }

    private static void realloc() {
      long address = guarded(48);
      long grown = victim.call("victim_realloc", address, 5000);
      check(guard.isDead(address) && victim.call("victim_read", grown + 47) == 0x41, "grown");
      victim.call("victim_free", grown);
      address = guarded(48);
      long shrunk = victim.call("victim_reallocarray", address, 2, 4);
      check(guard.isDead(address) && victim.call("victim_read", shrunk + 7) == 0x41, "shrunk");
      address = guarded(48);
      check(victim.call("victim_realloc", address, 0) == 0 && guard.isDead(address), "to nothing");
    }

    private static void adopted() {
      try (Registry registry = Registry.create()) {
        long address = guarded(48);
        long handle =
            registry.adopt(
                // SAFETY: just allocated with this size.
                MemorySegment.ofAddress(address).reinterpret(48), _ -> {}, "test");
        victim.call("victim_free", address);
        check(guard.isDead(address), "pages die at once");
        check(!registry.isLive(handle), "stale");
        victim.call("victim_free", address);
        watch.drain();
        registry.release(handle);
        check(registry.blocks() == 0, "settled");
      }
    }

    private static void adoptedAndLeased() {
      try (Registry registry = Registry.create()) {
        long address = guarded(48);
        long handle =
            registry.adopt(
                // SAFETY: just allocated with this size.
                MemorySegment.ofAddress(address).reinterpret(48), _ -> {}, "test");
        try (Lease lease = registry.lease(handle)) {
          victim.call("victim_free", address);
          watch.drain();
          check(!guard.isDead(address) && lease.getByte(5) == 0x41, "kept");
        }
        check(guard.isDead(address), "the last lease frees");
        registry.release(handle);
      }
    }

    private static void adoptedRealloc() {
      try (Registry registry = Registry.create()) {
        long address = guarded(48);
        long handle =
            registry.adopt(
                // SAFETY: just allocated with this size.
                MemorySegment.ofAddress(address).reinterpret(48), _ -> {}, "test");
        long moved = victim.call("victim_realloc", address, 64);
        check(victim.call("victim_read", moved + 47) == 0x41, "moved");
        check(!registry.isLive(handle) && guard.isDead(address), "ended");
      }
    }

    private static void threads() {
      int count = 400;
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment blocks = arena.allocate(ValueLayout.JAVA_LONG, count);
        for (int i = 0; i < count; i++) {
          blocks.setAtIndex(ValueLayout.JAVA_LONG, i, guarded(40));
        }
        victim.call("victim_free_on_threads", blocks.address(), count, 8);
        for (int i = 0; i < count; i++) {
          check(guard.isDead(blocks.getAtIndex(ValueLayout.JAVA_LONG, i)), "freed " + i);
        }
      }
      victim.call("victim_free_in_tls_destructor", guarded(8), 1);
      victim.call("victim_free_in_tls_destructor", guarded(8), 0);
      victim.call("victim_free_in_signal_handler", guarded(8));
      MethodHandle free = victim.function("victim_free", 1, Linker.Option.critical(false));
      MethodHandle allocate = victim.function("victim_malloc", 1, Linker.Option.critical(false));
      for (int i = 0; i < 20_000; i++) {
        TestLibrary.invoke(free, TestLibrary.invoke(allocate, 24));
      }
    }

    private static void undo() {
      long address = guarded(48);
      watch.close();
      check(!guard.owns(victim.call("victim_malloc", 48)), "allocations are C's again");
      check(watch.slots() > 0, "frees are watched while a guarded block lives");
      other.call("victim_free", address);
      check(guard.isDead(address), "freed");
      while (watch.slots() != 0) {
        Thread.onSpinWait();
      }
      watch = start(1);
      victim.call("victim_free", guarded(48));
      watch.close();
      check(watch.slots() == 0, "nothing was alive");
    }

    /** Real JNA: its own library frees through slots as well. */
    private static void jna(String path) {
      com.sun.jna.NativeLibrary library = com.sun.jna.NativeLibrary.getInstance(path);
      com.sun.jna.Function allocate = library.getFunction("victim_malloc");
      while (!watch.libraries().stream().anyMatch(name -> name.startsWith("jna"))) {
        Thread.onSpinWait();
      }
      com.sun.jna.Pointer first = allocate.invokePointer(new Object[] {48L});
      long address = com.sun.jna.Pointer.nativeValue(first);
      check(guard.owns(address), "guarded");
      com.sun.jna.Native.free(address);
      check(guard.isDead(address), "freed by JNA");
      check(first.getByte(8) == 0x41, "a read of JNA recovers");
      checkReported(GuardReport.Kind.USE_AFTER_FREE, address + 8);
      com.sun.jna.Pointer second = allocate.invokePointer(new Object[] {48L});
      library.getFunction("victim_free").invokeVoid(new Object[] {second});
      check(guard.isDead(com.sun.jna.Pointer.nativeValue(second)), "freed by the library");
    }

    private static void jniAndDirectBuffers(String path) {
      System.load(path);
      while (!watch.libraries().contains("libvictim-jni.so")) {
        Thread.onSpinWait();
      }
      long address = VictimJni.allocate(48);
      check(guard.owns(address), "guarded");
      java.nio.ByteBuffer buffer = VictimJni.buffer(address, 48);
      check(buffer.get(3) == 0x41, "alive");
      VictimJni.release(address);
      check(guard.isDead(address), "freed");
      check(buffer.get(3) == 0x41, "a read of a direct buffer recovers");
      checkReported(GuardReport.Kind.USE_AFTER_FREE, address + 3);
      VictimJni.release(address);
      checkReported(GuardReport.Kind.DOUBLE_FREE, address);
    }

    private static void adoptedThroughJni(String path) {
      System.load(path);
      while (!watch.libraries().contains("libvictim-jni.so")) {
        Thread.onSpinWait();
      }
      watch.close();
      watch = Watch.builder().library("libvictim-jni.so").onReport(_ -> {}).start();
      try (Registry registry = Registry.create()) {
        long address = VictimJni.allocate(48);
        check(!guard.owns(address), "not sampled");
        long handle =
            registry.adopt(MemorySegment.ofBuffer(VictimJni.buffer(address, 48)), _ -> {}, "test");
        VictimJni.release(address);
        check(!registry.isLive(handle), "stale");
        VictimJni.release(address);
        watch.drain();
        check(watch.refusedFrees() == 1, "the second free is refused");
      }
    }

    private static void rate() {
      watch.close();
      watch = start(64);
      long before = watch.sampled();
      victim.call("victim_churn", 64_000, 64);
      long sampled = watch.sampled() - before;
      check(sampled > 900 && sampled < 1100, "one in 64: " + sampled);
    }
  }

  @BeforeAll
  static void compile() throws Exception {
    victimPath = TestLibrary.compile(folder, "victim.c", "libvictim.so");
    otherPath = TestLibrary.compile(folder, "victim.c", "libother.so");
    cppPath = TestLibrary.compile(folder, "victim_cpp.cpp", "libvictim-cpp.so");
    Path include = Path.of(System.getProperty("java.home"), "include");
    jniPath =
        TestLibrary.compile(
            folder,
            "victim_jni.c",
            "libvictim-jni.so",
            "-I" + include,
            "-I" + include.resolve("linux"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "useAfterFree",
        "doubleFree",
        "otherLibrary",
        "functionFoundByName",
        "freeFoundBefore",
        "freeFoundBefore REMAP",
        "freeFoundBefore PROTECT",
        "reallocFoundBefore",
        "reallocFoundBefore REMAP",
        "reallocFoundBefore PROTECT",
        "adoptedFreeFoundBefore",
        "freeAfterClose",
        "freeAfterClose REMAP",
        "callsWithinLibc",
        "everyAllocation",
        "everyDelete",
        "realloc",
        "adopted",
        "adoptedAndLeased",
        "adoptedRealloc",
        "threads",
        "undo",
        "rate",
        "jna",
        "jniAndDirectBuffers",
        "adoptedThroughJni"
      })
  void theJvmLivesAndTheBlockIsGuarded(String what) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:ErrorFile=/dev/null", "-XX:-CreateCoredumpOnCrash"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
    command.addAll(List.of(System.getProperty("java.class.path"), Child.class.getName(), what));
    command.addAll(List.of(victimPath.toString(), otherPath.toString(), cppPath.toString()));
    command.add(jniPath.toString());
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(out).isEqualTo("done");
    assertThat(child.exitValue()).isZero();
  }
}
