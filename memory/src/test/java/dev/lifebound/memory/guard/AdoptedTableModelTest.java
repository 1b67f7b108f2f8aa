package dev.lifebound.memory.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.handle.AdoptedBlocks;
import dev.lifebound.memory.handle.CFrees;
import dev.lifebound.memory.os.NativeCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The native table of adopted blocks against a {@link HashMap}, through growth and removal. */
class AdoptedTableModelTest {
  private static final int STEPS = 40_000;
  private static final int ADDRESSES = 6_000;
  private static final long REGISTRY = 1L << CFrees.REGISTRY_SHIFT;

  /** Keeps what the table tells. */
  private static final class Recorder implements AdoptedTable.Memory {
    private final List<Long> freed = new ArrayList<>();
    private long published;
    private boolean used;

    @Override
    public void free(long address, int image, int symbol) {
      freed.add(address);
    }

    @Override
    public boolean isGuarded(long address) {
      return false;
    }

    @Override
    public void publish(long table) {
      published = table;
    }

    @Override
    public void used(boolean any) {
      used = any;
    }
  }

  private static final AdoptedBlocks.Source SOURCE =
      new AdoptedBlocks.Source() {
        @Override
        public void settle(long handle, AdoptedBlocks.@Nullable Freer freer) {}

        @Override
        public String describe(long handle) {
          return "block";
        }
      };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void itHoldsWhatAHashMapHolds(long seed) {
    Random random = new Random(seed);
    Recorder memory = new Recorder();
    AdoptedTable table = new AdoptedTable(NativeCode.load(), memory);
    Map<Long, Long> model = new HashMap<>();
    long[] words = new long[1];
    int tables = 0;
    long published = 0;
    for (int step = 0; step < STEPS; step++) {
      // Few lines apart, so that runs of entries meet and wrap around.
      long address = 0x10_0000 + 16L * random.nextInt(ADDRESSES);
      switch (random.nextInt(8)) {
        case 0, 1, 2, 3 -> {
          long handle = REGISTRY | (long) step << CFrees.HANDLE_GENERATION_SHIFT | step;
          table.entered(SOURCE, handle, address, 48, words.length);
          model.put(address, handle);
        }
        case 4 -> {
          Long handle = model.get(address);
          if (handle != null) {
            table.entered(SOURCE, handle, address, 48, words.length);
          }
        }
        case 5 -> table.left(REGISTRY | (1L << 40) - 1, address); // another block's handle
        default -> {
          Long handle = model.remove(address);
          if (handle != null) {
            table.left(handle, address);
          }
        }
      }
      if (memory.published != published) {
        published = memory.published;
        tables++;
        table.checkInvariants();
      }
      assertThat(table.size()).isEqualTo(model.size());
      assertThat(memory.used).isEqualTo(!model.isEmpty());
      if (step % 1_000 == 0) {
        check(table, model);
      }
    }
    check(table, model);
    assertThat(tables).as("it grew").isGreaterThan(2);
    assertThat(memory.freed).as("nothing here was freed by C").isEmpty();
    model.forEach((address, handle) -> table.left(handle, address));
    assertThat(table.size()).isZero();
    table.checkInvariants();
  }

  private static void check(AdoptedTable table, Map<Long, Long> model) {
    table.checkInvariants();
    for (long i = 0; i < ADDRESSES; i++) {
      long address = 0x10_0000 + 16 * i;
      Long handle = model.get(address);
      assertThat(table.handleOf(address)).isEqualTo(handle == null ? 0 : handle);
    }
  }
}
