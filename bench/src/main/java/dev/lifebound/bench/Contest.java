package dev.lifebound.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.LongUnaryOperator;

/** Variants of one work, run in alternating batches of about a millisecond. */
public final class Contest {
  private static final long BATCH_NANOS = 1_000_000;
  private static final int WARM_UP_ROUNDS = 300;

  /** One variant: does {@code ops} operations and returns something that depends on all of them. */
  private static final class Variant {
    final String name;
    final LongUnaryOperator batch;
    long ops;
    double[] nanosPerOp = {};

    Variant(String name, long ops, LongUnaryOperator batch) {
      this.name = name;
      this.ops = ops;
      this.batch = batch;
    }
  }

  private final String title;
  private final List<Variant> variants = new ArrayList<>();
  private long sink;

  /** A contest with this heading. */
  public Contest(String title) {
    this.title = title;
  }

  /**
   * Adds a variant.
   *
   * @param unit batches are a multiple of so many operations
   */
  public Contest with(String name, long unit, LongUnaryOperator batch) {
    variants.add(new Variant(name, unit, batch));
    return this;
  }

  /** Runs the rounds; each begins with another variant. */
  public Contest run(int rounds) {
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      for (Variant variant : variants) {
        double nanos = time(variant);
        if (i % 20 == 19) {
          long unit = variant.ops / Math.max(1, variant.ops / 1_000);
          double factor = Math.clamp(BATCH_NANOS / (nanos * variant.ops), 0.5, 2);
          variant.ops = Math.max(unit, (long) (variant.ops * factor) / 1_000 * 1_000);
        }
      }
    }
    for (Variant variant : variants) {
      variant.nanosPerOp = new double[rounds];
    }
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < variants.size(); i++) {
        Variant variant = variants.get((round + i) % variants.size());
        variant.nanosPerOp[round] = time(variant);
      }
    }
    variants.forEach(variant -> Arrays.sort(variant.nanosPerOp));
    print();
    return this;
  }

  private double time(Variant variant) {
    long start = System.nanoTime();
    sink ^= variant.batch.applyAsLong(variant.ops);
    return (double) (System.nanoTime() - start) / variant.ops;
  }

  /** Nanoseconds that the variant takes for an operation, at this part of its sorted rounds. */
  public double nanos(String name, double quantile) {
    for (Variant variant : variants) {
      if (variant.name.equals(name)) {
        return at(variant.nanosPerOp, quantile);
      }
    }
    throw new IllegalArgumentException("a variant must be in the contest: name=" + name);
  }

  String title() {
    return title;
  }

  /** The tenth percentile and the median of each variant. */
  List<Plots.Bar> bars() {
    return variants.stream()
        .map(variant ->
            new Plots.Bar(variant.name, at(variant.nanosPerOp, 0.1), at(variant.nanosPerOp, 0.5)))
        .toList();
  }

  /** The value at this part of sorted values. */
  public static double at(double[] sorted, double quantile) {
    return sorted[(int) (quantile * (sorted.length - 1))];
  }

  private void print() {
    System.out.printf(Locale.ROOT, "%n%s (sink %x)%n", title, sink & 0xf);
    System.out.printf(Locale.ROOT, "%-52s %9s %9s %9s %9s%n", "ns", "min", "p10", "median", "p90");
    for (Variant variant : variants) {
      double[] nanos = variant.nanosPerOp;
      System.out.printf(
          Locale.ROOT,
          "%-52s %9.2f %9.2f %9.2f %9.2f%n",
          variant.name,
          nanos[0],
          at(nanos, 0.1),
          at(nanos, 0.5),
          at(nanos, 0.9));
    }
  }
}
