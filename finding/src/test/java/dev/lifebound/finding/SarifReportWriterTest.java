package dev.lifebound.finding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SarifReportWriterTest {
  @Test
  void everyPartOfTheModelFitsTheOfficialSchema() throws IOException {
    Schemas.assertValid(Schemas.SARIF, sarif(Samples.rich()));
    Schemas.assertValid(Schemas.SARIF, sarif(Samples.report()));
  }

  @Test
  void theOfficialSchemaIsReallyApplied() throws IOException {
    String sarif = sarif(Samples.rich());
    for (String wrong :
        List.of(
            sarif.replaceFirst("\"level\" : \"error\"", "\"level\" : \"red\""),
            sarif.replaceFirst("\"startLine\" : 3", "\"startLine\" : 0"),
            sarif.replaceFirst("\"driver\"", "\"pilot\""),
            sarif.replaceFirst("\"executionSuccessful\" : true,", ""))) {
      assertThat(wrong).isNotEqualTo(sarif);
      assertThat(Schemas.validate(Schemas.SARIF, wrong).isValid()).isFalse();
    }
  }

  @Test
  void readingOurOwnOutputGivesTheSameReport() throws IOException {
    for (Report report : List.of(Samples.rich(), Samples.report())) {
      byte[] sarif = sarif(report).getBytes(StandardCharsets.UTF_8);
      assertThat(SarifReader.read(new ByteArrayInputStream(sarif), Scope.ofProject("unused")))
          .containsExactly(report);
    }
  }

  @Test
  void theCodeFlowHoldsTheStepsInOrder() throws IOException {
    JsonNode result = result(Samples.report(Samples.finding(Colour.RED, "a.go", 40, "m")));
    JsonNode steps = result.at("/codeFlows/0/threadFlows/0/locations");
    assertThat(steps.size()).isEqualTo(3);
    assertThat(steps.at("/0/kinds/0").stringValue()).isEqualTo("insert");
    assertThat(steps.at("/1/kinds/0").stringValue()).isEqualTo("free");
    assertThat(steps.at("/2/location/physicalLocation/region/startLine").intValue()).isEqualTo(61);
    assertThat(steps.at("/2/location/message/text").stringValue())
        .isEqualTo("the entry is still read");
  }

  @Test
  void pathsAreUriReferences() throws IOException {
    assertThat(uri("a b/ä:1.go")).isEqualTo("a%20b/%C3%A4%3A1.go");
    assertThat(uri("/srv/x.go")).isEqualTo("file:///srv/x.go");
    assertThat(uri("C:/x.go")).isEqualTo("file:///C:/x.go");
  }

  @Test
  void everyPathComesBack() {
    for (String path :
        List.of(
            "a.go",
            "./a.go",
            "../a.go",
            "/",
            "/C:/x",
            "C:/x",
            "c:x",
            "//h/x",
            "a%20b",
            "a+b#?",
            "http://x/y",
            "file:x",
            "日本/🚀.go",
            "lib.jar!/p/A$1.class")) {
      assertThat(SarifUris.path(SarifUris.uri(path))).isEqualTo(path);
    }
  }

  @Test
  void theBytesAreTheSameEachTime() throws IOException {
    assertThat(sarif(Samples.rich())).isEqualTo(sarif(Samples.rich()));
  }

  private static String uri(String path) throws IOException {
    return result(Samples.report(Samples.finding(Colour.RED, path, 1, "m")))
        .at("/locations/0/physicalLocation/artifactLocation/uri")
        .stringValue();
  }

  private static JsonNode result(Report report) throws IOException {
    return new JsonMapper().readTree(sarif(report)).at("/runs/0/results/0");
  }

  private static String sarif(Report report) throws IOException {
    return Samples.written(ReportWriter.sarif(), report);
  }
}
