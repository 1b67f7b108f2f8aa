package dev.lifebound.finding;

import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The format {@code lifebound-findings/1}, described in {@code docs/formats/findings.md} and by the
 * schema {@code findings-schema.json} beside this class.
 */
final class JsonReportWriter implements ReportWriter {
  static final String FORMAT = "lifebound-findings/1";

  @Override
  public void write(Report report, OutputStream out) throws IOException {
    JsonOut.write(
        out,
        json -> {
          json.text("format", FORMAT);
          json.object("source", () -> source(json, report.source()));
          json.object("scope", () -> scope(json, report.scope()));
          json.object("summary", () -> summary(json, report));
          json.objects("rules", report.rules(), rule -> rule(json, rule));
          json.objects("findings", report.findings(), finding -> finding(json, finding));
          json.objects("notices", report.notices(), notice -> notice(json, notice));
        });
  }

  static void source(JsonOut json, Source source) {
    json.text("kind", source.kind());
    json.text("name", source.name());
    json.text("version", source.version());
  }

  static void scope(JsonOut json, Scope scope) {
    json.text("project", scope.project());
    json.text("branch", scope.branch());
    json.text("revision", scope.revision());
  }

  static void subject(JsonOut json, Subject subject) {
    json.text("kind", subject.kind());
    json.text("name", subject.name());
    json.texts("attributes", subject.attributes());
  }

  static void evidence(JsonOut json, Evidence evidence) {
    json.text("kind", evidence.kind());
    json.text("text", evidence.text());
    json.texts("attributes", evidence.attributes());
  }

  private static void summary(JsonOut json, Report report) {
    for (Colour colour : Colour.values()) {
      json.number(colour.text(), report.count(colour));
    }
    json.number("notices", report.notices().size());
    json.object("counts", () -> report.counts().forEach(json::number));
  }

  private static void rule(JsonOut json, Rule rule) {
    json.text("id", rule.id());
    json.text("title", rule.title());
    json.text("colour", rule.colour().text());
    json.text("language", rule.language());
    json.text("description", rule.description());
    json.text("remedy", rule.remedy());
    json.text("since", rule.since());
  }

  private static void finding(JsonOut json, Finding finding) {
    json.text("rule", finding.rule());
    json.text("colour", finding.colour().text());
    json.text("colourReason", finding.colourReason());
    json.text("message", finding.message());
    json.text("remedy", finding.remedy());
    json.object("source", () -> source(json, finding.source()));
    json.object("scope", () -> scope(json, finding.scope()));
    json.object("subject", () -> subject(json, finding.subject()));
    json.objects("related", finding.related(), subject -> subject(json, subject));
    json.object("location", () -> location(json, finding.location()));
    json.objects("path", finding.path(), step -> step(json, step));
    json.texts("fingerprints", finding.fingerprints());
    json.objects("evidence", finding.evidence(), evidence -> evidence(json, evidence));
  }

  private static void step(JsonOut json, Step step) {
    json.text("role", step.role());
    json.text("message", step.message());
    json.object("location", () -> location(json, step.location()));
  }

  private static void notice(JsonOut json, Notice notice) {
    json.text("code", notice.code());
    json.text("message", notice.message());
    Location location = notice.location();
    if (location != null) {
      json.object("location", () -> location(json, location));
    }
  }

  private static void location(JsonOut json, Location location) {
    json.text("path", location.path());
    region(json, location.region());
    json.text("function", location.function());
    json.text("snippet", location.snippet());
  }

  /** The members of a region, named as SARIF names them. */
  static void region(JsonOut json, @Nullable Region region) {
    if (region != null) {
      json.number("startLine", region.startLine());
      json.number("startColumn", region.startColumn());
      json.number("endLine", region.endLine());
      json.number("endColumn", region.endColumn());
    }
  }
}
