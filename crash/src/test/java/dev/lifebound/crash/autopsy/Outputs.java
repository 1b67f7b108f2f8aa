package dev.lifebound.crash.autopsy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.harrel.jsonschema.Validator;
import dev.harrel.jsonschema.ValidatorFactory;
import dev.harrel.jsonschema.providers.GsonNode;
import dev.lifebound.finding.Report;
import dev.lifebound.finding.ReportWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.xml.sax.InputSource;

/** Every output of an autopsy, held to its form. */
final class Outputs {
  private static final Pattern TAGS =
      Pattern.compile(
          "</?(?:html|head|meta|title|style|body|main|p|h1|h2|ul|li|dl|dt|dd|figure|figcaption|table"
              + "|caption|tr|th|td|br|code|pre|a|strong|svg|desc|rect|line|circle|text)\\b[^<>]*>");
  private static final Pattern SVG = Pattern.compile("(?s)<svg.*?</svg>");
  private static final Validator VALIDATOR =
      new ValidatorFactory().withJsonNodeFactory(new GsonNode.Factory()).createValidator();
  private static final URI AUTOPSY = VALIDATOR.registerSchema(schema());
  private static final URI SARIF = VALIDATOR.registerSchema(sarifSchema());

  private Outputs() {}

  private static String schema() {
    try {
      String page = Files.readString(Path.of("..", "docs", "formats", "autopsy.md"));
      return page.substring(page.indexOf("```json") + 7, page.lastIndexOf("```"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sarifSchema() {
    try (InputStream in = Outputs.class.getResourceAsStream("/schema/sarif-schema-2.1.0.json")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String written(AutopsyWriter writer, Autopsy autopsy) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(autopsy, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  /** Writes all of them, and fails where one is not of its form. */
  static void check(Autopsy autopsy) throws Exception {
    text(autopsy);
    valid(AUTOPSY, written(AutopsyWriter.json(), autopsy));
    html(written(AutopsyWriter.html(), autopsy));
    sarif(AutopsyFindings.report(autopsy, "0.1.0"));
  }

  static void sarif(Report report) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ReportWriter.sarif().write(report, out);
    valid(SARIF, out.toString(StandardCharsets.UTF_8));
  }

  private static void text(Autopsy autopsy) throws IOException {
    for (int width : new int[] {30, 40, 80, 200}) {
      String text = written(AutopsyWriter.text(width, false), autopsy);
      assertThat(text.codePoints().filter(c -> c != '\n' && Character.isISOControl(c)).toArray())
          .as("what a terminal would act on")
          .isEmpty();
      assertThat(text.lines())
          .allSatisfy(
              line -> assertThat(line.codePointCount(0, line.length())).isLessThanOrEqualTo(width));
    }
  }

  private static void valid(URI schema, String json) {
    assertThat(VALIDATOR.validate(schema, json).getErrors()).as(json).isEmpty();
  }

  private static void html(String html) throws Exception {
    String style = html.replaceFirst("(?s)<style>.*?</style>", "");
    String left = TAGS.matcher(style.replaceFirst("<!DOCTYPE html>", "")).replaceAll("");
    assertThat(left).as("a mark that is none of the page's own").doesNotContain("<", ">");
    assertThat(left.replaceAll("&(?:amp|lt|gt|quot|#39);", "")).doesNotContain("&");
    assertThat(TAGS.matcher(style).results().map(MatchResult::group))
        .noneMatch(tag -> tag.matches("(?s).*(?:javascript:| src=|\\son\\w+=).*"));
    Matcher pictures = SVG.matcher(html);
    while (pictures.find()) {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      var _ =
          factory.newDocumentBuilder().parse(new InputSource(new StringReader(pictures.group())));
    }
  }
}
