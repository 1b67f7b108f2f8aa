package dev.lifebound.crash.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Outcomes for people: a table, what each victim saw, and one closing sentence. No line is longer
 * than 80 characters, colours not counted.
 *
 * <p>Runs of a scenario in a mode that ended alike are one line; with more than one run the line
 * says how many they are.
 */
public final class LabTable {
  private static final int WIDTH = 80;
  private static final String ROW = "%-14s  %-11s  %s  %s%s";
  private static final int OUTCOME_WIDTH = 22;
  private static final int INDENT = 15;

  private static final Pattern OWN_PACKAGE = Pattern.compile("\\bdev\\.lifebound(?:\\.[a-z]+)+\\.");

  private static final String RED = "\u001b[31m";
  private static final String GREEN = "\u001b[32m";
  private static final String YELLOW = "\u001b[33m";
  private static final String PLAIN = "\u001b[0m";

  private final List<Outcome> outcomes;
  private final boolean colours;
  private final StringBuilder out = new StringBuilder();

  private LabTable(List<Outcome> outcomes, boolean colours) {
    this.outcomes = outcomes;
    this.colours = colours;
  }

  /**
   * The whole text; ends with a line break.
   *
   * @param colours whether to colour the outcomes by ANSI escapes
   */
  public static String render(List<Outcome> outcomes, boolean colours) {
    LabTable table = new LabTable(outcomes, colours);
    table.rows();
    table.details();
    table.closing();
    return table.out.toString();
  }

  /** Runs that ended alike: the first of them stands for all. */
  private record Alike(Outcome first, int count, int of) {}

  private List<Alike> groups() {
    Map<List<Object>, List<Outcome>> alike = new LinkedHashMap<>();
    Map<List<Object>, Integer> runs = new LinkedHashMap<>();
    for (Scenario scenario : Scenario.values()) {
      for (Mode mode : Mode.values()) {
        for (Outcome outcome : outcomes) {
          if (outcome.scenario() == scenario && outcome.mode() == mode) {
            String text = outcome.result().outcome();
            alike
                .computeIfAbsent(
                    List.of(scenario, mode, text, outcome.expected()), _ -> new ArrayList<>())
                .add(outcome);
            runs.merge(List.of(scenario, mode), 1, Integer::sum);
          }
        }
      }
    }
    List<Alike> groups = new ArrayList<>();
    for (List<Outcome> group : alike.values()) {
      Outcome first = group.getFirst();
      int of = runs.getOrDefault(List.of(first.scenario(), first.mode()), 0);
      groups.add(new Alike(first, group.size(), of));
    }
    return groups;
  }

  private void rows() {
    List<Alike> groups = groups();
    boolean repeated = groups.stream().anyMatch(group -> group.of() > 1);
    line(
        ROW.formatted(
            "SCENARIO", "MODE", padded("OUTCOME"), repeated ? runs("RUNS") : "", "AS EXPECTED"));
    String before = "";
    for (Alike group : groups) {
      Outcome outcome = group.first();
      String name = outcome.scenario().text();
      line(
          ROW.formatted(
              name.equals(before) ? "" : name,
              outcome.mode().text(),
              coloured(padded(outcome.result().outcome()), outcome),
              repeated ? runs(group.count() + "/" + group.of()) : "",
              outcome.ran() ? (outcome.expected() ? "yes" : "NO") : "-"));
      before = name;
    }
  }

  private void details() {
    String before = "";
    for (Alike group : groups()) {
      Outcome outcome = group.first();
      Scenario scenario = outcome.scenario();
      if (!scenario.text().equals(before)) {
        line("");
        line(scenario.text() + ": " + scenario.summary());
        before = scenario.text();
      }
      List<String> detail = Wrap.lines(detail(outcome.result()), WIDTH - INDENT);
      for (int i = 0; i < detail.size(); i++) {
        line(
            ("%-" + INDENT + "s%s")
                .formatted(i == 0 ? "  " + outcome.mode().text() : "", detail.get(i)));
      }
    }
  }

  /** Our own package names and the frames that all victims share say nothing to a reader. */
  private static String detail(Result result) {
    return result
        .detail()
        .lines()
        .filter(line -> !line.contains(VictimMain.class.getName()))
        .map(line -> OWN_PACKAGE.matcher(line).replaceAll(""))
        .collect(Collectors.joining("\n"));
  }

  private void closing() {
    line("");
    Wrap.lines(ClosingSentence.of(outcomes), WIDTH).forEach(this::line);
  }

  private void line(String text) {
    out.append(text.stripTrailing()).append('\n');
  }

  private static String runs(String count) {
    return "%7s  ".formatted(count);
  }

  private static String padded(String outcome) {
    return ("%-" + OUTCOME_WIDTH + "s").formatted(outcome);
  }

  private String coloured(String text, Outcome outcome) {
    if (!colours) {
      return text;
    }
    String colour =
        switch (outcome.result()) {
          case Result.SilentWrongData _, Result.Crash _, Result.Abort _ -> RED;
          case Result.Thrown _ -> GREEN;
          case Result.NoHarm _, Result.Timeout _, Result.Failed _, Result.NotRun _ -> YELLOW;
        };
    return colour + text + PLAIN;
  }
}
