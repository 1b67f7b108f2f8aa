package dev.lifebound.memory.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {
  private static final LedgerName TAG = LedgerName.of("session");
  private static final LedgerName MAP = LedgerName.of("Cache.sessions");
  private static final LedgerSettings SMALL = LedgerSettings.defaults().withSize(4, 16);

  @TempDir private Path folder;

  @Test
  void everyEventComesBackAsItWasReported() throws Exception {
    UUID uuid = new UUID(1, 2);
    Path file = folder.resolve("ledger");
    Instant before = Instant.now();
    try (Ledger ledger = Ledger.create(file, SMALL)) {
      ledger.allocate(0x10, 0x7000, 64, TAG);
      ledger.adopt(0x11, 0x8000, 128, TAG);
      ledger.bind(0x10, 0x7000, MAP, 103);
      ledger.bind(0x10, 0x7000, MAP, "anna");
      ledger.bind(0x10, 0x7000, MAP, uuid);
      ledger.unbind(0x10, 0x7000, MAP, List.of(1));
      ledger.free(0x10, 0x7000, 64, TAG);
      ledger.freeByC(0x11, 0x8000, 128, TAG);
      ledger.staleUse(0x10, 0x7000, LedgerName.of("lease"));
      ledger.doubleFree(0x10, 0x7000, LedgerName.of("release"));
      ledger.leaseAnomaly(0x10, 0x7000, LedgerName.of("closed twice"));
      ledger.leak(0x12, 3, 300, TAG, List.of());
      ledger.note(LedgerName.of("armed: nothing"));
      ledger.checkInvariants();
    }
    LedgerFile read = LedgerFile.read(file);
    assertThat(read.notices()).isEmpty();
    assertThat(read.isLive()).isFalse();
    assertThat(read.events().stream().map(LedgerTest::text))
        .containsExactly(
            "thread block=0 address=0 size=0 blocks=0 name=" + thread() + " key=null",
            "allocate block=16 address=28672 size=64 blocks=0 name=session key=null",
            "adopt block=17 address=32768 size=128 blocks=0 name=session key=null",
            "bind block=16 address=28672 size=0 blocks=0 name=Cache.sessions key=103",
            "bind block=16 address=28672 size=0 blocks=0 name=Cache.sessions key=anna",
            "bind block=16 address=28672 size=0 blocks=0 name=Cache.sessions key=" + uuid,
            "unbind block=16 address=28672 size=0 blocks=0 name=Cache.sessions key=hash 0x00000020",
            "free block=16 address=28672 size=64 blocks=0 name=session key=null",
            "free-by-c block=17 address=32768 size=128 blocks=0 name=session key=null",
            "stale-use block=16 address=28672 size=0 blocks=0 name=lease key=null",
            "double-free block=16 address=28672 size=0 blocks=0 name=release key=null",
            "lease-anomaly block=16 address=28672 size=0 blocks=0 name=closed twice key=null",
            "leak block=18 address=0 size=300 blocks=3 name=session key=null",
            "note block=0 address=0 size=0 blocks=0 name=armed: nothing key=null");
    assertThat(read.events())
        .allSatisfy(event -> {
          assertThat(event.thread()).isEqualTo(Thread.currentThread().threadId());
          assertThat(event.threadName()).isEqualTo(thread());
          assertThat(event.nativeThread()).isFalse();
          assertThat(event.time()).isBetween(before.minusMillis(50), Instant.now().plusMillis(50));
        });
    LedgerHeader header = read.header();
    assertThat(header.pid()).isEqualTo(ProcessHandle.current().pid());
    assertThat(header.version()).isEqualTo("1.1");
    assertThat(header.jvm()).contains(System.getProperty("java.vm.version"));
    assertThat(header.closed()).isNotNull();
    assertThat(header.jvmStarted()).isBeforeOrEqualTo(header.opened());
  }

  private static String thread() {
    return Thread.currentThread().getName();
  }

  private static String text(LedgerEvent event) {
    return event.typeText()
        + " block="
        + event.block()
        + " address="
        + event.address()
        + " size="
        + event.size()
        + " blocks="
        + event.blocks()
        + " name="
        + event.name()
        + " key="
        + event.key();
  }

  @Test
  void theFileIsForItsOwnerAndTheLastOneIsKept() throws Exception {
    Path file = folder.resolve("ledger");
    for (int i = 1; i <= 3; i++) {
      try (Ledger ledger = Ledger.create(file, SMALL)) {
        ledger.allocate(i, 0, 0, TAG);
      }
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(blocks(file)).containsExactly(3L);
    assertThat(blocks(folder.resolve("ledger.previous"))).containsExactly(2L);
  }

  /** The system takes a lock away when its process closes any descriptor of the file. */
  @Test
  void whoReadsItsOwnLedgerKeepsItsLock() throws Exception {
    Path file = folder.resolve("ledger");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    try (Ledger ledger = Ledger.create(file, SMALL)) {
      ledger.allocate(1, 0, 0, TAG);
      assertThat(isLockedByUs(file)).isTrue();
      assertThat(blocks(file)).containsExactly(1L);
      assertThat(LedgerFile.read(link).isLive()).isTrue();
      assertThatThrownBy(() -> Ledger.create(file, SMALL))
          .hasMessageContaining("must belong to one process");
      assertThat(isLockedByUs(file)).isTrue();
    }
    assertThat(isLockedByUs(file)).isFalse();
    assertThat(LedgerFile.read(file).isLive()).isFalse();
  }

  /** {@code 1: POSIX ADVISORY WRITE pid major:minor:inode start end}. */
  private static boolean isLockedByUs(Path file) throws IOException {
    String lock =
        "POSIX +ADVISORY +WRITE "
            + ProcessHandle.current().pid()
            + " \\S+:"
            + Files.getAttribute(file, "unix:ino")
            + " .*";
    return Files.readAllLines(Path.of("/proc/locks")).stream()
        .anyMatch(line -> line.matches("\\d+: " + lock));
  }

  private static List<Long> blocks(Path file) throws LedgerException {
    return LedgerFile.read(file).events().stream()
        .filter(event -> event.type() == EventType.ALLOCATE)
        .map(LedgerEvent::block)
        .toList();
  }

  @Test
  void theProcessNumberMayBePartOfTheName() throws Exception {
    try (Ledger ledger = Ledger.create(folder.resolve("led-%p.led"), SMALL)) {
      assertThat(ledger.path())
          .isEqualTo(folder.resolve("led-" + ProcessHandle.current().pid() + ".led"))
          .exists();
    }
  }

  @Test
  void aLedgerIsNeverPutOverWhatIsNone() throws Exception {
    Path target = Files.createFile(folder.resolve("target"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), target);
    for (Path place : List.of(folder, link, folder.resolve("none/ledger"), Path.of("/"))) {
      assertThatThrownBy(() -> Ledger.create(place, SMALL))
          .isInstanceOf(LedgerException.class)
          .hasMessageMatching("a ledger must .*: file=.*; .*|the ledger must .*: file=.*; .*");
    }
    assertThat(Files.size(target)).isZero();
    assertThat(link).isSymbolicLink();
  }

  /** A mistyped name, twice: the second time it would have gone for good. */
  @Test
  void aFileOfAnotherKindIsLeftWhereItIs() throws Exception {
    Path file = Files.writeString(folder.resolve("Main.java"), "class Main {}");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> Ledger.create(file, SMALL))
          .isInstanceOf(LedgerException.class)
          .hasMessageMatching("a ledger must not replace another kind of file: file=.*; .*");
    }
    assertThat(file).hasContent("class Main {}");
    assertThat(folder.resolve("Main.java.previous")).doesNotExist();

    Path ledger = folder.resolve("app.ledger");
    Path kept = Files.writeString(folder.resolve("app.ledger.previous"), "my notes");
    Ledger.create(ledger, SMALL).close();
    assertThatThrownBy(() -> Ledger.create(ledger, SMALL)).hasMessageContaining(".previous");
    assertThat(kept).hasContent("my notes");
    assertThat(blocks(ledger)).isEmpty();
  }

  /** Its process died while it was created. */
  @Test
  void anUnfinishedLedgerGivesWay() throws Exception {
    Path file = Files.write(folder.resolve("ledger"), new byte[10_000]);
    Ledger.create(file, SMALL).close();
    Files.write(folder.resolve("empty"), new byte[0]);
    Ledger.create(folder.resolve("empty"), SMALL).close();
    assertThat(Files.size(folder.resolve("ledger.previous"))).isEqualTo(10_000);
  }

  @Test
  void anOpenLedgerIsNotSetAside() throws Exception {
    Path file = folder.resolve("ledger");
    try (Ledger ledger = Ledger.create(file, SMALL)) {
      ledger.allocate(1, 2, 3, TAG);
      assertThatThrownBy(() -> Ledger.create(file, SMALL))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("locked=true")
          .hasMessageContaining("%p");
      assertThat(blocks(file)).containsExactly(1L);
      assertThat(LedgerFile.read(file).isLive()).isTrue();
    }
    assertThat(LedgerFile.read(file).isLive()).isFalse();
  }

  @Test
  void withoutAFileEventsAreDroppedAndCounted() {
    try (Ledger ledger = Ledger.createOrDrop(folder.resolve("none/ledger"), SMALL)) {
      assertThat(ledger.problem()).contains("NoSuchFileException", "; name another file");
      assertThat(ledger.path()).isNull();
      for (int i = 0; i < 5; i++) {
        ledger.allocate(i, i, i, TAG);
        ledger.staleUse(i, i, TAG);
      }
      assertThat(ledger.dropped()).isEqualTo(10);
      assertThat(ledger.nativeStripes()).isNull();
      assertThat(ledger.faultStripe()).isNull();
      ledger.checkInvariants();
    }
  }

  @Test
  void eventsAfterTheCloseAreDroppedAndCounted() throws Exception {
    Path file = folder.resolve("ledger");
    Ledger ledger = Ledger.create(file, SMALL);
    ledger.allocate(1, 1, 1, TAG);
    ledger.close();
    ledger.close();
    ledger.allocate(2, 2, 2, TAG);
    ledger.doubleFree(3, 3, TAG);
    assertThat(ledger.dropped()).isEqualTo(2);
    assertThat(blocks(file)).containsExactly(1L);
  }

  @Test
  void aRingKeepsItsNewestEvents() throws Exception {
    Path file = folder.resolve("ledger");
    try (Ledger ledger = Ledger.create(file, SMALL)) {
      for (int i = 1; i <= 100; i++) {
        ledger.allocate(i, i, i, TAG);
      }
      assertThat(blocks(file)).containsExactlyElementsOf(range(85, 100));
    }
    assertThat(LedgerFile.read(file).missing()).isZero();
  }

  private static List<Long> range(int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(i -> (long) i).toList();
  }

  @Test
  void anIncidentOutlivesTheEventsThatFollowIt() throws Exception {
    Path file = folder.resolve("ledger");
    try (Ledger ledger = Ledger.create(file, SMALL)) {
      ledger.staleUse(7, 7, TAG);
      assertThat(incidents(file)).as("shown once while it is there twice").isEqualTo(1);
      for (int i = 1; i <= 100; i++) {
        ledger.allocate(i, i, i, TAG);
      }
      assertThat(incidents(file)).isEqualTo(1);
    }
  }

  private static long incidents(Path file) throws LedgerException {
    return LedgerFile.read(file).events().stream()
        .filter(event -> event.type().isIncident())
        .count();
  }

  @Test
  void aDeadThreadsNewestEventsStayAndTheLongestDeadGivesWay() throws Exception {
    Path file = folder.resolve("ledger");
    LedgerSettings two = SMALL.withSize(2, 16);
    try (Ledger ledger = Ledger.create(file, two)) {
      inThread("first", () -> allocate(ledger, 100, 15));
      inThread("second", () -> allocate(ledger, 200, 15));
      // Takes over the stripe of the first: its own start and event cost the two oldest.
      inThread("third", () -> allocate(ledger, 300, 1));
      assertThat(blocks(file))
          .containsExactlyElementsOf(
              List.of(range(101, 114), range(200, 214), List.of(300L)).stream()
                  .flatMap(List::stream)
                  .toList());
      // Now the second is dead for longer than the third.
      inThread("fourth", () -> allocate(ledger, 400, 1));
      assertThat(blocks(file)).contains(300L, 400L, 114L, 201L).doesNotContain(200L);
      assertThat(
              LedgerFile.read(file).events().stream()
                  .filter(event -> event.block() == 114 || event.block() == 300)
                  .map(LedgerEvent::threadName))
          .as("the first's name went with its first event")
          .containsExactly(null, "third");
      ledger.checkInvariants();
    }
  }

  private static void allocate(Ledger ledger, int first, int count) {
    for (int i = 0; i < count; i++) {
      ledger.allocate(first + i, 0, 0, TAG);
    }
  }

  private static void inThread(String name, Runnable work) throws InterruptedException {
    Thread.ofPlatform().name(name).start(work).join();
  }

  @Test
  void threadsBeyondTheStripesShareAndNothingIsDropped() throws Exception {
    Path file = folder.resolve("ledger");
    int threads = 12;
    CountDownLatch written = new CountDownLatch(threads);
    CountDownLatch end = new CountDownLatch(1);
    try (Ledger ledger = Ledger.create(file, SMALL.withSize(2, 1_024))) {
      List<Thread> started =
          IntStream.range(0, threads)
              .mapToObj(i ->
                  Thread.ofPlatform()
                      .start(() -> {
                        allocate(ledger, 1_000 * i, 100);
                        written.countDown();
                        awaitQuietly(end);
                      }))
              .toList();
      written.await();
      assertThat(blocks(file)).hasSize(100 * threads).doesNotHaveDuplicates();
      end.countDown();
      for (Thread thread : started) {
        thread.join();
      }
      assertThat(ledger.dropped()).isZero();
      ledger.checkInvariants();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void virtualThreadsTakeNoStripeAway() throws Exception {
    Path file = folder.resolve("ledger");
    try (Ledger ledger = Ledger.create(file, SMALL.withSize(2, 1_024))) {
      List<Thread> threads =
          IntStream.range(0, 200)
              .mapToObj(i -> Thread.ofVirtual().start(() -> allocate(ledger, 1_000 * i, 10)))
              .toList();
      for (Thread thread : threads) {
        thread.join();
      }
      inThread("platform", () -> allocate(ledger, 999_999, 1));
      LedgerFile read = LedgerFile.read(file);
      assertThat(blocks(file)).hasSize(2_001).doesNotHaveDuplicates();
      assertThat(ledger.dropped()).isZero();
      assertThat(read.missing() + read.damaged() + read.unfinished()).isZero();
      assertThat(
              read.events().stream()
                  .filter(event -> event.type() == EventType.THREAD)
                  .map(LedgerEvent::threadName))
          .containsExactly("platform");
    }
  }

  @Test
  void aChosenBlockHasAStackThatBeginsInTheProgram() throws Exception {
    Path file = folder.resolve("ledger");
    try (Ledger ledger = Ledger.create(file, SMALL.withStacks(1, 3))) {
      for (int i = 0; i < 3; i++) {
        allocateHere(ledger);
      }
      ledger.staleUse(5, 5, TAG);
      ledger.checkInvariants();
    }
    List<LedgerEvent> events =
        LedgerFile.read(file).events().stream()
            .filter(event -> event.type() == EventType.ALLOCATE)
            .toList();
    assertThat(events)
        .hasSize(3)
        .allSatisfy(event -> {
          assertThat(event.stack()).hasSize(3);
          assertThat(event.stack().get(0))
              .matches(
                  "dev\\.lifebound\\.memory\\.ledger\\.LedgerTest\\.allocateHere"
                      + "\\(LedgerTest\\.java:\\d+\\)");
          assertThat(event.stack().get(1)).contains("aChosenBlockHasAStack");
        });
  }

  @Test
  void aLeakHasTheStackThatIsHandedIn() throws Exception {
    Path file = folder.resolve("ledger");
    StackTraceElement frame = new StackTraceElement("p.C", "m", "C.java", 5);
    StackTraceElement unknown = new StackTraceElement("p.C", "n", null, -1);
    try (Ledger ledger = Ledger.create(file, SMALL)) {
      ledger.leak(1, 1, 1, TAG, List.of(frame, unknown));
      ledger.leak(2, 1, 1, TAG, List.of(frame, unknown));
      ledger.checkInvariants();
    }
    assertThat(LedgerFile.read(file).events().stream().filter(e -> e.type() == EventType.LEAK))
        .hasSize(2)
        .allSatisfy(event ->
            assertThat(event.stack()).containsExactly("p.C.m(C.java:5)", "p.C.n(Unknown Source)"));
  }

  private static void allocateHere(Ledger ledger) {
    ledger.allocate(5, 5, 5, TAG);
  }

  @Test
  void oneBlockInSoManyIsChosenWithAllItsEvents() throws Exception {
    Path file = folder.resolve("ledger");
    int blocks = 20_000;
    try (Ledger ledger = Ledger.create(file, SMALL.withSize(2, 1 << 16).withStacks(64, 4))) {
      for (int i = 0; i < blocks; i++) {
        ledger.allocate(0x0040_0000_1000_0000L + i, i, i, TAG);
      }
      for (int i = 0; i < blocks; i++) {
        ledger.free(0x0040_0000_1000_0000L + i, i, i, TAG);
      }
    }
    var byType =
        LedgerFile.read(file).events().stream()
            .filter(event -> !event.stack().isEmpty())
            .collect(
                Collectors.groupingBy(
                    LedgerEvent::type, Collectors.mapping(LedgerEvent::block, Collectors.toSet())));
    assertThat(byType.get(EventType.ALLOCATE)).isEqualTo(byType.get(EventType.FREE));
    assertThat(byType.get(EventType.FREE)).hasSizeBetween(blocks / 64 / 2, blocks / 64 * 2);
  }

  @Test
  void aFullTextAreaLosesNamesAndNoEvents() throws Exception {
    Path file = folder.resolve("ledger");
    try (Ledger ledger = Ledger.create(file, SMALL.withTextBytes(64).withStacks(0, 1))) {
      for (int i = 0; i < 10; i++) {
        ledger.allocate(i, i, i, LedgerName.of("name" + i));
      }
      assertThat(ledger.refusedTexts()).isEqualTo(6);
      ledger.checkInvariants();
    }
    LedgerFile read = LedgerFile.read(file);
    assertThat(
            read.events().stream()
                .filter(event -> event.type() == EventType.ALLOCATE)
                .map(LedgerEvent::name))
        .containsExactly("name0", "name1", "name2", "name3", null, null, null, null, null, null);
    assertThat(read.notices())
        .extracting(LedgerNotice::code)
        .containsExactly("ledger-texts-refused");
  }

  @Test
  void aNameKnowsEachLedger() throws Exception {
    LedgerName name = LedgerName.of("shared");
    try (Ledger one = Ledger.create(folder.resolve("one"), SMALL);
        Ledger two = Ledger.create(folder.resolve("two"), SMALL)) {
      two.allocate(1, 1, 1, LedgerName.of("another first"));
      for (int i = 0; i < 2; i++) {
        one.allocate(2, 2, 2, name);
        two.allocate(2, 2, 2, name);
      }
    }
    for (String file : List.of("one", "two")) {
      assertThat(LedgerFile.read(folder.resolve(file)).events().getLast().name())
          .isEqualTo("shared");
    }
  }

  @Test
  void theProcessHasOneLedgerAndTheSinkFindsIt() throws Exception {
    assertThat(LedgerSink.installed()).isNull();
    LedgerSink.allocate(1, 1, 1, TAG);
    Path file = folder.resolve("one");
    try (Ledger one = Ledger.create(file, SMALL).install();
        Ledger two = Ledger.create(folder.resolve("two"), SMALL)) {
      assertThat(one.install()).isSameAs(one);
      assertThatIllegalStateException()
          .isThrownBy(two::install)
          .withMessageContaining("installed=" + file);
      LedgerSink.allocate(2, 2, 2, TAG);
      LedgerSink.adopt(2, 2, 2, TAG);
      LedgerSink.free(2, 2, 2, TAG);
      LedgerSink.freeByC(2, 2, 2, TAG);
      LedgerSink.bind(2, 2, MAP, "key");
      LedgerSink.unbind(2, 2, MAP, "key");
      LedgerSink.staleUse(2, 2, TAG);
      LedgerSink.doubleFree(2, 2, TAG);
      LedgerSink.leaseAnomaly(2, 2, TAG);
      LedgerSink.leak(2, 1, 2, TAG, List.of());
    }
    assertThat(LedgerSink.installed()).isNull();
    assertThat(LedgerFile.read(file).events().stream().map(LedgerEvent::typeText).skip(1))
        .containsExactly(
            "allocate",
            "adopt",
            "free",
            "free-by-c",
            "bind",
            "unbind",
            "stale-use",
            "double-free",
            "lease-anomaly",
            "leak");
  }

  @Test
  void settingsThatCannotBeAreRefused() {
    LedgerSettings good = LedgerSettings.defaults();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> good.withSize(1, 100))
        .withMessage("records must be a power of two: records=100; take 64");
    assertThatIllegalArgumentException().isThrownBy(() -> good.withSize(-1, 64));
    assertThatIllegalArgumentException().isThrownBy(() -> good.withStacks(-1, 8));
    assertThatIllegalArgumentException().isThrownBy(() -> good.withStacks(1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> good.withTextBytes(-1));
    assertThatThrownBy(() -> Ledger.create(folder.resolve("big"), good.withSize(4_096, 1 << 20)))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("a ledger must not be larger");
  }
}
