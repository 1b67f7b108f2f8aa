package dev.lifebound.bench.map;

import dev.lifebound.bench.Malloc;
import dev.lifebound.bench.Plots;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.Tracking;
import dev.lifebound.memory.map.Codecs;
import dev.lifebound.memory.map.NativeMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import net.openhft.chronicle.map.ChronicleMap;

/**
 * The typed map: String keys of 16 bytes, and handles as values.
 *
 * <p>Looked up are Strings that are equal to the keys and not the same, with their {@code hashCode}
 * computed, in another order. The hand-made count is what a program without Lifebound keeps: a
 * {@code ConcurrentHashMap} to an object with the block's address and a count; the put allocates
 * the block, and the remove that brings the count to zero frees it.
 */
final class TypedMaps implements Part {
  private static final int MILLION = 1_000_000;
  private static final int KEY_CHARS = 16;
  private static final int BLOCK_BYTES = 64;
  private static final String OURS = "NativeMap";
  private static final String HASH_MAP = "HashMap";
  private static final String CHRONICLE = "Chronicle Map (presized)";
  private static final String BY_HAND = "ConcurrentHashMap, count, malloc";

  private long sink;

  /** One subject of a row. */
  private record Runner(String name, Runnable work) {}

  @Override
  public void run(Plan plan, Figures figures, Plots plots) throws Exception {
    strings(plan, figures, plots);
    handles(plan, figures, plots);
    System.out.printf("(sink %x)%n", sink & 0xf);
  }

  private void strings(Plan plan, Figures figures, Plots plots) throws Exception {
    Random random = new Random(1);
    List<String> keys = new ArrayList<>(MILLION);
    for (int i = 0; i < MILLION; i++) {
      keys.add(text(random));
    }
    Map<String, Long> heap = new HashMap<>();
    try (NativeMap<String, Long> ours = NativeMap.create(String.class, Long.class);
        ChronicleMap<String, Long> chronicle =
            ChronicleMap.of(String.class, Long.class)
                .averageKeySize(KEY_CHARS)
                .entries(MILLION)
                .create()) {
      for (int i = 0; i < MILLION; i++) {
        ours.put(keys.get(i), (long) i);
        heap.put(keys.get(i), (long) i);
        chronicle.put(keys.get(i), (long) i);
      }
      Collections.shuffle(keys, random);
      String[] sought =
          keys.stream().map(key -> new String(key.toCharArray())).toArray(String[]::new);
      for (String key : sought) {
        sink += key.hashCode();
      }
      Table table = new Table("String keys of 16 bytes, get hit, 1e6", "ns");
      contest(
          table,
          plan.rounds(10, 40),
          MILLION,
          new Runner(OURS, () -> hitOurs(ours, sought)),
          new Runner(HASH_MAP, () -> hitHeap(heap, sought)),
          new Runner(CHRONICLE, () -> hitChronicle(chronicle, sought)));
      show(plots, "map-strings", table);
      figures.add("string_hit_vs_hashmap", table.ratio(OURS, HASH_MAP), 1.50);
      figures.add("string_hit_vs_chronicle", table.ratio(OURS, CHRONICLE), 0.30);
    }
  }

  private static String text(Random random) {
    char[] chars = new char[KEY_CHARS];
    for (int i = 0; i < KEY_CHARS; i++) {
      chars[i] = (char) ('a' + random.nextInt(26));
    }
    return new String(chars);
  }

  private void hitOurs(NativeMap<String, Long> map, String[] keys) {
    for (String key : keys) {
      sink += map.get(key, 0L);
    }
  }

  private void hitHeap(Map<String, Long> map, String[] keys) {
    for (String key : keys) {
      sink += Objects.requireNonNull(map.get(key));
    }
  }

  private void hitChronicle(ChronicleMap<String, Long> map, String[] keys) {
    for (String key : keys) {
      sink += Objects.requireNonNull(map.get(key));
    }
  }

  /** What a program counts by hand. */
  private static final class Counted {
    final long address = Malloc.malloc(BLOCK_BYTES);
    final AtomicInteger count = new AtomicInteger(1);

    void release() {
      if (count.decrementAndGet() == 0) {
        Malloc.free(address);
      }
    }
  }

  private void handles(Plan plan, Figures figures, Plots plots) throws Exception {
    Long[] keys = new Random(2).longs(MILLION).boxed().toArray(Long[]::new);
    ConcurrentMap<Long, Counted> byHand = new ConcurrentHashMap<>();
    try (Registry registry = Registry.create(Tracking.OFF);
        NativeMap<Long, Long> ours =
            NativeMap.create(Codecs.of(Long.class), Codecs.handle(registry))) {
      for (Long key : keys) {
        ours.put(key, registry.allocate(BLOCK_BYTES, "bench"));
        byHand.put(key, new Counted());
      }
      List<Long> order = new ArrayList<>(List.of(keys));
      Collections.shuffle(order, new Random(3));
      Long[] churned = order.toArray(Long[]::new);
      Table table = new Table("handles as values, remove with release and put, 1e6", "ns");
      contest(
          table,
          plan.rounds(6, 20),
          MILLION,
          new Runner(OURS, () -> churnOurs(registry, ours, churned)),
          new Runner(BY_HAND, () -> churnByHand(byHand, churned)));
      show(plots, "map-handles", table);
      figures.add("handles_vs_chm", table.ratio(OURS, BY_HAND), 0.90);
      byHand.values().forEach(Counted::release);
    }
  }

  private static void churnOurs(Registry registry, NativeMap<Long, Long> map, Long[] keys) {
    for (Long key : keys) {
      map.remove(key);
      map.put(key, registry.allocate(BLOCK_BYTES, "bench"));
    }
  }

  private static void churnByHand(ConcurrentMap<Long, Counted> map, Long[] keys) {
    for (Long key : keys) {
      Counted removed = map.remove(key);
      if (removed != null) {
        removed.release();
      }
      map.put(key, new Counted());
    }
  }

  private static void contest(Table table, int rounds, int operations, Runner... runners) {
    for (int round = -3; round < rounds; round++) {
      for (int i = 0; i < runners.length; i++) {
        Runner runner = runners[Math.floorMod(round + i, runners.length)];
        long start = System.nanoTime();
        runner.work.run();
        double nanos = (double) (System.nanoTime() - start) / operations;
        if (round >= 0) {
          table.note(runner.name, round, rounds, nanos);
        }
      }
    }
  }

  private static void show(Plots plots, String file, Table table) throws Exception {
    table.print();
    plots.draw(file, table.title(), table.unit(), "p10", "median", table.bars());
  }
}
