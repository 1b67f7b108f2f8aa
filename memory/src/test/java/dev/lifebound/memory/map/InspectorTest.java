package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the look inside does when another thread is at work. */
class InspectorTest {
  private static final int KEYS = 10_000;

  /** Is cleared in the midst of an inspection, as another thread would. */
  private static final class Cleared extends Engine {
    private long hashesLeft = Long.MAX_VALUE;

    Cleared() {
      super(Settings.of("cleared", 1L, 0, Long.MAX_VALUE, Slabs.Source.SYSTEM));
    }

    @Override
    long hash(long key) {
      if (--hashesLeft == 0) {
        reset();
      }
      return LongLongMap.mix(key);
    }
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aMapThatIsClearedMeanwhileEndsIt() {
    try (Cleared map = new Cleared()) {
      for (long key = 0; key < KEYS; key++) {
        map.insert(map.hash(key), key, key);
      }
      map.hashesLeft = KEYS / 3;
      assertThatThrownBy(() -> Inspector.inspect(map, 0))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("cleared");
    }
  }

  @Test
  void aMapWhoseMemoryIsGoneMeanwhileIsClosed() {
    LongLongMap words = LongLongMap.create();
    NativeMap<String, Long> texts = NativeMap.create(String.class, Long.class);
    words.put(1, 1);
    texts.put("one", 1L);
    // A close of another thread, as far as it comes before this one sees the state.
    words.growth().tables.slabs.close();
    texts.growth().tables.slabs.close();
    assertThatThrownBy(words::inspect)
        .isInstanceOf(MapClosedException.class)
        .hasMessageContaining("operation=inspect");
    assertThatThrownBy(texts::inspect).isInstanceOf(MapClosedException.class);
    assertThat(words.isOpen()).isFalse();
  }
}
