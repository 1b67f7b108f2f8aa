package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The ways in which a block that C has freed is used, by the ways in which Java meets C: what is
 * silent, a wrong answer or the process's death without the guard ({@code lifebound lab} shows
 * that) is seen, recorded with its sites and survived with it. A JVM for each.
 */
class FactsRowsProcessTest {
  private static final List<String> WAYS = List.of("ffm", "jna", "jni", "direct");
  private static final List<String> ROWS =
      List.of("read", "reuse", "keysOnly", "doubleFree", "writeAfterFree", "large");

  @TempDir private static Path folder;
  private static Path victim;
  private static Path jni;

  /** How a program has the library's memory. */
  private interface Way {
    long allocate(long bytes);

    void free(long address);

    byte read(long address, int at);

    void write(long address, int at);
  }

  /** One row, one way. */
  @SuppressWarnings("restricted") // the test's JVM has native access
  static final class Child {
    private static final byte OLD = 0x41;
    private static final int SPAN = 128;

    private Child() {}

    public static void main(String[] args) throws Exception {
      Way way = way(args[0], Path.of(args[2]), Path.of(args[3]));
      try (Ledger _ =
              Ledger.create(
                      Path.of(args[4]), LedgerSettings.defaults().withSize(8, 64).withStacks(1, 8))
                  .install();
          Armed guard = Guard.arm(GuardOptions.of(Mode.RECOVER).selfTest(false));
          Watch watch =
              Watch.builder().library("libvictim*.so").onReport(_ -> {}).sample(guard, 1).start()) {
        switch (args[1]) {
          case "read" -> read(way);
          case "reuse" -> reuse(way);
          case "keysOnly" -> keysOnly(way);
          case "doubleFree" -> doubleFree(way);
          case "writeAfterFree" -> writeAfterFree(way);
          case "large" -> large(way, watch);
          default -> throw new IllegalArgumentException(args[1]);
        }
        watch.drain();
        guard.flush();
      }
      System.out.print("done");
    }

    private static Way way(String name, Path victim, Path jni) {
      if (name.equals("jna")) {
        return new Jna(com.sun.jna.NativeLibrary.getInstance(victim.toString()));
      }
      if (name.equals("ffm")) {
        return new Ffm(TestLibrary.load(victim));
      }
      System.load(jni.toString());
      return name.equals("jni") ? new Jni() : new Direct();
    }

    private record Ffm(TestLibrary library) implements Way {
      @Override
      public long allocate(long bytes) {
        return library.call("victim_malloc", bytes);
      }

      @Override
      public void free(long address) {
        library.call("victim_free", address);
      }

      private static MemorySegment at(long address) {
        // SAFETY: of a block that may be dead, which is what is tested.
        return MemorySegment.ofAddress(address).reinterpret(SPAN);
      }

      @Override
      public byte read(long address, int at) {
        return at(address).get(JAVA_BYTE, at);
      }

      @Override
      public void write(long address, int at) {
        at(address).set(JAVA_BYTE, at, (byte) 1);
      }
    }

    private record Jna(com.sun.jna.NativeLibrary library) implements Way {
      @Override
      public long allocate(long bytes) {
        Object[] arguments = {bytes};
        return com.sun.jna.Pointer.nativeValue(
            library.getFunction("victim_malloc").invokePointer(arguments));
      }

      @Override
      public void free(long address) {
        library.getFunction("victim_free").invokeVoid(new Object[] {at(address)});
      }

      private static com.sun.jna.Pointer at(long address) {
        return new com.sun.jna.Pointer(address);
      }

      @Override
      public byte read(long address, int at) {
        return at(address).getByte(at);
      }

      @Override
      public void write(long address, int at) {
        at(address).setByte(at, (byte) 1);
      }
    }

    /** The library's own functions read and write. */
    private static class Jni implements Way {
      @Override
      public long allocate(long bytes) {
        return VictimJni.allocate(bytes);
      }

      @Override
      public void free(long address) {
        VictimJni.release(address);
      }

      @Override
      public byte read(long address, int at) {
        return VictimJni.read(address + at);
      }

      @Override
      public void write(long address, int at) {
        VictimJni.write(address + at);
      }
    }

    /** Java reads and writes a buffer that the library has made. */
    private static final class Direct extends Jni {
      private final Map<Long, ByteBuffer> buffers = new HashMap<>();

      private ByteBuffer buffer(long address) {
        return Objects.requireNonNull(buffers.get(address), "a block must have its buffer");
      }

      @Override
      public long allocate(long bytes) {
        long address = super.allocate(bytes);
        buffers.put(address, VictimJni.buffer(address, Math.min(bytes, SPAN)));
        return address;
      }

      @Override
      public byte read(long address, int at) {
        return buffer(address).get(at);
      }

      @Override
      public void write(long address, int at) {
        buffer(address).put(at, (byte) 1);
      }
    }

    private static void check(boolean holds, String what) {
      if (!holds) {
        throw new AssertionError(what);
      }
    }

    private static long dead(Way way, long bytes) {
      long address = way.allocate(bytes);
      way.free(address);
      return address;
    }

    private static void read(Way way) {
      for (long bytes : new long[] {24, 48, 1000, 100_000}) {
        check(way.read(dead(way, bytes), 5) == OLD, "the old byte of " + bytes);
      }
    }

    /** Without a guard the same address comes back at once, and the old name has a new value. */
    private static void reuse(Way way) {
      long stale = dead(way, 48);
      for (int i = 0; i < 100; i++) {
        long fresh = way.allocate(48);
        check(fresh != stale, "another address");
        way.write(fresh, 5);
      }
      check(way.read(stale, 5) == OLD, "not the new block's byte");
    }

    /** Going through the keys touches no block: nothing to report. */
    private static void keysOnly(Way way) {
      Map<String, Long> sessions = new HashMap<>();
      for (int i = 0; i < 20; i++) {
        sessions.put("session " + i, dead(way, 64));
      }
      check(String.join(",", sessions.keySet()).length() > 100, "keys");
      check(sessions.values().stream().mapToLong(Long::longValue).sum() != 0, "addresses");
    }

    private static void doubleFree(Way way) {
      for (long bytes : new long[] {24, 48, 2000}) {
        way.free(dead(way, bytes));
      }
    }

    private static void writeAfterFree(Way way) throws InterruptedException {
      // Without a guard the process dies when the thread ends.
      Thread thread = Thread.ofPlatform().start(() -> way.write(dead(way, 48), 9));
      thread.join();
    }

    /** Longer than what has pages of its own: the handle is refused, and the second free. */
    private static void large(Way way, Watch watch) {
      try (Registry registry = Registry.create()) {
        for (long bytes : new long[] {300_000, 1 << 20, 40 << 20}) {
          long address = way.allocate(bytes);
          // SAFETY: the library has just allocated it with this size.
          MemorySegment block = MemorySegment.ofAddress(address).reinterpret(bytes);
          long handle = registry.adopt(block, _ -> {}, "large");
          try (Lease lease = registry.lease(handle)) {
            way.free(address);
            check(lease.getByte(7) == OLD, "kept for the lease");
            way.free(address);
          }
          try (Lease _ = registry.lease(handle)) {
            throw new AssertionError("a stale handle must be refused: bytes=" + bytes);
          } catch (StaleHandleException e) {
            watch.drain();
          }
        }
      }
    }
  }

  @BeforeAll
  static void compile() throws Exception {
    victim = TestLibrary.compile(folder, "victim.c", "libvictim-rows.so");
    String home = System.getProperty("java.home");
    jni =
        TestLibrary.compile(
            folder,
            "victim_jni.c",
            "libvictim-rows-jni.so",
            "-I" + home + "/include",
            "-I" + home + "/include/linux");
  }

  static Stream<Arguments> cases() {
    return ROWS.stream().flatMap(row -> WAYS.stream().map(way -> Arguments.of(row, way)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theMisuseIsRecordedAndTheProcessLives(String row, String way) throws Exception {
    Path file = folder.resolve(row + "-" + way + ".ledger");
    ChildJvm child =
        ChildJvm.run(
            Child.class,
            List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"),
            way,
            row,
            victim.toString(),
            jni.toString(),
            file.toString());
    assertThat(child.out()).isEqualTo("done");
    assertThat(child.exit()).isZero();
    List<LedgerEvent> events = LedgerFile.read(file).events();
    List<LedgerEvent> reports =
        events.stream().filter(event -> event.type() == EventType.REPORT).toList();
    switch (row) {
      case "read" -> assertThat(reports).extracting(LedgerEvent::size).contains(24L, 48L, 1000L);
      case "reuse", "writeAfterFree" -> assertThat(reports).hasSize(1);
      case "doubleFree" ->
          assertThat(reports).hasSize(3).allMatch(event -> "second free".equals(event.fault()));
      default -> assertThat(reports).isEmpty();
    }
    if (row.equals("read") || row.equals("reuse") || row.equals("writeAfterFree")) {
      assertThat(reports).allMatch(event -> "use after free".equals(event.fault()));
      assertThat(events)
          .filteredOn(event -> event.type() == EventType.FAULT)
          .hasSameSizeAs(reports);
    }
    for (LedgerEvent report : reports) {
      for (EventType site : List.of(EventType.REPORT_ALLOCATED, EventType.REPORT_FREED)) {
        assertThat(events)
            .filteredOn(event -> event.type() == site && event.block() == report.block())
            .singleElement()
            .satisfies(event -> assertThat(event.stack().getFirst()).startsWith("libvictim-rows"));
      }
    }
    assertThat(events)
        .filteredOn(event -> event.type() == EventType.DOUBLE_FREE)
        .hasSize(row.equals("large") ? 3 : 0);
  }
}
