package dev.lifebound.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;

/** Draws what was measured as bar charts, one SVG file each; nothing without {@code --plot DIR}. */
public final class Plots {
  private static final int WIDTH_PER_NAME = 210;
  private static final int MIN_WIDTH = 560;
  private static final int HEIGHT = 320;
  private static final double FILL = 0.7;
  private static final int CURVES_WIDTH = 900;
  private static final int CURVES_HEIGHT = 420;
  private static final int TICKS_PER_HALF = 5;

  private final @Nullable Path folder;

  private Plots(@Nullable Path folder) {
    this.folder = folder;
  }

  /** One name on the axis and its two bars. */
  public record Bar(String name, double first, double second) {}

  /**
   * As the command line asks.
   *
   * @throws IllegalArgumentException when {@code --plot} has no folder behind it
   */
  public static Plots of(List<String> args) {
    int at = args.indexOf("--plot");
    if (at < 0) {
      return new Plots(null);
    }
    if (at + 1 == args.size()) {
      throw new IllegalArgumentException("--plot must be followed by a folder: folder=none");
    }
    return new Plots(Path.of(args.get(at + 1)));
  }

  /** The tenth percentile and the median of every variant. */
  public void draw(String file, Contest contest) throws IOException {
    draw(file, contest.title(), "ns", "p10", "median", contest.bars());
  }

  /** Ratios beside the goals they must not exceed. */
  public void goals(String file, List<Bar> bars) throws IOException {
    draw(file, "ours against the peer: at most the goal", "ratio", "measured", "goal", bars);
  }

  /** Any two rows of bars. */
  public void draw(
      String file, String title, String unit, String first, String second, List<Bar> bars)
      throws IOException {
    if (folder == null) {
      return;
    }
    Files.createDirectories(folder);
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(Math.max(MIN_WIDTH, bars.size() * WIDTH_PER_NAME))
            .height(HEIGHT)
            .title(title)
            .yAxisTitle(unit)
            .theme(Styler.ChartTheme.GGPlot2)
            .build();
    chart
        .getStyler()
        .setLabelsVisible(true)
        .setLabelsPosition(1)
        .setAvailableSpaceFill(FILL)
        .setYAxisMin(0.0)
        .setLegendPosition(Styler.LegendPosition.OutsideE)
        .setDecimalPattern("0.###");
    chart.addSeries(first, names(bars), values(bars, Bar::first));
    chart.addSeries(second, names(bars), values(bars, Bar::second));
    save(chart, file);
  }

  /** A name and points from left to right. */
  public record Line(String name, List<Double> x, List<Double> y) {
    public Line {
      x = List.copyOf(x);
      y = List.copyOf(y);
    }
  }

  /** How something changes over something, from zero up. */
  public void lines(String file, String title, String xTitle, String yTitle, List<Line> lines)
      throws IOException {
    if (folder == null) {
      return;
    }
    Files.createDirectories(folder);
    XYChart chart = curves(title, xTitle, yTitle);
    chart.getStyler().setYAxisMin(0.0);
    for (Line line : lines) {
      chart.addSeries(line.name, line.x, line.y);
    }
    save(chart, file);
  }

  /** A name and what it took. */
  public record Curve(String name, Histogram histogram) {}

  /** Latency over the part of operations that took longer, both on logarithmic axes. */
  public void latency(String file, String title, List<Curve> curves) throws IOException {
    if (folder == null) {
      return;
    }
    Files.createDirectories(folder);
    XYChart chart =
        curves(title, "slower than this part of the operations: 1 in ...", "nanoseconds");
    chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
    for (Curve curve : curves) {
      List<Double> parts = new ArrayList<>();
      List<Double> nanos = new ArrayList<>();
      for (HistogramIterationValue value : curve.histogram.percentiles(TICKS_PER_HALF)) {
        double slower = 1 - value.getPercentileLevelIteratedTo() / 100;
        if (slower > 0) {
          parts.add(1 / slower);
          nanos.add((double) Math.max(1, value.getValueIteratedTo()));
        }
      }
      chart.addSeries(curve.name, parts, nanos);
    }
    save(chart, file);
  }

  private static XYChart curves(String title, String xTitle, String yTitle) {
    XYChart chart =
        new XYChartBuilder()
            .width(CURVES_WIDTH)
            .height(CURVES_HEIGHT)
            .title(title)
            .xAxisTitle(xTitle)
            .yAxisTitle(yTitle)
            .theme(Styler.ChartTheme.GGPlot2)
            .build();
    chart.getStyler().setMarkerSize(0).setLegendPosition(Styler.LegendPosition.OutsideE);
    return chart;
  }

  private void save(Chart<?, ?> chart, String file) throws IOException {
    Path target = Objects.requireNonNull(folder).resolve(file + ".svg");
    VectorGraphicsEncoder.saveVectorGraphic(chart, target.toString(), VectorGraphicsFormat.SVG);
    System.out.println("plot: " + target);
  }

  private static List<String> names(List<Bar> bars) {
    return bars.stream().map(Bar::name).toList();
  }

  private static List<Double> values(List<Bar> bars, ToDoubleFunction<Bar> of) {
    return bars.stream().mapToDouble(of).map(Plots::shown).boxed().toList();
  }

  /** Three digits are as many as a label can carry. */
  private static double shown(double value) {
    return value < 1 ? Math.rint(value * 1e3) / 1e3 : Math.rint(value * 1e2) / 1e2;
  }
}
