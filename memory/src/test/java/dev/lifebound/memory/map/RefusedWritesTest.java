package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Maps that are full: what is refused changes nothing, and what was removed is room again. */
class RefusedWritesTest {
  private static final int LIMIT = 4_000_000;

  record Mixed(double x, String text) {}

  private static Object onlyKey(NativeMap<?, ?> map) {
    NativeCursor<?, ?> cursor = map.cursor();
    assertThat(cursor.next()).isTrue();
    return cursor.key();
  }

  @Test
  void aKeyKeepsItsZeroWhenTheValueIsRefused() {
    try (NativeMap<Mixed, byte[]> cells =
            NativeMap.builder(Mixed.class, byte[].class).limitBytes(60_000).build();
        NativeMap<Double, byte[]> words =
            NativeMap.builder(Double.class, byte[].class).limitBytes(60_000).build()) {
      cells.put(new Mixed(0.0, "a"), new byte[10]);
      words.put(0.0, new byte[10]);
      assertThatThrownBy(() -> cells.put(new Mixed(-0.0, "a"), new byte[80_000]))
          .isInstanceOf(MapFullException.class);
      assertThatThrownBy(() -> words.put(-0.0, new byte[80_000]))
          .isInstanceOf(MapFullException.class);
      assertThat(onlyKey(cells)).isEqualTo(new Mixed(0.0, "a"));
      assertThat(onlyKey(words)).isEqualTo(0.0);
      cells.checkInvariants();
      words.checkInvariants();
      cells.put(new Mixed(-0.0, "a"), new byte[20]);
      assertThat(onlyKey(cells)).isEqualTo(new Mixed(-0.0, "a"));
      cells.checkInvariants();
    }
  }

  /** Fills it with large values, and removes them all. */
  private static NativeMap<Long, byte[]> emptied(int bytes) {
    NativeMap<Long, byte[]> map =
        NativeMap.builder(Long.class, byte[].class).limitBytes(LIMIT).build();
    long[] keys = {0};
    assertThatThrownBy(
            () -> {
              while (true) {
                map.put(keys[0], new byte[bytes]);
                keys[0]++;
              }
            })
        .isInstanceOf(MapFullException.class);
    for (long key = 0; key < keys[0]; key++) {
      map.remove(key);
    }
    assertThat(map.size()).isZero();
    return map;
  }

  @Test
  void whatALargeValueLeavesIsRoomForSmallerLargeOnes() {
    try (NativeMap<Long, byte[]> map = emptied(60_000)) {
      for (long key = 0; key < LIMIT / 80_000; key++) {
        map.put(key, new byte[30_000]);
      }
      map.checkInvariants();
      for (long key = 0; key < LIMIT / 80_000; key++) {
        map.put(key, new byte[60_000]);
      }
      map.checkInvariants();
    }
  }

  @Test
  void whatLargeValuesLeaveIsRoomForSmallOnes() {
    try (NativeMap<Long, byte[]> map = emptied(20_000)) {
      for (long key = 0; key < 150; key++) {
        map.put(key, new byte[100]);
      }
      map.checkInvariants();
      for (long key = 0; key < 150; key++) {
        assertThat(map.get(key)).hasSize(100);
        map.remove(key);
      }
      for (long key = 0; key < 150; key++) {
        map.put(key, new byte[20_000]);
      }
      map.checkInvariants();
    }
  }
}
