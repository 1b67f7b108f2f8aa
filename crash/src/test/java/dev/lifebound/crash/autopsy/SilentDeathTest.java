package dev.lifebound.crash.autopsy;

import static dev.lifebound.crash.autopsy.Scene.ADDRESS;
import static dev.lifebound.crash.autopsy.Scene.SIZE;
import static dev.lifebound.crash.autopsy.Scene.TAG;
import static dev.lifebound.crash.autopsy.Scene.died;
import static dev.lifebound.crash.autopsy.Scene.perform;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger alone tells, with and without the C library's words. */
class SilentDeathTest {
  @TempDir private Path folder;

  private Autopsy of(Scene.Story story) throws Exception {
    return perform(null, new Scene(folder).ledger(story));
  }

  private Autopsy of(String words, Scene.Story story) throws Exception {
    Path console = Files.writeString(folder.resolve("console"), "starting\n" + words + "\n");
    return perform(console, new Scene(folder).ledger(story));
  }

  /** A report of the guard. */
  static LedgerReport report(int kind, long address, long block, Duration ago) {
    return new LedgerReport(
        EventType.REPORT,
        kind,
        false,
        System.nanoTime() - ago.toNanos(),
        address,
        64,
        block,
        block != 0,
        0x1000,
        "libc.so.6",
        List.of("libc.so.6: __strlen_avx2+0x12", "shop.Cache.read(Cache.java:12)"),
        4242,
        "renderer");
  }

  private static void diedLongAgo(Ledger ledger) {
    ledger.report(report(5, ADDRESS, 0, Duration.ofMinutes(10)));
    died(ledger);
  }

  @Test
  void twoFreesOfOneBlockAtTheEndAreADoubleFree() throws Exception {
    Autopsy twice =
        of(ledger -> {
          died(ledger);
          ledger.free(1, ADDRESS, SIZE, TAG);
        });
    assertThat(twice.verdict().kind()).isEqualTo(FailureKind.DOUBLE_FREE);
    assertThat(Objects.requireNonNull(twice.block()).block()).isEqualTo(1);
    assertThat(twice.verdict().reasons())
        .containsExactly("the ledger has two frees of block 0x1 and no allocation between");
    assertThat(
            of(
                    ledger -> {
                      died(ledger);
                      ledger.allocate(1, ADDRESS, SIZE, TAG);
                      ledger.free(1, ADDRESS, SIZE, TAG);
                    })
                .verdict()
                .kind())
        .as("allocated between")
        .isEqualTo(FailureKind.UNKNOWN);
  }

  @Test
  void oneFreeIsNoProofAndIsTold() throws Exception {
    Autopsy autopsy = of(Scene::died);
    assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.UNKNOWN);
    assertThat(autopsy.block()).isNull();
    assertThat(autopsy.verdict().reasons())
        .anyMatch(reason ->
            reason.startsWith(
                "the last event is the free of block 0x1 of 8,192 bytes (session) by thread "));
  }

  @Test
  void anIncidentThatWasSurvivedForLongIsMentionedOnly() throws Exception {
    Autopsy autopsy = of(SilentDeathTest::diedLongAgo);
    assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.UNKNOWN);
    assertThat(autopsy.block()).isNull();
    assertThat(autopsy.verdict().reasons())
        .anyMatch(reason ->
            reason.startsWith(
                    "an incident that need not have to do with it: a second free, refused, 10 min")
                && reason.endsWith("before the last event"));
  }

  @Test
  void theWordsOfTheLibraryAreNotContradicted() throws Exception {
    Scene.Story stale =
        ledger -> {
          died(ledger);
          ledger.staleUse(1, ADDRESS, LedgerName.of("lease"));
        };
    assertThat(of(stale).verdict().kind()).isEqualTo(FailureKind.USE_AFTER_FREE);

    Autopsy either = of("double free or corruption (!prev)", Scene::died);
    assertThat(either.verdict().kind())
        .as("the allocator says so of a first free, too")
        .isEqualTo(FailureKind.UNKNOWN);
    assertThat(either.verdict().reasons())
        .anyMatch(reason -> reason.startsWith("the last event is the free of block 0x1"));
    Autopsy own = of("free(): double free detected in tcache 2", Scene::died);
    assertThat(own.verdict().kind()).isEqualTo(FailureKind.DOUBLE_FREE);
    assertThat(own.block()).as("C may have freed a block of its own twice").isNull();
    assertThat(own.holders()).isEmpty();
    assertThat(own.verdict().reasons())
        .anyMatch(reason ->
            reason.startsWith("the last event is the free of block 0x1 ")
                && reason.endsWith("and so would one of a block that C allocated itself"));
    Autopsy twice = of("free(): double free detected in tcache 2", stale);
    assertThat(twice.verdict().kind()).isEqualTo(FailureKind.DOUBLE_FREE);
    assertThat(twice.block()).as("the ledger does not tell which").isNull();
    assertThat(of("free(): invalid pointer", stale).verdict().kind())
        .isEqualTo(FailureKind.WILD_ADDRESS);
    for (String words :
        new String[] {
          "corrupted size vs. prev_size",
          "malloc(): corrupted top size",
          "free(): invalid next size (fast)",
          "realloc(): invalid old size",
          "free(): invalid size"
        }) {
      Autopsy corrupted = of(words, stale);
      assertThat(corrupted.verdict().kind()).as(words).isEqualTo(FailureKind.UNKNOWN);
      assertThat(corrupted.block()).isNull();
      assertThat(corrupted.verdict().reasons())
          .anyMatch(reason -> reason.contains("need not have to do with it: a stale-use (lease)"));
    }
  }

  @Test
  void whatTheGuardReportedIsWhatItWas() throws Exception {
    FailureKind[] kinds = {
      FailureKind.USE_AFTER_FREE,
      FailureKind.OVERFLOW,
      FailureKind.OVERFLOW,
      FailureKind.WILD_ADDRESS,
      FailureKind.DOUBLE_FREE,
      FailureKind.WILD_ADDRESS,
      FailureKind.USE_AFTER_FREE,
      FailureKind.OVERFLOW
    };
    for (int kind = 1; kind <= kinds.length; kind++) {
      LedgerReport report = report(kind, ADDRESS + 8, 41, Duration.ZERO);
      Autopsy autopsy = of(ledger -> ledger.report(report));
      assertThat(autopsy.verdict().kind()).as("kind %d", kind).isEqualTo(kinds[kind - 1]);
      assertThat(autopsy.verdict().headline()).isNotBlank();
      assertThat(AutopsyFindings.report(autopsy, "0.1.0").findings())
          .as("kind %d", kind)
          .hasSize(1);
    }
  }

  @Test
  void aClosedLedgerIsThatOfAProgramThatEndedByItself() throws Exception {
    Path file = folder.resolve("closed.ledger");
    try (Ledger ledger =
        Ledger.create(file, dev.lifebound.memory.ledger.LedgerSettings.defaults())) {
      died(ledger);
    }
    Autopsy autopsy = perform(null, file);
    assertThat(autopsy.verdict().headline()).isEqualTo("the program ended by itself");
    assertThat(autopsy.verdict().reasons())
        .containsExactly("the program closed its ledger, and no incident is in it");
  }
}
