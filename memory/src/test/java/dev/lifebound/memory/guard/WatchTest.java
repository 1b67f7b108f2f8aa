package dev.lifebound.memory.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.Deallocator;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerSettings;
import dev.lifebound.memory.os.LibC;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frees of adopted blocks by a real C library: seen, kept back, refused. */
@SuppressWarnings("restricted") // calling C is what this tests
class WatchTest {
  @TempDir(cleanup = CleanupMode.NEVER)
  static Path folder;

  private static TestLibrary victim;

  private final ConcurrentLinkedQueue<WatchReport> reports = new ConcurrentLinkedQueue<>();
  private final AtomicInteger deallocations = new AtomicInteger();
  private final Deallocator deallocator = _ -> deallocations.incrementAndGet();
  private Registry registry;
  private Watch watch;

  @BeforeAll
  static void compile() throws Exception {
    victim = TestLibrary.load(TestLibrary.compile(folder, "victim.c", "libvictim-watch.so"));
  }

  @BeforeEach
  void start() {
    registry = Registry.create();
    watch = Watch.builder().library("libvictim-watch.so").onReport(reports::add).start();
  }

  @AfterEach
  void stop() {
    watch.close();
    assertThat(watch.slots()).isZero();
    registry.close();
    WatchCore.get().table().checkInvariants();
  }

  private MemorySegment block(long address, long bytes) {
    // SAFETY: the victim has just allocated it with this size.
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  private long adopt(long bytes) {
    return registry.adopt(block(victim.call("victim_malloc", bytes), bytes), deallocator, "test");
  }

  private long address(long handle) {
    try (Lease lease = registry.lease(handle)) {
      return lease.segment().address();
    }
  }

  private List<WatchReport.Kind> kinds() {
    watch.drain();
    return reports.stream().map(WatchReport::kind).toList();
  }

  @Test
  void aFreeByCMakesTheHandleStale() {
    long handle = adopt(48);
    victim.call("victim_free", address(handle));
    assertThatThrownBy(() -> registry.lease(handle))
        .isInstanceOf(StaleHandleException.class)
        .hasMessageContaining("freed by C");
    assertThat(kinds()).containsExactly(WatchReport.Kind.FREED_BY_C);
    registry.release(handle);
    assertThat(registry.blocks()).isZero();
    assertThat(deallocations).hasValue(0);
  }

  @Test
  void theReportNamesBlockCallerAndThread() {
    long handle = adopt(48);
    long address = address(handle);
    victim.call("victim_free", address);
    watch.drain();
    assertThat(reports).hasSize(1);
    assertThat(reports.peek().text())
        .contains("block=#", "tag=test", Long.toHexString(address))
        .contains("libvictim-watch.so(victim_free+0x");
  }

  @Test
  void aBlockThatCFreesLeavesEveryBoundMap() throws InterruptedException {
    BoundMap<String> first = BoundMap.over(registry, new ConcurrentHashMap<>());
    BoundMap<String> second = BoundMap.over(registry, new ConcurrentHashMap<>());
    long handle = adopt(64);
    long other = adopt(64);
    first.put("a", handle);
    second.put("b", handle);
    second.put("c", other);
    victim.call("victim_free", address(handle));
    watch.drain();
    assertThat(first).isEmpty();
    assertThat(second).containsOnlyKeys("c");
    victim.call("victim_free", address(other));
    // The watch's own thread does it too, without being asked.
    while (!second.isEmpty()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aFreeWaitsForTheLastLease() {
    long handle = adopt(4000);
    long address = address(handle);
    long returned = returned();
    try (Lease lease = registry.lease(handle)) {
      lease.setLong(2000, 42);
      victim.call("victim_free", address);
      watch.drain();
      for (int i = 0; i < 100; i++) {
        assertThat(victim.call("victim_malloc", 4000)).isNotEqualTo(address);
      }
      assertThat(lease.getLong(2000)).isEqualTo(42);
      assertThatThrownBy(() -> registry.lease(handle)).isInstanceOf(StaleHandleException.class);
      assertThat(returned()).isEqualTo(returned);
    }
    assertThat(kinds()).containsExactly(WatchReport.Kind.FREED_WHILE_LEASED);
    assertThat(returned()).isEqualTo(returned + 1);
  }

  /** How many blocks were given back to C, those in quarantine included. */
  private long returned() {
    watch.drain();
    WatchCore.get().table().flush();
    return WatchCore.get().table().returned();
  }

  @Test
  void aReadSectionIsWaitedFor() {
    long handle = adopt(3000);
    long returned = returned();
    try (var _ = registry.read()) {
      victim.call("victim_free", address(handle));
      assertThat(returned()).isEqualTo(returned);
      assertThat(registry.isLive(handle)).isFalse();
    }
    // The watch's thread may be just giving the lease back.
    while (returned() == returned) {
      Thread.onSpinWait();
    }
    assertThat(returned()).isEqualTo(returned + 1);
  }

  @Test
  void aSecondFreeIsRefused() {
    long handle = adopt(48);
    long address = address(handle);
    victim.call("victim_free", address);
    victim.call("victim_free", address);
    watch.drain();
    victim.call("victim_free", address);
    assertThat(kinds())
        .containsExactly(
            WatchReport.Kind.FREED_BY_C,
            WatchReport.Kind.SECOND_FREE,
            WatchReport.Kind.SECOND_FREE);
    assertThat(WatchReport.Kind.SECOND_FREE.isDefect()).isTrue();
  }

  @Test
  void theLedgerTellsWhoFreedAndWhoFreedAgain() throws Exception {
    Path file = folder.resolve("watch.ledger");
    long handle;
    long address;
    try (Ledger _ = Ledger.create(file, LedgerSettings.defaults()).install()) {
      handle = adopt(48);
      address = address(handle);
      victim.call("victim_free", address);
      victim.call("victim_free", address);
      watch.drain();
    }
    List<LedgerEvent> frees =
        LedgerFile.read(file).events().stream()
            .filter(event -> event.nativeThread() && event.type() != EventType.THREAD)
            .toList();
    assertThat(frees)
        .extracting(LedgerEvent::type)
        .containsExactly(EventType.FREE_BY_C, EventType.DOUBLE_FREE);
    assertThat(frees)
        .allSatisfy(event -> {
          assertThat(event.block()).isEqualTo(handle);
          assertThat(event.address()).isEqualTo(address);
          assertThat(event.name()).isEqualTo("libvictim-watch.so");
          assertThat(event.pc()).isNotZero();
          assertThat(event.thread()).isEqualTo(LibC.threadId());
          assertThat(event.threadName()).isNotBlank();
        });
    assertThat(frees.getFirst().size()).isEqualTo(48);
  }

  @Test
  void aSecondFreeWhileLeasedIsRefused() {
    long handle = adopt(48);
    long address = address(handle);
    try (Lease _ = registry.lease(handle)) {
      victim.call("victim_free", address);
      victim.call("victim_free", address);
    }
    assertThat(kinds())
        .containsExactly(WatchReport.Kind.FREED_WHILE_LEASED, WatchReport.Kind.SECOND_FREE);
  }

  @Test
  void aFreeOfWhatJavaHasReleasedIsRefused() {
    long handle = adopt(48);
    long address = address(handle);
    try (Lease _ = registry.lease(handle)) {
      registry.release(handle);
      victim.call("victim_free", address);
      assertThat(deallocations).hasValue(0);
    }
    assertThat(deallocations).hasValue(1);
    assertThat(kinds()).containsExactly(WatchReport.Kind.FREE_AFTER_RELEASE);
  }

  @Test
  void aDeallocatorInTheLibraryFreesAsBefore() {
    ConcurrentLinkedQueue<Long> freed = new ConcurrentLinkedQueue<>();
    try (Watch ring =
        Watch.builder()
            .library("libvictim-watch.so")
            .everyFree((address, _, _) -> freed.add(address))
            .start()) {
      long refused = ring.refusedFrees();
      long hits = ring.adoptedFrees();
      long address = victim.call("victim_malloc", 72);
      registry.release(
          registry.adopt(block(address, 72), b -> victim.call("victim_free", b.address()), "test"));
      ring.drain();
      assertThat(freed).contains(address);
      assertThat(ring.refusedFrees()).isEqualTo(refused);
      assertThat(ring.adoptedFrees()).isEqualTo(hits);
    }
    assertThat(kinds()).isEmpty();
  }

  @Test
  void blocksAdoptedBeforeTheWatchAreKnown() {
    watch.close();
    long handle = adopt(48);
    watch = Watch.builder().library("libvictim-watch.so").onReport(reports::add).start();
    victim.call("victim_free", address(handle));
    assertThat(registry.isLive(handle)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {16, 4000, 200_000})
  void reallocMovesAnAdoptedBlock(long bytes) {
    long handle = adopt(48);
    long address = address(handle);
    block(address, 48).set(ValueLayout.JAVA_LONG, 8, 77);
    long moved = victim.call("victim_realloc", address, bytes);
    assertThat(moved).isNotZero().isNotEqualTo(address);
    assertThat(block(moved, 16).get(ValueLayout.JAVA_LONG, 8)).isEqualTo(77);
    assertThat(registry.isLive(handle)).isFalse();
    assertThat(kinds()).containsExactly(WatchReport.Kind.FREED_BY_C);
    victim.call("victim_free", moved);
  }

  @Test
  void reallocOfALeasedBlockKeepsIt() {
    long handle = adopt(48);
    try (Lease lease = registry.lease(handle)) {
      lease.setLong(0, 5);
      long moved = victim.call("victim_reallocarray", lease.segment().address(), 100, 48);
      watch.drain();
      lease.setLong(0, 6);
      assertThat(block(moved, 8).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(5);
      assertThat(lease.getLong(0)).isEqualTo(6);
    }
    assertThat(kinds()).containsExactly(WatchReport.Kind.FREED_WHILE_LEASED);
  }

  @Test
  void aReallocThatFailsLeavesTheBlock() {
    long handle = adopt(48);
    assertThat(victim.call("victim_realloc", address(handle), Long.MAX_VALUE)).isZero();
    assertThat(victim.call("victim_reallocarray", address(handle), Long.MAX_VALUE, 8)).isZero();
    assertThat(registry.isLive(handle)).isTrue();
    assertThat(kinds()).isEmpty();
  }

  @Test
  void aFreeInATlsDestructorASignalHandlerOrByATableIsSeen() {
    List<Long> handles = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      handles.add(adopt(48));
    }
    victim.call("victim_free_in_tls_destructor", address(handles.get(0)), 0);
    victim.call("victim_free_in_tls_destructor", address(handles.get(1)), 1);
    victim.call("victim_free_in_signal_handler", address(handles.get(2)));
    victim.call("victim_free_by_table", address(handles.get(3)));
    assertThat(handles).noneMatch(registry::isLive);
    assertThat(kinds()).hasSize(4).containsOnly(WatchReport.Kind.FREED_BY_C);
  }

  @Test
  void aFreeInACriticalDowncallIsSeen() {
    var free = victim.function("victim_free", 1, Linker.Option.critical(false));
    for (int i = 0; i < 20_000; i++) {
      long handle = adopt(48);
      TestLibrary.invoke(free, address(handle));
      assertThat(registry.isLive(handle)).isFalse();
      registry.release(handle);
    }
    watch.drain();
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void everyFreeOnEightNativeThreadsIsSeenAndNoneIsAttached() {
    int count = 40_000;
    long hits = watch.adoptedFrees();
    List<Long> handles = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment blocks = arena.allocate(ValueLayout.JAVA_LONG, count);
      for (int i = 0; i < count; i++) {
        handles.add(adopt(40));
        blocks.setAtIndex(ValueLayout.JAVA_LONG, i, address(handles.get(i)));
      }
      Set<Thread> before = new HashSet<>(Thread.getAllStackTraces().keySet());
      AtomicLong strangers = new AtomicLong();
      Thread observer =
          Thread.ofPlatform()
              .start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                  for (Thread thread : Thread.getAllStackTraces().keySet()) {
                    if (!before.contains(thread) && thread != Thread.currentThread()) {
                      strangers.incrementAndGet();
                    }
                  }
                }
              });
      victim.call("victim_free_on_threads", blocks.address(), count, 8);
      observer.interrupt();
      assertThat(strangers).hasValue(0);
    }
    assertThat(handles).noneMatch(registry::isLive);
    assertThat(watch.adoptedFrees() - hits).isEqualTo(count);
    handles.forEach(registry::release);
    // More frees than the ring has lines: what found no place is found in the table.
    while (registry.blocks() != 0) {
      watch.drain();
    }
  }

  @Test
  void theRingOfEveryFreeCountsAll() {
    AtomicLong told = new AtomicLong();
    try (Watch ring =
        Watch.builder()
            .library("libvictim-watch.so")
            .everyFree((_, _, _) -> told.incrementAndGet())
            .start()) {
      long before = ring.everyFree();
      ring.drain();
      long lost = ring.lostFrees();
      long toldBefore = told.get();
      victim.call("victim_churn", 100_000, 64);
      assertThat(ring.everyFree() - before).isGreaterThanOrEqualTo(100_000);
      while (told.get() - toldBefore + ring.lostFrees() - lost < 100_000) {
        ring.drain();
      }
    }
  }

  @Test
  void undoRestoresEverySlotAndTheLibraryGoesOn() {
    assertThat(watch.slots()).isPositive();
    assertThat(watch.libraries()).containsExactly("libvictim-watch.so");
    watch.close();
    assertThat(watch.slots()).isZero();
    long handle = adopt(48);
    long address = address(handle);
    victim.call("victim_free", address);
    assertThat(registry.isLive(handle)).isTrue();
    registry.markFreedByC(handle);
    registry.release(handle);
    assertThat(kinds()).isEmpty();
  }

  @Test
  void aSecondWatchOfTheSameLibraryKeepsItsSlots() {
    Watch second = Watch.builder().library("libvictim*").onReport(_ -> {}).start();
    int slots = watch.slots();
    watch.close();
    assertThat(second.slots()).isEqualTo(slots);
    long handle = adopt(48);
    victim.call("victim_free", address(handle));
    assertThat(registry.isLive(handle)).isFalse();
    second.close();
    assertThat(second.slots()).isZero();
  }

  @Test
  void aLibraryLoadedLaterIsFoundAndOneThatIsUnloadedStays() throws Exception {
    try (Watch later =
        Watch.builder()
            .library("libvictim-later.so")
            .loadedLater()
            .onReport(reports::add)
            .start()) {
      assertThat(later.text()).contains("no loaded library matches yet");
      Path path = TestLibrary.compile(folder, "victim.c", "libvictim-later.so");
      long address;
      long handle;
      try (Arena arena = Arena.ofConfined()) {
        TestLibrary library = TestLibrary.of(SymbolLookup.libraryLookup(path, arena));
        while (!later.libraries().contains("libvictim-later.so")) {
          Thread.onSpinWait();
        }
        address = library.call("victim_malloc", 48);
        handle = registry.adopt(block(address, 48), deallocator, "test");
        library.call("victim_free", address);
        assertThat(registry.isLive(handle)).isFalse();
      }
      // dlclose has come; the library is pinned, and its slots can still be restored.
      TestLibrary again = TestLibrary.load(path);
      address = again.call("victim_malloc", 48);
      handle = registry.adopt(block(address, 48), deallocator, "test");
      again.call("victim_free", address);
      assertThat(registry.isLive(handle)).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Wl,-z,lazy",
        "-Wl,-z,now -Wl,-z,relro",
        "-Wl,-z,norelro",
        "-fno-plt -Wl,-z,now",
        "-Wl,-z,lazy -Wl,-z,relro -Wl,--hash-style=sysv"
      })
  void everyKindOfLinkingIsPatched(String flags) throws Exception {
    String name = "libvictim-linked" + Integer.toHexString(flags.hashCode()) + ".so";
    TestLibrary linked =
        TestLibrary.load(TestLibrary.compile(folder, "victim.c", name, flags.split(" ", -1)));
    try (Watch one = Watch.builder().library(name).onReport(reports::add).start()) {
      assertThat(one.libraries()).contains(name);
      for (int i = 0; i < 3; i++) {
        long address = linked.call("victim_malloc", 48);
        long handle = registry.adopt(block(address, 48), deallocator, "test");
        linked.call("victim_free", address);
        assertThat(registry.isLive(handle)).isFalse();
        address = linked.call("victim_malloc", 48);
        handle = registry.adopt(block(address, 48), deallocator, "test");
        linked.call("victim_realloc", address, 400);
        assertThat(registry.isLive(handle)).isFalse();
      }
    }
    linked.call("victim_churn", 100, 48);
  }

  @Test
  void everyFormOfDeleteIsSeen() throws Exception {
    TestLibrary cpp =
        TestLibrary.load(TestLibrary.compile(folder, "victim_cpp.cpp", "libvictim-cpp.so"));
    int[] allocator = {0, 1, 0, 1, 2, 3, 4, 5, 4, 5, 6, 7};
    try (Watch _ = Watch.builder().library("libvictim-cpp.so").onReport(_ -> {}).start()) {
      for (int form = 0; form < allocator.length; form++) {
        long address = cpp.call("victim_new", allocator[form], 100);
        long handle = registry.adopt(block(address, 100), deallocator, "test");
        cpp.call("victim_delete", form, address, 100);
        assertThat(registry.isLive(handle)).as("delete form %d", form).isFalse();
        cpp.call("victim_delete", form, address, 100);
      }
      assertThat(kinds()).hasSize(24);
    }
    assertThat(reports.stream().filter(r -> r.kind().isDefect())).hasSize(12);
  }

  @Test
  void badInputIsOneLine() throws Exception {
    assertThatThrownBy(() -> Watch.library("libnowhere*.so"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(
            "a loaded library must match the pattern: pattern=libnowhere\\*.so, .*");
    assertThatThrownBy(() -> Watch.library(" "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must name a library");
    Path path = TestLibrary.compile(folder, "victim_slotless.c", "libvictim-slotless.so");
    TestLibrary.load(path);
    assertThatThrownBy(() -> Watch.library("libvictim-slotless.so"))
        .isInstanceOf(GuardUnavailableException.class)
        .hasMessageContaining("libvictim-slotless.so, slots=0")
        .hasMessageNotContaining("\n");
  }
}
