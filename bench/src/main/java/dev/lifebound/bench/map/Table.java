package dev.lifebound.bench.map;

import dev.lifebound.bench.Contest;
import dev.lifebound.bench.Plots;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** What the subjects of one row took, round by round. */
final class Table {
  private final String title;
  private final String unit;
  private final Map<String, double[]> rounds = new LinkedHashMap<>();

  Table(String title, String unit) {
    this.title = title;
    this.unit = unit;
  }

  void note(String name, int round, int of, double value) {
    rounds.computeIfAbsent(name, any -> new double[of])[round] = value;
  }

  double median(String name) {
    return at(name, 0.5);
  }

  double min(String name) {
    return at(name, 0);
  }

  private double[] values(String name) {
    return Objects.requireNonNull(rounds.get(name), () -> "a subject must be measured: " + name);
  }

  double max(String name) {
    return at(name, 1);
  }

  double mean(String name) {
    return Arrays.stream(values(name)).average().orElseThrow();
  }

  private double at(String name, double quantile) {
    double[] sorted = values(name).clone();
    Arrays.sort(sorted);
    return Contest.at(sorted, quantile);
  }

  /** The first against the second, by their medians. */
  double ratio(String name, String peer) {
    return median(name) / median(peer);
  }

  void print() {
    System.out.printf(
        Locale.ROOT,
        "%n%-46s %10s %10s %10s %10s  %s%n",
        title,
        "min",
        "p10",
        "median",
        "max",
        unit);
    for (String name : rounds.keySet()) {
      System.out.printf(
          Locale.ROOT,
          "  %-44s %10.2f %10.2f %10.2f %10.2f%n",
          name,
          at(name, 0),
          at(name, 0.1),
          at(name, 0.5),
          at(name, 1));
    }
  }

  List<Plots.Bar> bars() {
    return rounds.keySet().stream()
        .map(name -> new Plots.Bar(name, at(name, 0.1), at(name, 0.5)))
        .toList();
  }

  String title() {
    return title;
  }

  String unit() {
    return unit;
  }
}
