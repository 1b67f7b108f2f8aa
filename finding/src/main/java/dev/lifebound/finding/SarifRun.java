package dev.lifebound.finding;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One run of a SARIF document, read into a report. */
final class SarifRun {
  private static final Set<String> NOT_A_HAZARD = Set.of("pass", "notApplicable");

  private final JsonNode run;
  private final JsonNode bag;
  private final Source source;
  private final Scope scope;
  private final SarifPlaces places;
  private final List<Notice> notices = new ArrayList<>();

  SarifRun(JsonNode run, Scope unnamed) {
    this.run = run;
    bag = run.path("properties").path(SarifReportWriter.BAG);
    places = new SarifPlaces(run);
    JsonNode driver = run.path("tool").path("driver");
    String version = Sarif.text(driver, "semanticVersion");
    Source imported =
        new Source(
            "imported",
            Sarif.textOr("unnamed tool", driver, "name"),
            version != null ? version : Sarif.textOr("unknown", driver, "version"));
    source = Objects.requireNonNullElse(source(bag.path("source")), imported);
    scope = Objects.requireNonNullElse(scope(bag.path("scope")), versionControl(unnamed));
  }

  Report report() {
    List<Rule> rules = new ArrayList<>();
    components().forEach(component -> component.path("rules").forEach(r -> rules.add(rule(r))));
    for (JsonNode invocation : run.path("invocations")) {
      notices(invocation.path("toolExecutionNotifications"));
      notices(invocation.path("toolConfigurationNotifications"));
      if (invocation.path("executionSuccessful").isBoolean()
          && !invocation.path("executionSuccessful").booleanValue()) {
        notice(
            "run-not-successful",
            "the tool says that its run did not succeed: tool=" + source.name());
      }
    }
    if (!run.path("externalPropertyFileReferences").path("results").isMissingNode()) {
      notice(
          "external-results-not-read",
          "results in external property files are not read; let the tool write one file");
    }
    List<Finding> findings = findings();
    Map<String, Long> counts = new TreeMap<>();
    bag.path("counts")
        .properties()
        .forEach(member ->
            counts.put(
                Sarif.word(member.getKey(), "things"), Math.max(0, member.getValue().asLong(0))));
    return new Report(source, scope, rules, findings, notices, counts);
  }

  private List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    int leftOut = 0;
    int index = 0;
    for (JsonNode result : run.path("results")) {
      if (NOT_A_HAZARD.contains(Sarif.textOr("fail", result, "kind"))
          || "absent".equals(Sarif.text(result, "baselineState"))) {
        leftOut++;
      } else if (!result.isObject()) {
        notice("result-malformed", "a result must be an object: index=" + index);
      } else {
        findings.add(new SarifResult(this, result).finding());
      }
      index++;
    }
    if (leftOut > 0) {
      notice(
          "results-left-out",
          "results that report a pass or a hazard that is gone are not findings: results="
              + leftOut);
    }
    return findings;
  }

  SarifPlaces places() {
    return places;
  }

  Source source() {
    return source;
  }

  Scope scope() {
    return scope;
  }

  /** A shared step of the run's {@code threadFlowLocations}. */
  JsonNode sharedStep(int index) {
    return run.path("threadFlowLocations").path(index);
  }

  /** The messages shared by all results of the tool. */
  JsonNode sharedMessages() {
    return run.path("tool").path("driver").path("globalMessageStrings");
  }

  /** The descriptor of the rule a result names by index or by identifier; missing when neither. */
  JsonNode descriptor(JsonNode result) {
    JsonNode reference = result.path("rule");
    JsonNode rules = component(reference.path("toolComponent")).path("rules");
    int index = Sarif.number(result, "ruleIndex", Sarif.number(reference, "index", -1));
    if (index >= 0) {
      return rules.path(index);
    }
    String id = Sarif.text(result, "ruleId");
    for (JsonNode rule : rules) {
      if (id != null && id.equals(Sarif.text(rule, "id"))) {
        return rule;
      }
    }
    return rules.path(-1);
  }

  private JsonNode component(JsonNode reference) {
    int index = Sarif.number(reference, "index", -1);
    JsonNode tool = run.path("tool");
    return index < 0 ? tool.path("driver") : tool.path("extensions").path(index);
  }

  private List<JsonNode> components() {
    List<JsonNode> components = new ArrayList<>();
    components.add(run.path("tool").path("driver"));
    run.path("tool").path("extensions").forEach(components::add);
    return components;
  }

  private Rule rule(JsonNode rule) {
    JsonNode own = rule.path("properties").path(SarifReportWriter.BAG);
    String id = Sarif.textOr("unnamed", rule, "id");
    String name = Sarif.textOr(id, rule, "name");
    String title = Sarif.textOr(name, rule, "shortDescription", "text");
    String help = Sarif.text(rule, "help", "text");
    return new Rule(
        id,
        title,
        Sarif.colour(Sarif.textOr("warning", rule, "defaultConfiguration", "level")),
        Sarif.word(Sarif.text(own, "language"), "any"),
        Sarif.textOr(title, rule, "fullDescription", "text"),
        help != null ? help : help(rule),
        Sarif.textOr("unknown", own, "since"));
  }

  /** What to do, where a rule says it only by reference. */
  String help(JsonNode rule) {
    String page = Sarif.text(rule, "helpUri");
    return page != null ? "see " + page : "see the documentation of " + source.name();
  }

  private void notices(JsonNode notifications) {
    for (JsonNode notification : notifications) {
      String level = Sarif.textOr("warning", notification, "level");
      String message = Sarif.message(notification.path("message"), sharedMessages());
      // Notes are progress ("file extracted"), one for each file in some tools.
      if (message != null && !level.equals("note") && !level.equals("none")) {
        notices.add(
            new Notice(
                Sarif.word(Sarif.text(notification, "descriptor", "id"), "notification"),
                message,
                places.location(notification.path("locations").path(0))));
      }
    }
  }

  private void notice(String code, String message) {
    notices.add(new Notice(code, message, null));
  }

  private Scope versionControl(Scope unnamed) {
    JsonNode control = run.path("versionControlProvenance").path(0);
    String branch = Sarif.text(control, "branch");
    String revision = Sarif.text(control, "revisionId");
    return new Scope(
        unnamed.project(),
        branch != null ? branch : unnamed.branch(),
        revision != null ? revision : unnamed.revision());
  }

  static @Nullable Source source(JsonNode source) {
    String kind = Sarif.text(source, "kind");
    String name = Sarif.text(source, "name");
    String version = Sarif.text(source, "version");
    return kind == null || name == null || version == null
        ? null
        : new Source(Sarif.word(kind, "imported"), name, version);
  }

  static @Nullable Scope scope(JsonNode scope) {
    String project = Sarif.text(scope, "project");
    return project == null
        ? null
        : new Scope(project, Sarif.text(scope, "branch"), Sarif.text(scope, "revision"));
  }
}
