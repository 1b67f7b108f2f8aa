package dev.lifebound.finding;

import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * SARIF 2.1.0 in the profile of {@code docs/formats/sarif.md}.
 *
 * <p>What SARIF has a place for goes there; the rest goes into the property bag {@value #BAG} of
 * the run, the rule or the result, so that {@link SarifReader} gives back the same report.
 */
final class SarifReportWriter implements ReportWriter {
  static final String SCHEMA =
      "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
  static final String BAG = "lifebound";
  static final String ROOT = "%SRCROOT%";

  @Override
  public void write(Report report, OutputStream out) throws IOException {
    JsonOut.write(
        out,
        json -> {
          json.text("$schema", SCHEMA);
          json.text("version", "2.1.0");
          json.objects("runs", List.of(report), run -> run(json, run));
        });
  }

  private static void run(JsonOut json, Report report) {
    json.object("tool", () -> json.object("driver", () -> driver(json, report)));
    json.objects("invocations", List.of(report), run -> invocation(json, run));
    json.text("columnKind", "utf16CodeUnits");
    Map<String, Integer> ruleIndex = new HashMap<>();
    for (int i = 0; i < report.rules().size(); i++) {
      ruleIndex.putIfAbsent(report.rules().get(i).id(), i);
    }
    json.objects("results", report.findings(), finding -> result(json, report, finding, ruleIndex));
    bag(
        json,
        () -> {
          json.object("source", () -> JsonReportWriter.source(json, report.source()));
          json.object("scope", () -> JsonReportWriter.scope(json, report.scope()));
          json.object("counts", () -> report.counts().forEach(json::number));
        });
  }

  private static void driver(JsonOut json, Report report) {
    json.text("name", report.source().name());
    json.text("version", report.source().version());
    json.objects("rules", report.rules(), rule -> rule(json, rule));
  }

  private static void rule(JsonOut json, Rule rule) {
    json.text("id", rule.id());
    message(json, "shortDescription", rule.title());
    message(json, "fullDescription", rule.description());
    message(json, "help", rule.remedy());
    json.object("defaultConfiguration", () -> json.text("level", rule.colour().sarifLevel()));
    bag(
        json,
        () -> {
          json.text("language", rule.language());
          json.text("since", rule.since());
        });
  }

  private static void invocation(JsonOut json, Report report) {
    json.truth("executionSuccessful", true);
    json.objects("toolExecutionNotifications", report.notices(), notice -> notice(json, notice));
  }

  private static void notice(JsonOut json, Notice notice) {
    json.object("descriptor", () -> json.text("id", notice.code()));
    json.text("level", "warning");
    message(json, "message", notice.message());
    Location location = notice.location();
    if (location != null) {
      json.objects("locations", List.of(location), place -> location(json, place));
    }
  }

  private static void result(
      JsonOut json, Report report, Finding finding, Map<String, Integer> ruleIndex) {
    json.text("ruleId", finding.rule());
    Integer index = ruleIndex.get(finding.rule());
    if (index != null) {
      json.number("ruleIndex", index);
    }
    json.text("level", finding.colour().sarifLevel());
    message(json, "message", finding.message());
    json.objects("locations", List.of(finding.location()), place -> location(json, place));
    if (!finding.path().isEmpty()) {
      json.objects("codeFlows", List.of(finding.path()), path -> codeFlow(json, path));
    }
    json.texts("partialFingerprints", finding.fingerprints());
    bag(json, () -> ownFacts(json, report, finding));
  }

  private static void codeFlow(JsonOut json, List<Step> path) {
    json.objects(
        "threadFlows",
        List.of(path),
        flow -> json.objects("locations", flow, step -> step(json, step)));
  }

  private static void step(JsonOut json, Step step) {
    json.texts("kinds", step.role());
    json.object(
        "location",
        () -> {
          location(json, step.location());
          message(json, "message", step.message());
        });
  }

  private static void ownFacts(JsonOut json, Report report, Finding finding) {
    json.text("colour", finding.colour().text());
    json.text("colourReason", finding.colourReason());
    json.text("remedy", finding.remedy());
    json.object("subject", () -> JsonReportWriter.subject(json, finding.subject()));
    json.objects("related", finding.related(), subject -> JsonReportWriter.subject(json, subject));
    json.objects(
        "evidence", finding.evidence(), evidence -> JsonReportWriter.evidence(json, evidence));
    if (!finding.source().equals(report.source())) {
      json.object("source", () -> JsonReportWriter.source(json, finding.source()));
    }
    if (!finding.scope().equals(report.scope())) {
      json.object("scope", () -> JsonReportWriter.scope(json, finding.scope()));
    }
  }

  private static void location(JsonOut json, Location location) {
    json.object(
        "physicalLocation",
        () -> {
          json.object("artifactLocation", () -> artifact(json, location.path()));
          String snippet = location.snippet();
          if (location.region() != null || snippet != null) {
            json.object(
                "region",
                () -> {
                  JsonReportWriter.region(json, location.region());
                  if (snippet != null) {
                    message(json, "snippet", snippet);
                  }
                });
          }
        });
    String function = location.function();
    if (function != null) {
      json.objects(
          "logicalLocations",
          List.of(function),
          name -> {
            json.text("fullyQualifiedName", name);
            json.text("kind", "function");
          });
    }
  }

  private static void artifact(JsonOut json, String path) {
    json.text("uri", SarifUris.uri(path));
    if (!SarifUris.absolute(path)) {
      json.text("uriBaseId", ROOT);
    }
  }

  private static void message(JsonOut json, String name, String text) {
    json.object(name, () -> json.text("text", text));
  }

  private static void bag(JsonOut json, Runnable members) {
    json.object("properties", () -> json.object(BAG, members));
  }
}
