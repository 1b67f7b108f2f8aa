package dev.lifebound.finding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonReportWriterTest {
  @Test
  void everyPartOfTheModelFitsTheSchema() throws IOException {
    Schemas.assertValid(Schemas.FINDINGS, json(Samples.rich()));
    Schemas.assertValid(Schemas.FINDINGS, json(Samples.report()));
  }

  @Test
  void theSchemaRefusesWhatTheWriterMustNotWrite() throws IOException {
    String json = json(Samples.rich());
    for (String wrong :
        List.of(
            json.replaceFirst("\"colour\" : \"yellow\"", "\"colour\" : \"orange\""),
            json.replaceFirst("\"endLine\" : 9,", ""),
            json.replaceFirst("\"notices\" : 2", "\"notices\" : -2"),
            json.replaceFirst("\"colourReason\"", "\"color\""))) {
      assertThat(wrong).isNotEqualTo(json);
      assertThat(Schemas.validate(Schemas.FINDINGS, wrong).isValid()).isFalse();
    }
  }

  @Test
  void theSummaryCountsColoursNoticesAndWhatWasLookedAt() throws IOException {
    JsonNode summary = new JsonMapper().readTree(json(Samples.rich())).path("summary");
    assertThat(summary.toString())
        .isEqualTo(
            "{\"red\":1,\"yellow\":1,\"green\":1,\"notices\":2,"
                + "\"counts\":{\"files\":3,\"packages\":0}}");
  }

  @Test
  void textsComeBackUnchanged() throws IOException {
    JsonNode findings = new JsonMapper().readTree(json(Samples.rich())).path("findings");
    assertThat(findings.path(1).path("message").stringValue())
        .isEqualTo(Samples.rich().findings().get(1).message());
  }

  @Test
  void theBytesDoNotDependOnTheOrderOfTheFindings() throws IOException {
    Finding a = Samples.finding(Colour.RED, "a.go", 9, "a");
    Finding b = Samples.finding(Colour.RED, "a.go", 10, "b");
    Finding c = Samples.finding(Colour.GREEN, "a.go", 1, "c");
    assertThat(json(Samples.report(c, b, a))).isEqualTo(json(Samples.report(a, b, c)));
  }

  @Test
  void anUnpairedSurrogateDoesNotLoseTheReport() throws IOException {
    String json = json(Samples.report(Samples.finding(Colour.RED, "a.go", 9, "half \ud83d end")));
    assertThat(json).contains("half ? end");
  }

  @Test
  void aFailingTargetIsAnIoException() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("no space left");
          }
        };
    for (ReportWriter writer :
        List.of(ReportWriter.json(), ReportWriter.sarif(), ReportWriter.text(80, false))) {
      Assertions.assertThatIOException()
          .isThrownBy(() -> writer.write(Samples.rich(), full))
          .withMessage("no space left");
    }
  }

  @Test
  void countsMustBeWordsAndNotNegative() {
    Report report = Samples.report();
    Assertions.assertThatIllegalArgumentException()
        .isThrownBy(() -> counted(report, Map.of("files", -1L)))
        .withMessageContaining("files=-1");
    Assertions.assertThatIllegalArgumentException()
        .isThrownBy(() -> counted(report, Map.of("Go files", 1L)))
        .withMessageContaining("Go files");
  }

  private static Report counted(Report report, Map<String, Long> counts) {
    return new Report(report.source(), report.scope(), List.of(), List.of(), List.of(), counts);
  }

  private static String json(Report report) throws IOException {
    return Samples.written(ReportWriter.json(), report);
  }
}
