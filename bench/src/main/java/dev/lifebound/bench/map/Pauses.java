package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** The time of each single put while a map grows from empty, and what the machine itself adds. */
final class Pauses implements Part {
  private static final int MILLION = 1_000_000;
  private static final int LARGE = 20_000_000;
  private static final long MOST_NANOS = 10_000_000_000L;
  private static final int DIGITS = 2;
  private static final double MICROS = 1e3;
  private static final String NOISE = "empty loop";

  @Override
  public void run(Plan plan, Figures figures, Plots plots) throws Exception {
    List<Subject> subjects =
        plan.quick()
            ? List.of(new Subjects.Ours(), new Subjects.Fastutil(), new Subjects.Boxed())
            : Subjects.all();
    Fills million = fills(subjects, Keys.random(MILLION, 0), 3, plan.rounds(7, 15));
    million.print(plots, "map-pauses-1e6");
    String ours = Subjects.OURS;
    String fastutil = Subjects.FASTUTIL;
    figures.add("maxput_vs_fastutil", million.max.ratio(ours, fastutil), 1.0 / 60);
    figures.add("noise_max_us", million.max.median(NOISE));
    figures.add("p9999_vs_fastutil", million.p9999.ratio(ours, fastutil), 5.5);
    if (!plan.quick()) {
      List<Subject> two = List.of(new Subjects.Ours(), new Subjects.Fastutil());
      Fills large = fills(two, Keys.random(LARGE, 0), 0, 5);
      large.print(plots, "map-pauses-2e7");
      figures.add(
          "maxput_2e7_vs_fastutil", large.max.min(ours) / large.max.min(fastutil), 1.0 / 200);
      figures.add("noise_max_2e7_us", large.max.min(NOISE));
    }
  }

  /** All fills to one size. */
  private static final class Fills {
    final int count;
    final Table p9999;
    final Table max;
    final Map<String, Histogram> all = new LinkedHashMap<>();

    Fills(int count) {
      this.count = count;
      String to = " of single puts growing to " + Throughput.text(count);
      p9999 = new Table("p99.99" + to, "us, over the fills");
      max = new Table("maximum" + to, "us, over the fills");
    }

    void note(String name, int round, int rounds, Histogram histogram) {
      if (round < 0) {
        return;
      }
      p9999.note(name, round, rounds, histogram.getValueAtPercentile(99.99) / MICROS);
      max.note(name, round, rounds, histogram.getMaxValue() / MICROS);
      all.computeIfAbsent(name, any -> histogram()).add(histogram);
    }

    void print(Plots plots, String file) throws Exception {
      System.out.printf(
          Locale.ROOT,
          "%n%-46s %9s %9s %9s %9s %9s %9s  ns%n",
          "single puts growing to " + Throughput.text(count) + ", all fills",
          "p50",
          "p99",
          "p99.9",
          "p99.99",
          "p99.999",
          "max");
      all.forEach((name, histogram) ->
          System.out.printf(
              Locale.ROOT,
              "  %-44s %9d %9d %9d %9d %9d %9d%n",
              name,
              histogram.getValueAtPercentile(50),
              histogram.getValueAtPercentile(99),
              histogram.getValueAtPercentile(99.9),
              histogram.getValueAtPercentile(99.99),
              histogram.getValueAtPercentile(99.999),
              histogram.getMaxValue()));
      p9999.print();
      max.print();
      List<Plots.Curve> curves = new ArrayList<>();
      all.forEach((name, histogram) -> curves.add(new Plots.Curve(name, histogram)));
      plots.latency(file, "single puts growing to " + Throughput.text(count), curves);
    }
  }

  private static Fills fills(List<Subject> subjects, Keys keys, int warmUp, int rounds) {
    int count = keys.present().length;
    Fills fills = new Fills(count);
    for (int round = -warmUp; round < rounds; round++) {
      long fillNanos = 0;
      for (int i = 0; i < subjects.size(); i++) {
        Subject subject = subjects.get(Math.floorMod(round + i, subjects.size()));
        System.gc();
        subject.open(count);
        long start = System.nanoTime();
        Histogram histogram = fill(subject, keys.present());
        if (subject.name.equals(Subjects.OURS)) {
          fillNanos = System.nanoTime() - start;
        }
        fills.note(subject.name, round, rounds, histogram);
        subject.close();
      }
      fills.note(NOISE, round, rounds, noise(fillNanos));
    }
    return fills;
  }

  /** One fill: microseconds of the p99.99 and of the maximum. */
  static double[] single(Subject subject, int count) {
    System.gc();
    subject.open(count);
    Histogram histogram = fill(subject, Keys.random(count, 0).present());
    subject.close();
    return new double[] {
      histogram.getValueAtPercentile(99.99) / MICROS, histogram.getMaxValue() / MICROS
    };
  }

  private static Histogram histogram() {
    return new Histogram(1, MOST_NANOS, DIGITS);
  }

  private static Histogram fill(Subject subject, long[] keys) {
    Histogram histogram = histogram();
    long before = System.nanoTime();
    for (int i = 0; i < keys.length; i++) {
      subject.put(keys[i], i);
      long after = System.nanoTime();
      histogram.recordValue(Math.min(after - before, MOST_NANOS));
      before = System.nanoTime();
    }
    return histogram;
  }

  /** The same loop without a map, for as long. */
  private static Histogram noise(long nanos) {
    Histogram histogram = histogram();
    long before = System.nanoTime();
    long end = before + nanos;
    while (before < end) {
      long after = System.nanoTime();
      histogram.recordValue(Math.min(after - before, MOST_NANOS));
      before = System.nanoTime();
    }
    return histogram;
  }
}
