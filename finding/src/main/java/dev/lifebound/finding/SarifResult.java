package dev.lifebound.finding;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One result of a SARIF run, read into a finding. */
final class SarifResult {
  private final SarifRun run;
  private final JsonNode result;
  private final JsonNode rule;

  /** What our own writer added; missing in the results of other tools. */
  private final JsonNode own;

  SarifResult(SarifRun run, JsonNode result) {
    this.run = run;
    this.result = result;
    rule = run.descriptor(result);
    own = result.path("properties").path(SarifReportWriter.BAG);
  }

  Finding finding() {
    String id = ruleId();
    String level = level();
    Location location = location();
    Source source = Objects.requireNonNullElse(SarifRun.source(own.path("source")), run.source());
    String message = message(id);
    String help = Sarif.text(rule, "help", "text");
    return new Finding(
        id,
        Sarif.colour(level),
        Sarif.textOr("level " + level + " of " + source.name(), own, "colourReason"),
        message,
        Sarif.textOr(help != null ? help : run.help(rule), own, "remedy"),
        source,
        Objects.requireNonNullElse(SarifRun.scope(own.path("scope")), run.scope()),
        subject(location),
        related(),
        location,
        path(),
        fingerprints(source, id, location, message),
        evidence(source));
  }

  private String ruleId() {
    String id = Sarif.text(result, "ruleId");
    if (id == null) {
      id = Sarif.text(result, "rule", "id");
    }
    return id != null ? id : Sarif.textOr("unnamed", rule, "id");
  }

  private String level() {
    String level = Sarif.text(result, "level");
    if (level != null) {
      return level;
    }
    return Sarif.textOr("fail", result, "kind").equals("fail")
        ? Sarif.textOr("warning", rule, "defaultConfiguration", "level")
        : "none";
  }

  private String message(String id) {
    String message = Sarif.message(result.path("message"), rule.path("messageStrings"));
    if (message == null) {
      message = Sarif.message(result.path("message"), run.sharedMessages());
    }
    return message != null ? message : Sarif.textOr(id, rule, "shortDescription", "text");
  }

  private Location location() {
    Location location = run.places().location(result.path("locations").path(0));
    return location != null
        ? location
        : new Location(
            SarifPlaces.ROOT, null, run.places().function(result.path("locations").path(0)), null);
  }

  private Subject subject(Location location) {
    Subject subject = subject(own.path("subject"));
    return subject != null ? subject : Subject.of(Subject.FILE, location.path());
  }

  private List<Subject> related() {
    List<Subject> related = new ArrayList<>();
    for (JsonNode node : own.path("related")) {
      Subject subject = subject(node);
      if (subject != null) {
        related.add(subject);
      }
    }
    for (int i = 1; i < result.path("locations").size(); i++) {
      related(result.path("locations").path(i), related);
    }
    result.path("relatedLocations").forEach(place -> related(place, related));
    return related;
  }

  /** A further place of another tool, as a subject of kind file. */
  private void related(JsonNode place, List<Subject> related) {
    Location location = run.places().location(place);
    if (location != null) {
      Map<String, String> attributes = new TreeMap<>();
      Region region = location.region();
      if (region != null) {
        attributes.put("line", String.valueOf(region.startLine()));
      }
      String message = Sarif.message(place.path("message"), run.sharedMessages());
      if (message != null) {
        attributes.put("message", message);
      }
      related.add(new Subject(Subject.FILE, location.path(), attributes));
    }
  }

  /** The steps of the first code flow; the other flows tell the same hazard another way. */
  private List<Step> path() {
    List<Step> steps = new ArrayList<>();
    for (JsonNode flow : result.path("codeFlows").path(0).path("threadFlows")) {
      for (JsonNode stepOrIndex : flow.path("locations")) {
        int index = Sarif.number(stepOrIndex, "index", -1);
        JsonNode step =
            stepOrIndex.has("location") || index < 0 ? stepOrIndex : run.sharedStep(index);
        Location location = run.places().location(step.path("location"));
        if (location != null) {
          String role = Sarif.word(Sarif.text(step.path("kinds").path(0)), "step");
          String message =
              Sarif.message(step.path("location").path("message"), run.sharedMessages());
          steps.add(new Step(role, location, message != null ? message : role));
        }
      }
    }
    return steps;
  }

  private Map<String, String> fingerprints(
      Source source, String id, Location location, String message) {
    Map<String, String> fingerprints = new TreeMap<>(Sarif.texts(result.path("fingerprints")));
    fingerprints.putAll(Sarif.texts(result.path("partialFingerprints")));
    if (own.isMissingNode() || fingerprints.isEmpty()) {
      fingerprints.put(
          Fingerprint.IMPORTED,
          Fingerprint.of(
              source.name(),
              id,
              location.path(),
              Objects.requireNonNullElse(location.snippet(), message).strip()));
    }
    return fingerprints;
  }

  private List<Evidence> evidence(Source source) {
    List<Evidence> evidence = new ArrayList<>();
    for (JsonNode node : own.path("evidence")) {
      String text = Sarif.text(node, "text");
      if (text != null) {
        evidence.add(
            new Evidence(
                Sarif.word(Sarif.text(node, "kind"), "imported-result"),
                text,
                Sarif.texts(node.path("attributes"))));
      }
    }
    if (evidence.isEmpty()) {
      String text = "reported by " + source.name() + " " + source.version();
      evidence.add(new Evidence("imported-result", text, Map.of()));
    }
    for (JsonNode suppression : result.path("suppressions")) {
      evidence.add(
          new Evidence(
              "suppression",
              Sarif.textOr("suppressed without a justification", suppression, "justification"),
              Map.of("status", Sarif.textOr("accepted", suppression, "status"))));
    }
    return evidence;
  }

  private static @Nullable Subject subject(JsonNode subject) {
    String name = Sarif.text(subject, "name");
    return name == null
        ? null
        : new Subject(
            Sarif.word(Sarif.text(subject, "kind"), Subject.FILE),
            name,
            Sarif.texts(subject.path("attributes")));
  }
}
