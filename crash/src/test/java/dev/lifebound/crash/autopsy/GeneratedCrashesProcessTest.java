package dev.lifebound.crash.autopsy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real JVMs that die, two of each kind; {@code bench/run autopsy} lets 200 die, and 100 of programs
 * of which no block is to blame.
 */
class GeneratedCrashesProcessTest {
  private static final int OF_EACH = Integer.getInteger("lifebound.crashes", 2);

  @TempDir private Path folder;

  @Test
  void verdictBlockMapAndKeyAreRight() throws Exception {
    CrashGenerator generator = new CrashGenerator(CrashGenerator.ownJava(), folder);
    List<String> wrong = new ArrayList<>();
    long seed = 0;
    for (CrashKind kind : CrashKind.values()) {
      for (int i = 0; i < OF_EACH; i++) {
        CrashGenerator.Remains remains = generator.crash(kind, seed++);
        Autopsy autopsy = Autopsy.perform(remains.request());
        if (!CrashGenerator.isRight(kind, remains, autopsy)
            || !CrashGenerator.namesHolder(remains, autopsy)) {
          wrong.add(kind + " " + remains.truth() + "\n" + text(autopsy));
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void noBlockOfTheLedgerIsBlamedForWhatCDidToItsOwn() throws Exception {
    CrashGenerator generator = new CrashGenerator(CrashGenerator.ownJava(), folder);
    List<String> wrong = new ArrayList<>();
    for (InnocentVictim.Cause cause : InnocentVictim.Cause.values()) {
      for (int seed = 0; seed < OF_EACH; seed++) {
        var remains = generator.innocent(cause, seed);
        if (remains.isEmpty()) {
          wrong.add(cause + " did not kill");
          continue;
        }
        Autopsy autopsy = Autopsy.perform(remains.get().request());
        if (!cause.isRight(autopsy)) {
          wrong.add(cause + "\n" + text(autopsy));
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void programsWithoutLifeboundGetNoBlock() throws Exception {
    CrashGenerator generator = new CrashGenerator(CrashGenerator.ownJava(), folder);
    CrashGenerator.Remains other = generator.crash(CrashKind.READ_AFTER_FREE, 1);
    List<PlainVictim.Cause> survived = new ArrayList<>();
    long seed = 0;
    for (PlainVictim.Cause cause : PlainVictim.Cause.values()) {
      var remains = generator.plain(cause, seed++);
      if (remains.isEmpty()) {
        survived.add(cause);
      } else {
        for (Path ledger : new Path[] {null, other.file("ledger")}) {
          Autopsy autopsy = Autopsy.perform(new AutopsyRequest(remains.get().log(), ledger, null));
          assertThat(autopsy.verdict().kind())
              .as("%s: %s", cause, text(autopsy))
              .isIn(FailureKind.NOT_OURS, FailureKind.UNKNOWN);
          assertThat(autopsy.block()).isNull();
          assertThat(autopsy.holders()).isEmpty();
        }
      }
    }
    assertThat(survived).as("causes that did not kill").isEmpty();
  }

  private static String text(Autopsy autopsy) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    AutopsyWriter.text(100, false).write(autopsy, out);
    return out.toString(StandardCharsets.UTF_8);
  }
}
