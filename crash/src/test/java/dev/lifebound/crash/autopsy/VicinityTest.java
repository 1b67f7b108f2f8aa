package dev.lifebound.crash.autopsy;

import static dev.lifebound.crash.autopsy.Scene.ADDRESS;
import static dev.lifebound.crash.autopsy.Scene.SIZE;
import static dev.lifebound.crash.autopsy.Scene.TAG;
import static dev.lifebound.crash.autopsy.Scene.perform;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An access beside a living block is an overflow of it only when something shows it. */
class VicinityTest {
  private static final String BASE = "RDI=0x00007f1234000000";
  private static final String NO_BASE = "RDI=0x0000000000000007";

  @TempDir private Path folder;
  private Path ledger;

  @BeforeEach
  void oneLivingBlock() throws IOException {
    ledger = new Scene(folder).ledger(l -> l.allocate(1, ADDRESS, SIZE, TAG));
  }

  private Autopsy at(long address, String register) throws Exception {
    return perform(new Scene(folder).log(address, BASE, register), ledger);
  }

  private static void isWildNear(Autopsy autopsy, String distance) {
    assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.WILD_ADDRESS);
    assertThat(autopsy.block()).as("nobody is blamed").isNull();
    assertThat(autopsy.holders()).isEmpty();
    assertThat(autopsy.verdict().headline())
        .endsWith("belongs to no block, near block 0x1 of 8,192 bytes (session)");
    assertThat(autopsy.verdict().reasons().getFirst()).startsWith("block 0x1 " + distance);
    assertThat(autopsy.neighbours()).extracting(BlockLife::block).containsExactly(1L);
  }

  @Test
  void aRegisterThatPointsIntoTheBlockShowsIt() throws Exception {
    Autopsy behind = at(ADDRESS + SIZE + 1000, BASE);
    assertThat(behind.verdict().kind()).isEqualTo(FailureKind.OVERFLOW);
    assertThat(behind.verdict().headline()).startsWith("access 1,000 bytes behind block 0x1");
    assertThat(behind.verdict().reasons()).anyMatch(reason -> reason.contains("register RDI"));
    assertThat(at(ADDRESS - 1000, BASE).verdict().headline())
        .startsWith("access 1,000 bytes before block 0x1");
    assertThat(at(ADDRESS + SIZE + 1000, "RDI=0x00007f1234002000").verdict().kind())
        .as("a pointer that has run to the end")
        .isEqualTo(FailureKind.OVERFLOW);
  }

  @Test
  void aWalkDiesInTheFirstPageThatIsNotThere() throws Exception {
    assertThat(at(ADDRESS + SIZE, NO_BASE).verdict().kind()).isEqualTo(FailureKind.OVERFLOW);
    for (long step : new long[] {1, 4, 8}) {
      assertThat(at(ADDRESS - step, NO_BASE).verdict().kind())
          .as("%d before", step)
          .isEqualTo(FailureKind.OVERFLOW);
    }
  }

  @Test
  void nearnessAloneShowsNothing() throws Exception {
    // Where a large block of malloc begins, of which the ledger knows nothing: C's own, freed and
    // used again.
    isWildNear(at(ADDRESS + SIZE + 16, NO_BASE), "ends 16 bytes before it and lives");
    isWildNear(at(ADDRESS + SIZE + 7, NO_BASE), "ends 7 bytes before it");
    isWildNear(at(ADDRESS - 9, NO_BASE), "begins 9 bytes behind it");
    isWildNear(at(ADDRESS + SIZE + 64, NO_BASE), "ends 64 bytes before it and lives");
    isWildNear(at(ADDRESS + SIZE + 4000, NO_BASE), "ends 4,000 bytes before it");
    isWildNear(at(ADDRESS + SIZE + 4096, NO_BASE), "ends 4,096 bytes before it");
    isWildNear(at(ADDRESS - 65, NO_BASE), "begins 65 bytes behind it");
    isWildNear(at(ADDRESS - 8000, NO_BASE), "begins 8,000 bytes behind it");
  }

  @Test
  void farAwayNothingIsNear() throws Exception {
    Autopsy far = at(ADDRESS + SIZE + 100_000, BASE);
    assertThat(far.verdict().kind()).isEqualTo(FailureKind.WILD_ADDRESS);
    assertThat(far.verdict().headline()).endsWith("belongs to no block");
  }

  @Test
  void aWalkOverMappedMemoryIsFollowedFromTheBlockToTheHole() throws Exception {
    String maps = "7f1234000000-7f1234005000 rw-p 00000000 00:00 0\n7f1244000000";
    Path log = new Scene(folder).log(ADDRESS + 0x5000, "7f1244000000", maps);
    String text = Files.readString(log);
    assertThat(perform(log, ledger).verdict().kind()).isEqualTo(FailureKind.OVERFLOW);

    Files.writeString(log, text.replace(BASE, NO_BASE));
    assertThat(perform(log, ledger).verdict().kind())
        .as("three pages away, and no register")
        .isEqualTo(FailureKind.WILD_ADDRESS);
    Files.writeString(log, text.replace("7f1234005000 rw", "7f1234004000 rw"));
    assertThat(perform(log, ledger).verdict().kind())
        .as("a hole lies between")
        .isEqualTo(FailureKind.WILD_ADDRESS);
  }

  @Test
  void theJvmsOwnThreadsReadNoBlocks() throws Exception {
    for (String thread :
        new String[] {
          "JavaThread \"C2 CompilerThread0\" daemon", "WorkerThread \"GC Thread#3\"",
          "VMThread \"VM Thread\"", "GCTaskThread \"GC Thread#0\""
        }) {
      Path log = new Scene(folder).log(ADDRESS + SIZE, "JavaThread \"renderer\"", thread);
      assertThat(perform(log, ledger).verdict().kind()).as(thread).isEqualTo(FailureKind.NOT_OURS);
    }
    Path log =
        new Scene(folder)
            .log(ADDRESS + SIZE, "JavaThread \"renderer\"", "JavaThread \"My WorkerThread-1\"");
    Autopsy own = perform(log, ledger);
    assertThat(Objects.requireNonNull(own.block()).block())
        .as("a thread of the program with such a name")
        .isEqualTo(1);
  }
}
