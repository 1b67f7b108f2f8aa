package dev.lifebound.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.finding.Report;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ExamplesTest {
  private static final Path EXAMPLES = Path.of("../examples");

  @Test
  void everyHazardInGoIsFoundUnderItsRule() {
    Report report = Scans.report(EXAMPLES.resolve("hazard/go"));
    assertThat(report.findings())
        .extracting(Scans::text)
        .satisfiesExactlyInAnyOrder(
            text -> assertThat(text).startsWith("LBG001 red: b.data is freed while map buffers"),
            text -> assertThat(text).startsWith("LBG002 yellow: j.memory is freed before"),
            text -> assertThat(text).startsWith("LBG003 yellow: map labels is keyed"));
    assertThat(report.notices()).isEmpty();
  }

  @Test
  void theSafeProgramsInGoGiveNothing() {
    Scanner.Outcome.Scanned scan = Scans.scan(EXAMPLES, EXAMPLES.resolve("safe/go"));
    assertThat(scan.report().findings()).isEmpty();
    assertThat(scan.report().notices()).isEmpty();
    assertThat(scan.counts().analysed()).isGreaterThanOrEqualTo(3);
  }
}
