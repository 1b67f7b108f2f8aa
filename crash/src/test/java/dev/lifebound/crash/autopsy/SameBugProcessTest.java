package dev.lifebound.crash.autopsy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.crash.autopsy.SameBugVictim.Bug;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Fingerprint;
import dev.lifebound.finding.Report;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One bug is one bug: of real processes that died of it, and of those in which the guard met it.
 */
class SameBugProcessTest {
  @TempDir private Path folder;
  private CrashGenerator generator;

  @BeforeEach
  void generator() {
    generator = new CrashGenerator(CrashGenerator.ownJava(), folder);
  }

  private CrashGenerator.Remains run(Bug bug, boolean guarded) throws Exception {
    return generator.run(
        SameBugVictim.class, List.of(), List.of(bug.name(), Boolean.toString(guarded)));
  }

  /** Of a process that died, by its autopsy. */
  private Finding crashed(Bug bug) throws Exception {
    CrashGenerator.Remains remains = run(bug, false);
    assertThat(remains.file("hs_err"))
        .as("%s: %s", bug, CrashGenerator.tail(remains.folder()))
        .isNotNull();
    Autopsy autopsy = Autopsy.perform(remains.request());
    Report report = AutopsyFindings.report(autopsy, "0.1.0");
    assertThat(report.findings()).as("%s", autopsy.verdict()).hasSize(1);
    return report.findings().getFirst();
  }

  /** Of a process in which the guard was armed, by its ledger. */
  private Finding reported(Bug bug) throws Exception {
    CrashGenerator.Remains remains = run(bug, true);
    assertThat(remains.exit())
        .as("%s: %s", bug, CrashGenerator.tail(remains.folder()))
        .isEqualTo(CrashVictim.SURVIVED);
    Path file = Objects.requireNonNull(remains.file("ledger"));
    LedgerFile ledger = LedgerFile.read(file);
    assertThat(ledger.events()).extracting("type").contains(EventType.REPORT);
    Report report = LedgerFindings.report(file, ledger, ledger.events(), "0.1.0");
    assertThat(report.findings()).as("the fault and its report are one").hasSize(1);
    Autopsy silent = Autopsy.perform(new AutopsyRequest(null, file, null));
    assertThat(AutopsyFindings.report(silent, "0.1.0").findings().getFirst().fingerprints())
        .as("an autopsy of the ledger alone")
        .isEqualTo(report.findings().getFirst().fingerprints());
    return report.findings().getFirst();
  }

  @Test
  void anAutopsyAndAReportOfOneBugHaveOneFingerprint() throws Exception {
    Finding crashed = crashed(Bug.READ_BY_C);
    Finding reported = reported(Bug.READ_BY_C);
    assertThat(reported.rule()).isEqualTo(crashed.rule());
    assertThat(reported.location().function()).isEqualTo(crashed.location().function());
    assertThat(reported.fingerprints())
        .isEqualTo(crashed.fingerprints())
        .containsOnlyKeys(Fingerprint.SYMBOLS, Fingerprint.BLOCK);
  }

  /** The guard stops neither Java code nor its own call where it is, and does not guess. */
  @Test
  void withoutAPlaceTheBlockIsWhatBothHave() throws Exception {
    for (Bug bug : List.of(Bug.READ_BY_JAVA, Bug.FREED_TWICE)) {
      Map<String, String> crashed = crashed(bug).fingerprints();
      assertThat(crashed).containsOnlyKeys(Fingerprint.SYMBOLS, Fingerprint.BLOCK);
      assertThat(reported(bug).fingerprints())
          .as("%s", bug)
          .containsExactly(Map.entry(Fingerprint.BLOCK, crashed.get(Fingerprint.BLOCK)));
    }
  }

  @Test
  void twoCrashesOfOneBugAreOneAndOtherBugsAreOthers() throws Exception {
    List<Map<String, String>> all = new ArrayList<>();
    for (Bug bug :
        List.of(
            Bug.READ_BY_C, Bug.READ_BY_C_ELSEWHERE, Bug.READ_BY_C_OF_OTHER_MAP, Bug.FREED_TWICE)) {
      all.add(crashed(bug).fingerprints());
    }
    assertThat(crashed(Bug.READ_BY_C).fingerprints()).isEqualTo(all.getFirst());
    assertThat(all.stream().map(one -> one.get(Fingerprint.SYMBOLS))).doesNotHaveDuplicates();
    assertThat(all.stream().map(one -> one.get(Fingerprint.BLOCK)).distinct())
        .as("the place apart, two of them misuse one kind of block")
        .hasSize(3);
  }
}
