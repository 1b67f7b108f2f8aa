package dev.lifebound.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Fingerprint;
import dev.lifebound.finding.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same sources give the same report, and the same hazard keeps its fingerprints. */
final class StabilityTest {
  @TempDir Path folder;

  private static Report report(int threads) {
    Scanner.Outcome outcome =
        Scanner.scan(Scans.files(Scans.TESTDATA, ".go"), Scans.options(Path.of(""), threads));
    return ((Scanner.Outcome.Scanned) outcome).report();
  }

  @Test
  void theReportDoesNotDependOnThreadsOrRuns() {
    String first = report(1).toString();
    assertThat(first).contains("LBG001", "LBG002", "LBG003");
    for (int threads : new int[] {1, 2, 5}) {
      assertThat(report(threads).toString()).isEqualTo(first);
    }
  }

  @Test
  void fingerprintsSurviveLinesInsertedAbove() throws IOException {
    String before = Scans.read(Scans.TESTDATA.resolve("LBG001/lookup_then_free.go"));
    String after =
        before.replace(
            "type Cache struct", "// a comment\n\nvar unrelated = 3\n\ntype Cache struct");
    assertThat(fingerprints(after)).isEqualTo(fingerprints(before)).hasSizeGreaterThan(3);
  }

  @Test
  void symbolsSurviveAnEditedLineAndLinesARenamedFunction() throws IOException {
    String before = Scans.read(Scans.TESTDATA.resolve("LBG001/key_freed_elsewhere.go"));
    String edited = before.replace("C.free(o.ptr) //", "C.free(o.ptr); println(1) //");
    assertThat(values(edited, Fingerprint.SYMBOLS)).isEqualTo(values(before, Fingerprint.SYMBOLS));
    assertThat(values(edited, Fingerprint.LINE)).isNotEqualTo(values(before, Fingerprint.LINE));
    String renamed = before.replace("Close()", "Shut()");
    assertThat(values(renamed, Fingerprint.LINE)).isEqualTo(values(before, Fingerprint.LINE));
    assertThat(values(renamed, Fingerprint.SYMBOLS))
        .isNotEqualTo(values(before, Fingerprint.SYMBOLS));
  }

  @Test
  void equalLinesHaveDifferentFingerprints() throws IOException {
    String text = Scans.read(Scans.TESTDATA.resolve("LBG002/free_then_delete.go"));
    List<String> lines = values(text, Fingerprint.LINE);
    assertThat(lines).doesNotHaveDuplicates();
  }

  private List<Map<String, String>> fingerprints(String text) throws IOException {
    return findings(text).stream().map(Finding::fingerprints).collect(Collectors.toList());
  }

  private List<String> values(String text, String strategy) throws IOException {
    return findings(text).stream().map(f -> f.fingerprints().get(strategy)).toList();
  }

  private List<Finding> findings(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("a.go"), text);
    return Scans.report(file).findings();
  }
}
