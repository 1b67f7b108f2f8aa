package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Bytes for each entry over one doubling around a million, since every map's vary with its size.
 */
final class Footprint implements Part {
  private static final int MIDDLE = 1_000_000;

  /** Sizes in equal ratios from the middle over the root of two to the middle times it. */
  private static final int STEPS = 16;

  @Override
  public void run(Plan plan, Figures figures, Plots plots) throws Exception {
    Keys keys = Keys.random((int) Math.ceil(MIDDLE * Math.sqrt(2)) + 1, 0);
    Table table = new Table("bytes for each entry, 0.707e6 to 1.414e6", "bytes, over the sizes");
    List<Plots.Line> lines = new ArrayList<>();
    for (Subject subject :
        List.of(new Subjects.Ours(), new Subjects.Fastutil(), new Subjects.Boxed())) {
      lines.add(measure(subject, keys.present(), table));
    }
    table.print();
    String ours = Subjects.OURS;
    double ourMean = table.mean(ours);
    System.out.printf(
        Locale.ROOT,
        "  means: %s %.1f, %s %.1f, %s %.1f; maxima: %.1f, %.1f, %.1f%n",
        ours,
        ourMean,
        Subjects.FASTUTIL,
        table.mean(Subjects.FASTUTIL),
        Subjects.HASH_MAP,
        table.mean(Subjects.HASH_MAP),
        table.max(ours),
        table.max(Subjects.FASTUTIL),
        table.max(Subjects.HASH_MAP));
    figures.add("bytes_mean_vs_fastutil", ourMean / table.mean(Subjects.FASTUTIL), 0.85);
    figures.add("bytes_max_vs_fastutil", table.max(ours) / table.max(Subjects.FASTUTIL), 0.85);
    figures.add("bytes_mean_vs_hashmap", ourMean / table.mean(Subjects.HASH_MAP), 0.35);
    plots.lines("map-bytes-over-size", "bytes for each entry", "entries", "bytes", lines);
    plots.draw("map-bytes", table.title(), "bytes", "p10", "median", table.bars());
  }

  private static Plots.Line measure(Subject subject, long[] keys, Table table) {
    long before = heap();
    subject.open(MIDDLE);
    int filled = 0;
    List<Double> sizes = new ArrayList<>();
    List<Double> bytesForEach = new ArrayList<>();
    for (int step = 0; step <= STEPS; step++) {
      int size = (int) Math.round(MIDDLE * Math.pow(2, (double) step / STEPS - 0.5));
      subject.fill(keys, filled, size);
      filled = size;
      long bytes = heap() - before;
      if (subject instanceof Subjects.Ours ours) {
        // The heap's part was measured; the native part is asked for.
        var inspected = ours.map().inspect().bytes();
        bytes += inspected.total() - inspected.directory();
      }
      table.note(subject.name, step, STEPS + 1, (double) bytes / size);
      sizes.add((double) size);
      bytesForEach.add((double) bytes / size);
    }
    subject.close();
    return new Plots.Line(subject.name, sizes, bytesForEach);
  }

  private static long heap() {
    for (int i = 0; i < 2; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
