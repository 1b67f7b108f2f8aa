package dev.lifebound.crash.lab;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Tells of the victims that no count of runs has. */
final class Discarded {
  private record Played(Scenario scenario, Case play) {}

  private Discarded() {}

  /** One sentence for each case that has some, in the order of the outcomes. */
  static List<String> of(List<Outcome> outcomes) {
    Map<Played, Map<String, Integer>> ends = new LinkedHashMap<>();
    for (Outcome outcome : outcomes) {
      for (Result result : outcome.discarded()) {
        int _ =
            ends.computeIfAbsent(
                    new Played(outcome.scenario(), outcome.play()), _ -> new LinkedHashMap<>())
                .merge(result.outcome(), 1, Integer::sum);
      }
    }
    return ends.entrySet().stream()
        .map(entry -> sentence(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static String sentence(Played played, Map<String, Integer> ends) {
    int victims = ends.values().stream().mapToInt(Integer::intValue).sum();
    return "Not counted above: "
        + victims
        + (victims == 1 ? " victim of " : " victims of ")
        + played.scenario().text()
        + ", "
        + played.play().text()
        + ", that ended otherwise before one did as expected or the tries were used up: "
        + ends.entrySet().stream()
            .map(end -> end.getValue() + " " + end.getKey())
            .collect(Collectors.joining(", "))
        + ".";
  }
}
