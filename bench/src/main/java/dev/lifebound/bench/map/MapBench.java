package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;
import java.util.List;
import java.util.Locale;

/**
 * The maps of native memory against fastutil, Agrona, Eclipse Collections, HashMap,
 * ConcurrentHashMap, Chronicle Map, Go's map and Rust's.
 *
 * <p>Keys are random. Subjects take turns in one JVM, each round beginning with another; figures
 * are ratios of medians unless their names say otherwise. "Called" is a get that is not compiled
 * into the loop around it. Run: {@code bench/run map [--quick] [--plot DIR] [--part NAME...]}; a
 * part is named after its class.
 */
public final class MapBench {
  private MapBench() {}

  /** In the order of their figures. */
  private static List<Part> parts() {
    return List.of(
        new Throughput(),
        new TypedMaps(),
        new Pauses(),
        new CompiledPeers(),
        new Footprint(),
        new Misuse(),
        new ConcurrentRows(),
        new CollectorShare());
  }

  public static void main(String[] args) throws Exception {
    Part.Plan plan = new Part.Plan(List.of(args).contains("--quick"));
    Plots plots = Plots.of(List.of(args));
    Figures figures = new Figures();
    List<String> words = List.of(args);
    int only = words.indexOf("--part");
    for (Part part : parts()) {
      String name = part.getClass().getSimpleName().toLowerCase(Locale.ROOT);
      if (only < 0 || words.subList(only + 1, words.size()).contains(name)) {
        part.run(plan, figures, plots);
      }
    }
    plots.goals("map-goals", figures.goals());
    System.out.println();
    System.out.println(figures.line());
  }
}
