package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;
import java.util.List;

/** Gets, iterating, filling and churn: means over many operations, subjects in turn. */
final class Throughput implements Part {
  private static final int MILLION = 1_000_000;
  private static final int LARGE = 20_000_000;
  private static final int SMALL = 1_000;
  private static final int CHUNK = 100_000;

  private long sink;

  @Override
  public void run(Plan plan, Figures figures, Plots plots) throws Exception {
    million(plan, figures, plots);
    if (!plan.quick()) {
      small(plots);
      large(figures, plots);
    }
    System.out.printf("(sink %x)%n", sink & 0xf);
  }

  private void million(Plan plan, Figures figures, Plots plots) throws Exception {
    Keys keys = Keys.random(MILLION, MILLION);
    List<Subject> subjects = plan.quick() ? Subjects.few() : Subjects.all();
    Table grow = grow(subjects, keys, 3, plan.rounds(9, 21));
    Table[] gets = gets(subjects, keys, plan.rounds(40, 120));
    Table iterate = iterate(subjects, MILLION, plan.rounds(20, 40));
    Table churn = churn(subjects, keys, MILLION, 2, plan.rounds(8, 20));
    close(subjects);
    show(plots, "map-hit-called", gets[0]);
    show(plots, "map-miss-called", gets[1]);
    show(plots, "map-hit-tight", gets[2]);
    show(plots, "map-iterate", iterate);
    show(plots, "map-grow", grow);
    show(plots, "map-churn", churn);
    String ours = Subjects.OURS;
    String presized = Subjects.PRESIZED;
    String fastutil = Subjects.FASTUTIL;
    figures.add("hit_called_vs_fastutil", gets[0].ratio(ours, fastutil), 1.35);
    figures.add("hit_called_vs_hashmap", gets[0].ratio(ours, Subjects.HASH_MAP), 0.75);
    figures.add("hit_tight_vs_fastutil", gets[2].ratio(ours, fastutil), 1.75);
    figures.add("miss_called_vs_fastutil", gets[1].ratio(ours, fastutil), 1.25);
    figures.add("presized_hit_vs_fastutil", gets[0].ratio(presized, fastutil), 1.05);
    figures.add("presized_hit_tight_vs_fastutil", gets[2].ratio(presized, fastutil), 1.30);
    figures.add("iterate_vs_fastutil", iterate.ratio(ours, fastutil), 0.55);
    figures.add("grow_vs_fastutil", grow.ratio(ours, fastutil), 1.25);
    figures.add("grow_vs_hashmap", grow.ratio(ours, Subjects.HASH_MAP), 0.60);
    figures.add("churn_vs_fastutil", churn.ratio(ours, fastutil), 1.60);
  }

  private void small(Plots plots) throws Exception {
    Keys keys = Keys.random(SMALL, SMALL);
    List<Subject> subjects = Subjects.all();
    for (Subject subject : subjects) {
      subject.open(SMALL);
      subject.fill(keys.present(), 0, SMALL);
    }
    Table hit = new Table("get hit, called, 1e3", "ns");
    Table miss = new Table("get miss, called, 1e3", "ns");
    int rounds = 60;
    int repeats = CHUNK / SMALL;
    for (int round = -10; round < rounds; round++) {
      for (int i = 0; i < subjects.size(); i++) {
        Subject subject = subjects.get(Math.floorMod(round + i, subjects.size()));
        long start = System.nanoTime();
        for (int r = 0; r < repeats; r++) {
          sink += subject.called(keys.shuffled(), 0, SMALL);
        }
        note(hit, subject, round, rounds, start, CHUNK);
        start = System.nanoTime();
        for (int r = 0; r < repeats; r++) {
          sink += subject.called(keys.absent(), 0, SMALL);
        }
        note(miss, subject, round, rounds, start, CHUNK);
      }
    }
    close(subjects);
    show(plots, "map-hit-called-1e3", hit);
    show(plots, "map-miss-called-1e3", miss);
  }

  private void large(Figures figures, Plots plots) throws Exception {
    Keys keys = Keys.random(LARGE, LARGE);
    List<Subject> subjects =
        List.of(new Subjects.Ours(), new Subjects.Presized(), new Subjects.Fastutil());
    Table grow = grow(subjects, keys, 0, 3);
    Table[] gets = gets(subjects, keys, 40);
    Table iterate = iterate(subjects, LARGE, 5);
    Table churn = churn(subjects, keys, LARGE / 4, 1, 4);
    close(subjects);
    show(plots, "map-hit-called-2e7", gets[0]);
    show(plots, "map-miss-called-2e7", gets[1]);
    show(plots, "map-iterate-2e7", iterate);
    show(plots, "map-grow-2e7", grow);
    show(plots, "map-churn-2e7", churn);
    String ours = Subjects.OURS;
    String fastutil = Subjects.FASTUTIL;
    figures.add("hit_called_2e7_vs_fastutil", gets[0].ratio(ours, fastutil));
    figures.add("miss_called_2e7_vs_fastutil", gets[1].ratio(ours, fastutil), 0.80);
    figures.add("churn_2e7_vs_fastutil", churn.ratio(ours, fastutil), 0.90);
    figures.add("grow_2e7_vs_fastutil", grow.ratio(ours, fastutil));
    figures.add("iterate_2e7_vs_fastutil", iterate.ratio(ours, fastutil));
  }

  /** Fills from empty; the maps of the last round stay open. */
  private static Table grow(List<Subject> subjects, Keys keys, int warmUp, int rounds) {
    int count = keys.present().length;
    Table table = new Table("put growing to " + text(count) + ", mean", "ns");
    for (int round = -warmUp; round < rounds; round++) {
      for (int i = 0; i < subjects.size(); i++) {
        Subject subject = subjects.get(Math.floorMod(round + i, subjects.size()));
        System.gc();
        subject.open(count);
        long start = System.nanoTime();
        subject.fill(keys.present(), 0, count);
        note(table, subject, round, rounds, start, count);
        if (round < rounds - 1) {
          subject.close();
        }
      }
    }
    return table;
  }

  private Table[] gets(List<Subject> subjects, Keys keys, int rounds) {
    int count = keys.present().length;
    String size = text(count);
    Table hit = new Table("get hit, called, " + size, "ns");
    Table miss = new Table("get miss, called, " + size, "ns");
    Table tight = new Table("get hit, tight loop, " + size, "ns");
    int chunks = count / CHUNK;
    int warmUp = 12;
    for (int round = -warmUp; round < rounds; round++) {
      int from = Math.floorMod(round, chunks) * CHUNK;
      for (int i = 0; i < subjects.size(); i++) {
        Subject subject = subjects.get(Math.floorMod(round + i, subjects.size()));
        long start = System.nanoTime();
        sink += subject.called(keys.shuffled(), from, from + CHUNK);
        note(hit, subject, round, rounds, start, CHUNK);
        start = System.nanoTime();
        sink += subject.called(keys.absent(), from, from + CHUNK);
        note(miss, subject, round, rounds, start, CHUNK);
      }
      // Other keys than those that were just asked for.
      int other = Math.floorMod(round + chunks / 2, chunks) * CHUNK;
      for (int i = 0; i < subjects.size(); i++) {
        Subject subject = subjects.get(Math.floorMod(round + i, subjects.size()));
        long start = System.nanoTime();
        sink += subject.tight(keys.shuffled(), other, other + CHUNK);
        note(tight, subject, round, rounds, start, CHUNK);
      }
    }
    return new Table[] {hit, miss, tight};
  }

  private Table iterate(List<Subject> subjects, int count, int rounds) {
    Table table = new Table("iterate all, " + text(count), "ns for each entry");
    for (int round = -4; round < rounds; round++) {
      for (int i = 0; i < subjects.size(); i++) {
        Subject subject = subjects.get(Math.floorMod(round + i, subjects.size()));
        long start = System.nanoTime();
        sink += subject.sum();
        note(table, subject, round, rounds, start, count);
      }
    }
    return table;
  }

  private static Table churn(
      List<Subject> subjects, Keys keys, int operations, int warmUp, int rounds) {
    Table table =
        new Table("remove + put at " + text(keys.present().length) + " entries", "ns for both");
    // Warm-up and rounds are even, so that the map ends as it began.
    for (int round = -warmUp; round < rounds; round++) {
      boolean forth = Math.floorMod(round, 2) == 0;
      long[] out = forth ? keys.present() : keys.absent();
      long[] in = forth ? keys.absent() : keys.present();
      for (int i = 0; i < subjects.size(); i++) {
        Subject subject = subjects.get(Math.floorMod(round + i, subjects.size()));
        long start = System.nanoTime();
        subject.churn(out, in, 0, operations);
        note(table, subject, round, rounds, start, operations);
      }
    }
    return table;
  }

  private static void note(
      Table table, Subject subject, int round, int rounds, long start, int operations) {
    double nanos = (double) (System.nanoTime() - start) / operations;
    if (round >= 0) {
      table.note(subject.name, round, rounds, nanos);
    }
  }

  private static void close(List<Subject> subjects) {
    subjects.forEach(Subject::close);
  }

  private static void show(Plots plots, String file, Table table) throws Exception {
    table.print();
    plots.draw(file, table.title(), table.unit(), "p10", "median", table.bars());
  }

  static String text(int count) {
    int zeros = 0;
    int left = count;
    for (; left % 10 == 0; left /= 10) {
      zeros++;
    }
    return left + "e" + zeros;
  }
}
