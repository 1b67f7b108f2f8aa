package dev.lifebound.memory.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import jdk.jfr.Recording;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Things that a correct program, or its user, may do while every block is guarded: none of them
 * ends the process or makes it stand still. Each in a JVM of its own.
 */
@SuppressWarnings("restricted") // calling C is what this tests
class CorrectProgramsProcessTest {
  @TempDir static Path folder;

  private static Path library;

  @BeforeAll
  static void compile() throws Exception {
    library = TestLibrary.compile(folder, "correct.c", "libcorrect.so");
  }

  @ParameterizedTest
  @CsvSource({
    "droppedPages, USERFAULTFD",
    "droppedPages, PROTECT",
    "forkedChildren, USERFAULTFD",
    "cutLedger, USERFAULTFD",
    "cutLedger, REMAP",
    "failingListener, USERFAULTFD",
    "theJvmNamed, USERFAULTFD",
    "flightRecorder, USERFAULTFD"
  })
  void lives(String program, PageDeath pages) throws Exception {
    Path ledger = folder.resolve(program + pages + ".ledger");
    ChildJvm child =
        ChildJvm.run(
            Child.class,
            List.of("--enable-native-access=ALL-UNNAMED"),
            program,
            pages.name(),
            library.toString(),
            ledger.toString());
    assertThat(child.out()).endsWith("done");
    assertThat(child.exit()).isZero();
  }

  /** One case. Whatever is not as it must be throws, and the exit status tells. */
  @SuppressWarnings("NullAway.Init") // main sets everything first
  static final class Child {
    private static final ConcurrentLinkedQueue<String> NOTICES = new ConcurrentLinkedQueue<>();
    private static TestLibrary correct;
    private static Armed guard;
    private static Path library;

    private Child() {}

    public static void main(String[] args) throws Exception {
      library = Path.of(args[2]);
      correct = TestLibrary.load(library);
      Path file = Path.of(args[3]);
      Ledger ledger = Ledger.create(file, LedgerSettings.defaults()).install();
      guard =
          Guard.arm(
              GuardOptions.of(Mode.RECOVER).selfTest(false).pages(PageDeath.valueOf(args[1])));
      guard.onNotice(NOTICES::add);
      Watch watch = Watch.builder().library("libcorrect.so").sample(guard, 1).start();
      switch (args[0]) {
        case "droppedPages" -> droppedPages();
        case "forkedChildren" -> forkedChildren();
        case "cutLedger" -> cutLedger(ledger, file);
        case "failingListener" -> failingListener();
        case "flightRecorder" -> flightRecorder();
        case "theJvmNamed" -> theJvmNamed();
        default -> throw new IllegalArgumentException(args[0]);
      }
      watch.close();
      System.out.print("done");
      System.exit(0); // whatever storms
    }

    private static void check(boolean holds, String what) {
      if (!holds) {
        throw new AssertionError(what + "; " + guard.text() + "; notices=" + NOTICES);
      }
    }

    private static long guarded() {
      long block = correct.call("correct_malloc", 64);
      check(guard.owns(block), "guarded");
      return block;
    }

    private static void droppedPages() {
      for (int i = 0; i < 10; i++) {
        check(correct.call("correct_drop_pages") == 0, "pages that were dropped read as zeroes");
      }
      check(guard.counters().allocated() >= 10, "the blocks were guarded");
    }

    /** Safepoints that never end in the child, since it has only one thread. */
    private static void forkedChildren() {
      Thread.ofPlatform().daemon().start(Child::collect);
      for (int i = 0; i < 100; i++) {
        long block = guarded();
        check(correct.call("correct_fork_and_free", block) == 42, "the child ends by itself");
        correct.call("correct_free", block);
      }
    }

    private static void collect() {
      while (true) {
        System.gc();
      }
    }

    private static void cutLedger(Ledger ledger, Path file) throws Exception {
      long block = guarded();
      correct.call("correct_free", block);
      CountDownLatch told = new CountDownLatch(1);
      guard.onNotice(_ -> told.countDown());
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(0);
      }
      check(correct.call("correct_read", block) == 0x41, "the old bytes are back");
      for (int i = 0; i < 10_000; i++) {
        ledger.note(LedgerName.of("note " + i));
      }
      guard.flush();
      told.await();
      check(NOTICES.peek() != null && NOTICES.peek().contains("ledger"), "it is said");
      check(guard.isActive(), "the guard goes on");
    }

    /** A listener out of whose hands everything falls. */
    private static void failingListener() {
      CountDownLatch told = new CountDownLatch(2);
      guard.onReport(_ -> {
        throw new NoClassDefFoundError("as of an application whose class loader was closed");
      });
      guard.onReport(_ -> told.countDown());
      for (int i = 0; i < 2; i++) {
        long block = guarded();
        correct.call("correct_free", block);
        correct.call("correct_read", block);
      }
      try {
        told.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    /** Its compilers would take stacks while they hold locks that a collection waits for. */
    private static void theJvmNamed() throws Exception {
      try (Watch jvm = Watch.builder().library("libjvm.so").sample(guard, 1).start()) {
        check(jvm.text().contains("what the JVM itself allocates is not guarded"), jvm.text());
        for (int i = 0; i < 20; i++) {
          Thread.ofPlatform().start(System::gc).join();
        }
        check(guard.counters().allocated() == 0, "nothing of the JVM's is guarded");
      }
    }

    /**
     * The recorder lists libraries within the JVM, the watch lists them too, and safepoints come.
     */
    private static void flightRecorder() throws Exception {
      Thread.ofPlatform().daemon().start(Child::collect);
      try (Recording recording = new Recording()) {
        recording.enable("jdk.NativeLibrary").withPeriod(Duration.ofMillis(10));
        recording.setMaxSize(1 << 20);
        recording.start();
        for (int i = 0; i < 20_000; i++) {
          check(guardedLibraries() > 0, "libraries are listed");
        }
        for (int i = 0; i < 50; i++) {
          try (Arena arena = Arena.ofShared()) {
            // SAFETY: the library has no initialiser, and nothing of it is called.
            SymbolLookup.libraryLookup(library, arena);
          }
        }
      }
    }

    private static long guardedLibraries() {
      return dev.lifebound.memory.os.DynamicLinker.loads();
    }
  }
}
