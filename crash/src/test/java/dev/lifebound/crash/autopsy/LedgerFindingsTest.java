package dev.lifebound.crash.autopsy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Report;
import dev.lifebound.finding.Step;
import dev.lifebound.finding.Subject;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerFindingsTest {
  private static final LedgerName TAG = LedgerName.of("session");

  @TempDir private Path folder;

  private Report report(LedgerSettings settings) throws Exception {
    Path file = folder.resolve("app.ledger");
    try (Ledger ledger = Ledger.create(file, settings)) {
      ledger.allocate(1, 0x7000, 64, TAG);
      ledger.bind(1, 0x7000, LedgerName.of("Cache"), 5);
      ledger.free(1, 0x7000, 64, TAG);
      for (int i = 0; i < 3; i++) {
        ledger.staleUse(1, 0x7000, LedgerName.of("lease"));
      }
      ledger.doubleFree(1, 0x7000, LedgerName.of("release"));
      ledger.leaseAnomaly(2, 0, LedgerName.of("closed twice"));
      ledger.leak(3, 4, 400, TAG, List.of(new StackTraceElement("p.C", "m", "C.java", 9)));
      ledger.allocate(1, 0x7000, 64, TAG);
    }
    LedgerFile read = LedgerFile.read(file);
    return LedgerFindings.report(file, read, read.events(), "0.1.0");
  }

  @Test
  void incidentsOfOnePlaceAreOneFinding() throws Exception {
    Report report = report(LedgerSettings.defaults().withStacks(1, 4));
    assertThat(report.findings()).hasSize(4);
    assertThat(report.count(Colour.RED)).isEqualTo(2);
    Finding stale = finding(report, "LBR001");
    assertThat(stale.message()).isEqualTo("use of a freed native block: lease, 3 times");
    assertThat(stale.location().path())
        .isEqualTo("dev/lifebound/crash/autopsy/LedgerFindingsTest.java");
    assertThat(stale.related())
        .containsExactly(new Subject(Subject.MAP, "Cache", java.util.Map.of("key", "5")));
    assertThat(stale.path().stream().map(Step::role))
        .as("the block's life up to the incident, and not after it")
        .containsExactly("allocate", "insert", "free", "use", "use", "use");
    assertThat(finding(report, "LBR003").location().text()).isEqualTo("p/C.java:9");
    assertThat(finding(report, "LBR003").message())
        .isEqualTo("4 blocks of 400 bytes not freed: session");
    assertThat(report.rules()).hasSize(RuntimeRule.values().length);
  }

  @Test
  void withoutStacksTheLedgerIsThePlace() throws Exception {
    Report report = report(LedgerSettings.defaults().withStacks(0, 1));
    assertThat(report.findings()).hasSize(4);
    assertThat(report.findings())
        .allSatisfy(
            finding -> assertThat(finding.location()).isEqualTo(Location.ofFile("app.ledger")));
  }

  private static Finding finding(Report report, String rule) {
    return report.findings().stream()
        .filter(finding -> finding.rule().equals(rule))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void everyRuleHasItsPage() {
    for (RuntimeRule rule : RuntimeRule.values()) {
      Path page = Path.of("..", rule.rule("0.1.0").page());
      assertThat(page).exists();
      assertThat(page).content().startsWith("# " + rule.id() + ": " + rule.rule("0.1.0").title());
      assertThat(page).content().contains("| Colour | " + rule.colour().text() + " |");
    }
    assertThat(Files.exists(Path.of("..", "docs", "formats", "ledger.md"))).isTrue();
  }

  @Test
  void framesThatTellNoFileStandAtTheLedger() {
    assertThat(FramePlace.of("p.q.C$D.<init>(C.java:12)", "led").text()).isEqualTo("p/q/C.java:12");
    assertThat(FramePlace.of("C.m(C.java:1)", "led").text()).isEqualTo("C.java:1");
    for (String frame : List.of("?", "p.C.m(Native Method)", "p.C.m(Unknown Source)", "")) {
      assertThat(FramePlace.of(frame, "led").text()).isEqualTo("led");
    }
  }
}
