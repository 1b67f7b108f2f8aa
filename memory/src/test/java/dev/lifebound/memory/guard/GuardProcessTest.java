package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.os.LibC;
import dev.lifebound.memory.os.NativeCalls;
import dev.lifebound.memory.os.NativeCode;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the guard does about each misuse and each thing that is missing, in a JVM for each. */
class GuardProcessTest {
  /** One scenario; prints what happened. */
  static final class Child {
    private static final List<GuardReport> REPORTS =
        Collections.synchronizedList(new ArrayList<>());

    @SuppressWarnings("UnusedVariable") // keeps results alive
    private static volatile long sink;

    private interface Scenario {
      void run() throws Exception;
    }

    private static final Map<String, Scenario> SCENARIOS =
        Map.ofEntries(
            Map.entry("armed", Child::armed),
            Map.entry("smallBlock", Child::smallBlock),
            Map.entry("addressReuse", Child::addressReuse),
            Map.entry("severalPages", Child::severalPages),
            Map.entry("doubleFree", Child::doubleFree),
            Map.entry("writeAfterFree", Child::writeAfterFree),
            Map.entry("overflow", Child::overflow),
            Map.entry("slack", Child::slack),
            Map.entry("quarantine", Child::quarantine),
            Map.entry("budget", Child::budget),
            Map.entry("quarter", Child::quarter),
            Map.entry("replaced", Child::replaced),
            Map.entry("closed", Child::closed),
            Map.entry("uncaught", Child::uncaught),
            Map.entry("observe", Child::observe),
            Map.entry("forked", Child::forked),
            Map.entry("narrow", Child::narrow),
            Map.entry("twice", Child::twice));

    private Child() {}

    public static void main(String[] args) throws Exception {
      try {
        Objects.requireNonNull(SCENARIOS.get(args[0])).run();
      } catch (GuardUnavailableException e) {
        say("unavailable " + e.getMessage());
      }
    }

    private static void say(String text) {
      System.out.println(text);
    }

    private static Armed arm(Mode mode) {
      return arm(GuardOptions.of(mode));
    }

    private static Armed arm(GuardOptions options) {
      Armed guard = Guard.arm(options);
      guard.onReport(REPORTS::add);
      return guard;
    }

    private static NativePool pool(Armed guard) {
      return Objects.requireNonNull(guard.pool());
    }

    private static void sayReports(Armed guard) {
      guard.flush();
      REPORTS.forEach(report ->
          say("report " + report.kind() + " " + report.outcome() + " offset=" + report.offset()));
    }

    private static MemorySegment dead(Armed guard, long bytes) {
      MemorySegment block = guard.tryAllocate(bytes).orElseThrow();
      block.fill((byte) 7);
      guard.free(block.address());
      return block;
    }

    private static void armed() {
      try (Armed guard = arm(Mode.RECOVER)) {
        MemorySegment block = dead(guard, 64);
        say(guard.text());
        say("value " + block.get(JAVA_BYTE, 9));
        sayReports(guard);
      }
    }

    private static void smallBlock() {
      try (Armed guard = arm(Mode.RECOVER)) {
        for (long bytes : new long[] {24, 48, 1000, 100_000}) {
          say("value " + dead(guard, bytes).get(JAVA_BYTE, 3));
        }
        sayReports(guard);
        say(REPORTS.getFirst().text());
      }
    }

    private static void addressReuse() {
      try (Armed guard = arm(Mode.RECOVER)) {
        MemorySegment stale = dead(guard, 48);
        boolean reused = false;
        for (int i = 0; i < 1000; i++) {
          reused |= guard.tryAllocate(48).orElseThrow().address() == stale.address();
        }
        say("reused " + reused + " value " + stale.get(JAVA_BYTE, 3));
        sayReports(guard);
      }
    }

    private static void severalPages() {
      try (Armed guard = arm(Mode.RECOVER)) {
        MemorySegment block = dead(guard, 65_536);
        say("values " + block.get(JAVA_BYTE, 0) + block.get(JAVA_BYTE, 65_535));
        sayReports(guard);
        say("faults " + guard.faults(block.address()));
        say("too long " + guard.tryAllocate(40L << 20).isEmpty());
      }
    }

    private static void doubleFree() {
      try (Armed guard = arm(Mode.RECOVER)) {
        for (long bytes : new long[] {24, 48, 2048}) {
          say("taken " + guard.free(dead(guard, bytes).address()));
        }
        MemorySegment live = guard.tryAllocate(64).orElseThrow();
        say("inside " + guard.free(live.address() + 16));
        say("elsewhere " + guard.free(8));
        sayReports(guard);
      }
    }

    private static void writeAfterFree() {
      try (Armed guard = arm(Mode.RECOVER)) {
        MemorySegment block = dead(guard, 64);
        block.set(JAVA_BYTE, 5, (byte) 1);
        say("value " + block.get(JAVA_BYTE, 5));
        sayReports(guard);
      }
    }

    @SuppressWarnings("restricted")
    private static void overflow() {
      try (Armed guard = arm(GuardOptions.of(Mode.RECOVER).align(Align.END))) {
        MemorySegment block = guard.tryAllocate(64).orElseThrow();
        sink = MemorySegment.ofAddress(block.address()).reinterpret(128).get(JAVA_BYTE, 64);
        sayReports(guard);
      }
      REPORTS.clear();
      try (Armed guard = arm(Mode.RECOVER)) {
        var _ = guard.tryAllocate(64).orElseThrow();
        MemorySegment block = guard.tryAllocate(64).orElseThrow();
        sink = MemorySegment.ofAddress(block.address() - 8).reinterpret(8).get(JAVA_BYTE, 0);
        sayReports(guard);
      }
    }

    @SuppressWarnings("restricted")
    private static void slack() {
      try (Armed guard = arm(Mode.RECOVER)) {
        MemorySegment block = guard.tryAllocate(60).orElseThrow();
        MemorySegment.ofAddress(block.address()).reinterpret(64).set(JAVA_BYTE, 61, (byte) 1);
        guard.free(block.address());
        sayReports(guard);
      }
    }

    @SuppressWarnings("restricted")
    private static void quarantine() {
      try (Armed guard = arm(GuardOptions.of(Mode.RECOVER).quarantineBytes(65_536))) {
        long malloc = Linker.nativeLinker().defaultLookup().findOrThrow("malloc").address();
        long free = Linker.nativeLinker().defaultLookup().findOrThrow("free").address();
        long put = pool(guard).image().entry("lb_quarantine_put");
        long shared = pool(guard).control().address();
        long first = NativeCalls.call(malloc, 64);
        say("put " + NativeCalls.call(put, shared, first, 64, free, 0));
        say("again " + NativeCalls.call(put, shared, first, 64, free, 0));
        MemorySegment.ofAddress(first).reinterpret(64).set(JAVA_BYTE, 20, (byte) 1);
        for (int i = 0; i < 3000; i++) {
          NativeCalls.call(put, shared, NativeCalls.call(malloc, 64), 64, free, 0);
        }
        sayReports(guard);
        say("held " + (pool(guard).control().get("quarantined") <= 65_536));
        pool(guard).flushQuarantine();
        say("flushed " + pool(guard).control().get("quarantined"));
      }
    }

    private static void budget() {
      GuardOptions small = GuardOptions.of(Mode.RECOVER).byteLimit(2L << 20).mappingLimit(50);
      for (PageDeath pages : PageDeath.values()) {
        try (Armed guard = arm(small.pages(pages))) {
          int given = 0;
          while (given < 5000 && guard.tryAllocate(64).isPresent()) {
            given++;
          }
          GuardCounters c = guard.counters();
          boolean within = c.usedBytes() <= 2L << 20 && c.mappings() <= 50;
          say(
              pages
                  + " given="
                  + (given > 0 && given < 1024)
                  + " within="
                  + within
                  + " refused="
                  + c.refused());
        }
      }
    }

    /** The system allows 200 mappings: 50 are the guard's, whatever it was given. */
    private static void quarter() throws Exception {
      Path system = Files.writeString(Files.createTempFile("max_map_count", ""), "200\n");
      system.toFile().deleteOnExit();
      GuardOptions options = GuardOptions.of(Mode.RECOVER).systemMappings(system);
      for (PageDeath pages : List.of(PageDeath.REMAP, PageDeath.PROTECT)) {
        try (Armed guard = arm(options.pages(pages))) {
          say(guard.text());
          NativePool pool = pool(guard);
          long before = mappingsWithin(pool.base(), pool.addressBytes());
          List<MemorySegment> given = new ArrayList<>();
          for (int i = 0; i < 1000; i++) {
            guard.tryAllocate(64).ifPresent(given::add);
          }
          long more = mappingsWithin(pool.base(), pool.addressBytes()) - before;
          GuardCounters c = guard.counters();
          say(pages + " given=" + (given.size() > 5) + " mappings=" + (more > 5 && more <= 50));
          say("refused=" + (c.refused() == 1000 - given.size()) + " counted=" + c.mappings());
          guard.free(given.getFirst().address());
          say("one less, one more " + guard.tryAllocate(64).isPresent());
        }
      }
    }

    private static long mappingsWithin(long base, long bytes) throws Exception {
      try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
        return lines
            .mapToLong(line -> Long.parseUnsignedLong(line, 0, line.indexOf('-'), 16))
            .filter(start -> start >= base && start < base + bytes)
            .count();
      }
    }

    /** Another library's handler: a second copy of the code with an empty pool, which passes on. */
    private static void replaced() throws Exception {
      Armed guard = arm(Mode.STRICT);
      CountDownLatch told = new CountDownLatch(1);
      guard.onNotice(notice -> {
        say("notice " + notice);
        told.countDown();
      });
      MemorySegment block = dead(guard, 64);
      NativeCode code = NativeCode.load();
      NativeCode.Image other = code.map();
      long shared = Control.pages(code.size("lb_shared")).address();
      other.share(shared);
      long start = System.nanoTime();
      for (int signal : new int[] {7, 11}) {
        say("put in front " + NativeCalls.call(other.entry("lb_install"), shared, signal));
      }
      say("told " + told.await(10, TimeUnit.SECONDS));
      say("within a second " + (System.nanoTime() - start < 1_000_000_000));
      say("active " + guard.isActive() + " " + guard.tryAllocate(64).isEmpty());
      say("value " + block.get(JAVA_BYTE, 3) + " " + guard.text());
    }

    private static void closed() {
      Armed guard = arm(Mode.STRICT);
      MemorySegment block = dead(guard, 64);
      MemorySegment live = guard.tryAllocate(64).orElseThrow();
      guard.close();
      guard.close();
      say("value " + block.get(JAVA_BYTE, 3) + " installed " + pool(guard).isInstalled());
      live.set(JAVA_BYTE, 0, (byte) 1);
      say("freed " + guard.free(live.address()) + " value " + live.get(JAVA_BYTE, 0));
      try (Armed again = arm(Mode.RECOVER)) {
        say("again " + again.isActive());
      }
    }

    private static void uncaught() {
      Armed guard = arm(Mode.STRICT);
      MemorySegment good = guard.tryAllocate(64).orElseThrow();
      for (int i = 0; i < 20_000; i++) {
        sink = good.get(JAVA_LONG, 8);
      }
      MemorySegment block = dead(guard, 64);
      for (int i = 0; i < 20_000; i++) {
        sink = block.get(JAVA_LONG, 8);
      }
      say("not reached");
    }

    private static void observe() {
      try (Armed guard = arm(Mode.OBSERVE)) {
        say(guard.text() + " " + guard.tryAllocate(64).isEmpty() + " " + guard.isActive());
      }
    }

    /** A forked child gets no guarded blocks, and touches nothing of ours. */
    private static void forked() {
      try (Armed guard = arm(Mode.RECOVER)) {
        MemorySegment live = guard.tryAllocate(64).orElseThrow();
        Linker linker = Linker.nativeLinker();
        long fork = linker.defaultLookup().findOrThrow("fork").address();
        long exit = linker.defaultLookup().findOrThrow("_exit").address();
        long wait = linker.defaultLookup().findOrThrow("waitpid").address();
        MemorySegment status = Control.pages(8);
        NativeCalls.call(wait, -1, status.address(), 1, 0); // links the call before the fork
        int pid = (int) NativeCalls.call(fork, 0);
        if (pid == 0) {
          boolean refused = pool(guard).allocate(64, 16) == 0;
          boolean freed = pool(guard).free(live.address()) == 1;
          NativeCalls.call(exit, refused && freed ? 7 : 8);
        }
        NativeCalls.call(wait, pid, status.address(), 0, 0);
        say("child " + (status.get(JAVA_LONG, 0) >> 8 & 0xff));
        say(
            "still live "
                + !guard.isDead(live.address())
                + " "
                + guard.tryAllocate(64).isPresent());
      }
    }

    /** The system has no more address space to give, as under a limit of a container's. */
    private static void narrow() throws Exception {
      long limit = Linker.nativeLinker().defaultLookup().findOrThrow("setrlimit").address();
      String pages = Files.readString(Path.of("/proc/self/statm"));
      long used = Long.parseLong(pages.substring(0, pages.indexOf(' '))) * LibC.pageBytes();
      MemorySegment most = Control.pages(16);
      most.set(JAVA_LONG, 0, used + (600L << 20));
      most.set(JAVA_LONG, 8, used + (600L << 20));
      say("limited " + NativeCalls.call(limit, 9 /* RLIMIT_AS */, most.address()));
      try (Armed guard = arm(GuardOptions.of(Mode.RECOVER).slots(65_536).byteLimit(1L << 30))) {
        say("too much " + guard.text());
      } catch (GuardUnavailableException e) {
        say("refused " + e.getMessage());
      }
      try (Armed guard = arm(GuardOptions.of(Mode.RECOVER).slots(64))) {
        say("value " + dead(guard, 64).get(JAVA_BYTE, 9));
      }
    }

    private static void twice() {
      try (Armed guard = arm(Mode.RECOVER)) {
        say("first " + guard.isActive());
        var _ = arm(Mode.STRICT);
      }
    }
  }

  private static String run(String scenario, String flags) throws Exception {
    ChildJvm child = ChildJvm.run(Child.class, flags, scenario);
    assertThat(child.exit()).as(child.out()).isEqualTo(scenario.equals("uncaught") ? 1 : 0);
    return child.out();
  }

  private static String run(String scenario) throws Exception {
    return run(scenario, "");
  }

  @ParameterizedTest
  @CsvSource({"'', userfaultfd", "userfaultfd, remap", "'userfaultfd,memfd', protect"})
  void theFirstWayThatWorksIsTakenAndTheReasonsSaid(String denied, String pages) throws Exception {
    String out = run("armed", "-Dlifebound.guard.deny=" + denied);
    assertThat(out).contains("guard armed: mode=recover, pages=" + pages).contains("value 7");
    assertThat(out).contains("report USE_AFTER_FREE RECOVERED offset=9");
    for (String one : denied.isEmpty() ? new String[0] : denied.split(",", -1)) {
      assertThat(out).contains("lifebound.guard.deny=" + one);
    }
  }

  @Test
  void withoutAddressSpaceNothingIsArmedAndTheProgramRunsOn() throws Exception {
    assertThat(run("narrow"))
        .contains("limited 0")
        .contains("refused one way to make dead pages must work here")
        .contains("USERFAULTFD: ", "REMAP: ", "PROTECT: ", "mmap(")
        .contains("value 7")
        .doesNotContain("too much");
  }

  @Test
  void withoutExecutableMemoryNothingIsArmedAndTheReasonSaid() throws Exception {
    assertThat(run("armed", "-Dlifebound.guard.deny=exec"))
        .contains("unavailable one way to make dead pages must work here")
        .contains("executable memory must be allowed: lifebound.guard.deny=exec")
        .doesNotContain("value");
  }

  @Test
  void withoutNativeAccessNothingIsArmedAndTheReasonSaid() throws Exception {
    ChildJvm child = ChildJvm.run(Child.class, List.of("--illegal-native-access=deny"), "armed");
    assertThat(child.exit()).as(child.out()).isZero();
    assertThat(child.out()).contains("unavailable the guard must have native access");
  }

  @Test
  void onAnotherSystemNothingIsArmedAndTheReasonSaid() throws Exception {
    assertThat(run("armed", "-Dos.name=Plan9")).contains("unavailable the guard must run on Linux");
    assertThat(run("armed", "-Dos.arch=riscv64"))
        .contains("unavailable the guard must have machine code")
        .contains("known=x86-64 and aarch64");
  }

  @Test
  void theHandlerLivesBesideTheCheckOfJni() throws Exception {
    assertThat(run("armed", "-Xcheck:jni")).contains("value 7", "report USE_AFTER_FREE");
  }

  @Test
  void readsOfFreedBlocksOfAnySizeAreReportedWithTheirSites() throws Exception {
    String out = run("smallBlock");
    assertThat(out.lines().filter("value 7"::equals)).hasSize(4);
    assertThat(out.lines().filter("report USE_AFTER_FREE RECOVERED offset=3"::equals)).hasSize(4);
    assertThat(out).contains("allocated ").contains("freed ").contains("Child.dead");
  }

  @Test
  void anAddressIsNotReusedAtOnce() throws Exception {
    assertThat(run("addressReuse")).contains("reused false value 7", "report USE_AFTER_FREE");
  }

  @Test
  void blocksOfSeveralPagesComeBackPageByPageWithOneReport() throws Exception {
    String out = run("severalPages");
    assertThat(out).contains("values 77", "faults 2", "too long true");
    assertThat(out.lines().filter(l -> l.startsWith("report"))).hasSize(1);
  }

  @Test
  void secondFreesAreRefusedAndReported() throws Exception {
    String out = run("doubleFree");
    assertThat(out.lines().filter("taken true"::equals)).hasSize(3);
    assertThat(out.lines().filter("report DOUBLE_FREE REFUSED offset=0"::equals)).hasSize(3);
    assertThat(out).contains("inside true", "report INVALID_FREE REFUSED offset=16");
    assertThat(out).contains("elsewhere false");
  }

  @Test
  void writesAfterFreeAreReportedWhereTheyHappen() throws Exception {
    assertThat(run("writeAfterFree"))
        .contains("value 1", "report USE_AFTER_FREE RECOVERED offset=5");
  }

  @Test
  void accessesBeyondABlockAreReported() throws Exception {
    assertThat(run("overflow"))
        .contains("report OVERFLOW RECOVERED offset=64", "report UNDERFLOW RECOVERED offset=-8");
    assertThat(run("slack")).contains("report SLACK_WRITTEN NOTED offset=61");
  }

  @Test
  void quarantineFindsWritesAndSecondFrees() throws Exception {
    assertThat(run("quarantine"))
        .contains("put 1", "again 2", "held true", "flushed 0")
        .contains("report DOUBLE_FREE REFUSED", "report WRITE_AFTER_FREE NOTED offset=20");
  }

  @Test
  void atALimitItGuardsLess() throws Exception {
    assertThat(run("budget").lines().filter(l -> l.contains("given=true within=true refused=1")))
        .hasSize(3);
  }

  @Test
  void itTakesAQuarterOfTheMappingsThatTheSystemAllows() throws Exception {
    String said = run("quarter");
    assertThat(said.lines().filter(l -> l.contains("limit=8388608 bytes and 50 mappings")))
        .hasSize(2);
    assertThat(said)
        .contains("REMAP given=true mappings=true", "PROTECT given=true mappings=true")
        .doesNotContain("false");
  }

  @Test
  void itStandsDownWhenAnotherHandlerGoesInFront() throws Exception {
    assertThat(run("replaced"))
        .contains("put in front 0", "told true", "within a second true", "active false true")
        .contains("notice stands down: another library has replaced the handler")
        .contains("value 7 ", "stood down: another library");
  }

  @Test
  void afterCloseNothingFaults() throws Exception {
    assertThat(run("closed"))
        .contains("value 7 installed false", "freed true value 1", "again true");
  }

  @Test
  void anUncaughtErrorIsExplained() throws Exception {
    assertThat(run("uncaught", "-Xbatch"))
        .contains("Exception in thread \"main\" " + UseAfterFreeException.class.getName())
        .contains("Caused by: java.lang.InternalError")
        .doesNotContain("not reached");
  }

  @Test
  void inObserveModeNoPageDies() throws Exception {
    assertThat(run("observe")).contains("guard armed: mode=observe, no page dies true false");
  }

  @Test
  void aForkedChildGetsNoGuardedBlocks() throws Exception {
    assertThat(run("forked")).contains("child 7", "still live true true");
  }

  @Test
  void thereIsOneGuardInAProcess() throws Exception {
    assertThat(run("twice")).contains("first true", "unavailable a process must have one guard");
  }
}
