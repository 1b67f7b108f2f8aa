package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The figures of a run by name, with the goal of those that have one. */
final class Figures {
  private final Map<String, Double> values = new LinkedHashMap<>();
  private final List<Plots.Bar> goals = new ArrayList<>();

  /** A figure without a goal. */
  void add(String name, double value) {
    values.put(name, value);
  }

  /** A ratio that must not exceed its goal. */
  void add(String name, double value, double goal) {
    add(name, value);
    goals.add(new Plots.Bar(name, value, goal));
  }

  List<Plots.Bar> goals() {
    return List.copyOf(goals);
  }

  String line() {
    StringBuilder line = new StringBuilder("figures:");
    values.forEach(
        (name, value) -> line.append(String.format(Locale.ROOT, " %s=%s", name, text(value))));
    return line.toString();
  }

  private static String text(double value) {
    return String.format(Locale.ROOT, value < 0.1 ? "%.5f" : "%.3f", value);
  }
}
