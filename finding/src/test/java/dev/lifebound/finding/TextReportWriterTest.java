package dev.lifebound.finding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TextReportWriterTest {
  private static final Finding RED =
      Samples.finding(
          Colour.RED, "store/handles.go", 40, "C.free(p) frees the block that handles still holds");

  @Test
  void aFindingShowsItsPathAsNumberedStepsWithSourceLines() throws IOException {
    assertThat(Samples.written(ReportWriter.text(100, false), Samples.report(RED)))
        .isEqualTo(
            """
            red LBG001  store/handles.go:40 in Close
              C.free(p) frees the block that handles still holds
                1. insert store/handles.go:12: p is stored in handles
                   | handles[key] = p
                2. free   store/handles.go:40: the block is freed
                   | C.free(p)
                3. use    store/handles.go:61: the entry is still read
                   | return handles[key]
              why: the entry is read on every later lookup
              fix: delete(handles, key) before C.free(p)

            findings: 1 red, 0 yellow, 0 green; files: 12
            """);
  }

  @Test
  void anEmptyReportSaysWhatWasLookedAt() throws IOException {
    assertThat(Samples.written(ReportWriter.text(100, false), Samples.report()))
        .isEqualTo("findings: 0 red, 0 yellow, 0 green; files: 12\n");
  }

  @Test
  void noticesAreNamedAndCounted() throws IOException {
    Report report =
        new Report(
            Samples.SOURCE,
            Samples.SCOPE,
            List.of(),
            List.of(),
            List.of(
                new Notice("file-does-not-parse", "skipped", Location.ofFile("bad.go")),
                new Notice("no-cgo", "no Go file imports C", null)),
            Map.of());
    assertThat(Samples.written(ReportWriter.text(100, false), report))
        .isEqualTo(
            """
            notice bad.go: skipped [file-does-not-parse]
            notice no Go file imports C [no-cgo]

            findings: 0 red, 0 yellow, 0 green; notices: 2
            """);
  }

  @Test
  void linesFitTheWidthUnlessOneWordIsLonger() throws IOException {
    String text = Samples.written(ReportWriter.text(44, false), Samples.report(RED));
    assertThat(text.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(44));
    assertThat(text).contains("store/handles.go:61:");
    String narrow = Samples.written(ReportWriter.text(1, false), Samples.report(RED));
    assertThat(narrow.lines()).anySatisfy(line -> assertThat(line).hasSizeGreaterThan(30));
    assertThat(narrow.lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(TextReportWriter.MIN_WIDTH));
  }

  @Test
  void aLongSourceLineIsCut() throws IOException {
    Finding finding = withSnippet("x".repeat(500));
    assertThat(Samples.written(ReportWriter.text(60, false), Samples.report(finding)).lines())
        .contains("       | " + "x".repeat(48) + "...");
  }

  @Test
  void coloursAreThereOnlyWhenAskedFor() throws IOException {
    String plain = Samples.written(ReportWriter.text(100, false), Samples.report(RED));
    String coloured = Samples.written(ReportWriter.text(100, true), Samples.report(RED));
    assertThat(plain).doesNotContain("\u001b");
    assertThat(coloured).contains("\u001b[1;31mred LBG001  \u001b[0m");
    assertThat(coloured.replaceAll("\u001b\\[[0-9;]*m", "")).isEqualTo(plain);
  }

  @Test
  void sourceTextCannotDriveTheTerminal() throws IOException {
    String attack = "\u001b]0;title\u0007 \u009b2J \u202e reversed \ud83d\ttab\r\nnext";
    String text =
        Samples.written(ReportWriter.text(200, false), Samples.report(withSnippet(attack)));
    assertThat(text).contains("| ?]0;title? ?2J ? reversed ? tab  next\n");
  }

  private static Finding withSnippet(String snippet) {
    return new Finding(
        RED.rule(),
        RED.colour(),
        RED.colourReason(),
        RED.message(),
        RED.remedy(),
        RED.source(),
        RED.scope(),
        RED.subject(),
        RED.related(),
        RED.location(),
        List.of(new Step(Step.USE, Samples.at("a.go", 1, snippet), "read")),
        RED.fingerprints(),
        RED.evidence());
  }
}
