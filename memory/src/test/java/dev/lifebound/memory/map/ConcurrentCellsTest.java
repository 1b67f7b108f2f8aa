package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Where a concurrent map keeps keys and values that are no words, and what becomes of the room. */
class ConcurrentCellsTest {
  /** {@code bench/stress map} does half of 1e9. */
  private static final long CHURN = Long.getLong("lifebound.map.churn", 10_000_000L) / 2;

  private static final String FILLER = "x".repeat(97);

  private static ConcurrentNativeMap<String, String> texts(ConcurrentMapBuilder builder) {
    return builder.build(Codecs.of(String.class), Codecs.of(String.class));
  }

  private static String text(long number) {
    return number + "/" + FILLER.substring((int) (number % 97)) + "/" + number;
  }

  /**
   * After so many of the first removes and puts each stripe has begun its next page, which it would
   * have whatever comes; where all pages are in use that is a new slab.
   */
  private static final int BEGUN = 1_000;

  static long moved(ConcurrentTables tables) {
    long moved = 0;
    Stripe[] root = tables.root;
    for (int i = 0; i < root.length; i = ConcurrentTables.next(root, i)) {
      moved += root[i].state.cells.moved();
    }
    return moved;
  }

  /** Without the slab that stands ready: when it is there is up to another thread. */
  private static long bytes(MapInspection inspection) {
    return inspection.bytes().total() - inspection.bytes().spare();
  }

  @Test
  void churnOfKeysAndValuesOfAllSizesIsBounded() {
    int size = 20_000;
    long first = 1_000_000_000;
    SplittableRandom random = new SplittableRandom(1);
    try (ConcurrentNativeMap<String, String> map = texts(ConcurrentNativeMap.builder().seed(7))) {
      String[] keys = new String[size];
      for (int i = 0; i < size; i++) {
        keys[i] = text(first + i);
        map.put(keys[i], text(random.nextInt(1_000_000_000, 2_000_000_000)));
      }
      MapInspection before = map.inspect();
      for (long i = 0; i < CHURN / 2; i++) {
        if (i == BEGUN) {
          before = map.inspect();
        }
        int at = random.nextInt(size);
        assertThat(map.remove(keys[at])).isNotNull();
        keys[at] = text(first + size + i);
        map.put(keys[at], text(random.nextInt(1_000_000_000, 2_000_000_000)));
      }
      MapInspection after = map.inspect();
      assertThat(map.size()).isEqualTo(size);
      assertThat((double) bytes(after)).isLessThanOrEqualTo(1.10 * bytes(before));
      map.checkInvariants();
    }
  }

  /** Three of four entries are removed; what they leave is joined, and serves cells of any size. */
  @Test
  void pagesAreEmptiedWhenHalfIsDead() {
    try (ConcurrentNativeMap<String, String> map = texts(ConcurrentNativeMap.builder().seed(7))) {
      Map<String, String> model = new HashMap<>();
      for (int i = 0; i < 40_000; i++) {
        map.put(text(i), text(i + 7));
        model.put(text(i), text(i + 7));
      }
      long before = bytes(map.inspect());
      MapInspection.Cells full = map.inspect().cells();
      for (int i = 0; i < 40_000; i++) {
        if (i % 4 != 0) {
          assertThat(map.remove(text(i))).isEqualTo(model.remove(text(i)));
        }
      }
      for (int round = 0; round < 4; round++) {
        for (String key : model.keySet()) {
          assertThat(map.put(key, model.get(key))).isEqualTo(model.get(key));
        }
      }
      map.checkInvariants();
      MapInspection.Cells cells = map.inspect().cells();
      assertThat(moved(map.tables)).isPositive();
      assertThat(cells.free()).isGreaterThan(full.live() / 2);
      assertThat(cells.holes()).isLessThan(cells.live() + 64 * 3 * 4096);
      assertThat(map.asConcurrentMap()).isEqualTo(model);

      // The room of small cells serves large ones, as far as it lies side by side.
      long large = cells.free() / 2 / 3_000;
      for (int i = 0; i < large; i++) {
        map.put("large" + i, "y".repeat(3_000));
      }
      assertThat((double) bytes(map.inspect()) / before).isLessThan(1.05);
      map.checkInvariants();
    }
  }

  /** As the single-writer maps: no write moves more than a few cells. */
  @Test
  void noWriteMovesMoreThanAFewCells() {
    try (ConcurrentNativeMap<String, String> map = texts(ConcurrentNativeMap.builder().seed(7))) {
      for (int i = 0; i < 20_000; i++) {
        map.put(text(i), text(i));
      }
      long most = 0;
      long before = moved(map.tables);
      for (int i = 0; i < 20_000; i++) {
        if (i % 5 != 0) {
          map.remove(text(i));
          long now = moved(map.tables);
          most = Math.max(most, now - before);
          before = now;
        }
      }
      assertThat(most).isBetween(1L, CellCleaning.STEP_CELLS + 2L * ConcurrentTables.GROUP_SLOTS);
    }
  }

  @Test
  void whatLargeValuesLeaveIsJoinedWhenThereIsALimit() {
    long limit = 4 << 20;
    try (ConcurrentNativeMap<Long, byte[]> map =
        ConcurrentNativeMap.builder()
            .seed(7)
            .limitBytes(limit)
            .build(Codecs.of(Long.class), Codecs.of(byte[].class))) {
      int small = fill(map, 20_000);
      assertThat(small * 20_000L).isGreaterThan(limit * 3 / 4);
      for (long key = 0; key < small; key++) {
        map.remove(key);
      }
      int large = fill(map, 30_000);
      // Two of them in 64 KiB.
      assertThat(large * 30_000L).isGreaterThan(limit * 2 / 3);
      map.checkInvariants();
    }
  }

  /** As many values of this size as the limit lets in. */
  private static int fill(ConcurrentNativeMap<Long, byte[]> map, int bytes) {
    for (int count = 0; ; count++) {
      try {
        map.put((long) count, new byte[bytes]);
      } catch (MapFullException e) {
        return count;
      }
    }
  }

  /** Small values, all removed, then larger ones, at a limit: pages are emptied at once. */
  @Test
  void atTheLimitPagesAreEmptiedForOtherSizes() {
    try (ConcurrentNativeMap<Long, byte[]> map =
        ConcurrentNativeMap.builder()
            .seed(7)
            .limitBytes(2 << 20)
            .build(Codecs.of(Long.class), Codecs.of(byte[].class))) {
      int most = 0;
      for (int bytes : new int[] {40, 900, 100, 3_000, 24, 600}) {
        int count = fill(map, bytes);
        map.checkInvariants();
        most = Math.max(most, count);
        assertThat((long) count * bytes).as("of %s bytes", bytes).isGreaterThan(300_000);
        // All but a few, which lie in many pages.
        for (long key = 0; key < count; key++) {
          if (key % 50 != 0) {
            map.remove(key);
          }
        }
        map.checkInvariants();
      }
    }
  }

  /** At the limit all the time: what is refused changes nothing, and what is there is right. */
  @Test
  void isAMapAtItsLimit() {
    try (ConcurrentNativeMap<String, String> map =
        texts(ConcurrentNativeMap.builder().seed(7).limitBytes(600_000))) {
      Map<String, String> model = new HashMap<>();
      Random random = new Random(3);
      int refused = 0;
      for (int i = 0; i < 200_000; i++) {
        String key = "key " + random.nextInt(2_000);
        // Sizes come and go.
        String value = text(i) + "v".repeat(random.nextInt(1 + i / 100 % 1_500));
        if (random.nextInt(3) == 0) {
          assertThat(map.remove(key)).isEqualTo(model.remove(key));
        } else {
          try {
            assertThat(map.put(key, value)).isEqualTo(model.put(key, value));
          } catch (MapFullException e) {
            refused++;
            if (model.containsKey(key)) {
              assertThat(map.get(key)).isEqualTo(model.get(key));
            }
          }
        }
        if (i % 10_000 == 0) {
          map.checkInvariants();
          assertThat(map.asConcurrentMap()).isEqualTo(model);
        }
      }
      assertThat(refused).isBetween(1, 150_000);
      assertThat(moved(map.tables)).isPositive();
    }
  }

  @Test
  void aStripeThatWasSplitKeepsItsCells() {
    try (ConcurrentNativeMap<String, String> map =
        texts(ConcurrentNativeMap.builder().seed(7).sizes(2, 4, 2))) {
      Map<String, String> model = new HashMap<>();
      Random random = new Random(3);
      for (int i = 0; i < 60_000; i++) {
        String key = text(random.nextInt(i < 30_000 ? 4_000 : 200));
        if (random.nextInt(i < 30_000 ? 4 : 2) == 0) {
          assertThat(map.remove(key)).isEqualTo(model.remove(key));
        } else {
          assertThat(map.put(key, text(i))).isEqualTo(model.put(key, text(i)));
        }
        if (i % 5_000 == 0) {
          map.checkInvariants();
        }
      }
      assertThat(map.asConcurrentMap()).isEqualTo(model);
    }
  }
}
