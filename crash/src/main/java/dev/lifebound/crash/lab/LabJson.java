package dev.lifebound.crash.lab;

import java.util.List;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Outcomes as JSON: an array with one object per run. The schema is in docs/formats/lab.md. */
public final class LabJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final double NANOS_PER_MICRO = 1e3;

  private LabJson() {}

  /** The outcomes in their order; ends with a line break. */
  public static String render(List<Outcome> outcomes) {
    ArrayNode array = MAPPER.createArrayNode();
    for (Outcome outcome : outcomes) {
      fill(array.addObject(), outcome);
    }
    return MAPPER.writeValueAsString(array) + "\n";
  }

  private static void fill(ObjectNode object, Outcome outcome) {
    Result result = outcome.result();
    object.put("scenario", outcome.scenario().text());
    object.put("case", outcome.play().text());
    object.put("language", outcome.play().language().text());
    object.put("mode", outcome.mode().text());
    object.put("outcome", outcome.ran() ? result.outcome() : null);
    object.put("signal", result.signal());
    object.put("frame", result.topFrame());
    object.put("exception", result instanceof Result.Thrown thrown ? thrown.text() : null);
    object.put("detail", outcome.ran() ? result.detail() : null);
    object.put(
        "after_micros",
        outcome.after().map(after -> after.toNanos() / NANOS_PER_MICRO).orElse(null));
    object.put("expected", outcome.ran() ? Boolean.valueOf(outcome.expected()) : null);
    object.put("not_run", result instanceof Result.NotRun notRun ? notRun.reason() : null);
    object.put("discarded", outcome.discarded().size());
  }
}
