package dev.lifebound.crash.autopsy.heap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.crash.autopsy.heap.HeapSearch.Held;
import dev.lifebound.crash.autopsy.heap.HeapSearch.Target;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JNA's pointers in the dump of a real program. */
class JnaHolderProcessTest {
  private static final String VICTIM = JnaHolderVictim.class.getName();

  @TempDir private static Path folder;
  private static Path dump;
  private static long memory;

  @BeforeAll
  static void dumpAHeap() throws Exception {
    dump = folder.resolve("heap.hprof");
    String output = Children.run(List.of("-Xmx64m"), JnaHolderVictim.class, dump.toString());
    memory = Long.parseLong(output.strip().replaceFirst("(?s).*memory ", ""));
  }

  private static List<Held> holders(long address) throws UnreadableDumpException {
    return HeapSearch.find(dump, Target.block(address, 4096)).holders();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "30 | .BY_TEXT | anna | java.util.HashMap",
        "31 | .SESSIONS | 7 | java.util.concurrent.ConcurrentHashMap",
        "32 | .BY_POINTER | 0x7e0002000000 | java.util.HashMap",
        "33 | $Player.stream | - | -",
      })
  void aPointerIsHeldByWhatHoldsIt(
      int number, String place, @Nullable String key, @Nullable String map) throws Exception {
    Held held = holders(HolderVictim.at(number)).getFirst();
    assertThat(held.place()).isEqualTo(VICTIM + place);
    assertThat(held.key()).isEqualTo(key);
    assertThat(held.map()).isEqualTo(map);
    assertThat(held.pointer()).isEqualTo("JNA Pointer");
  }

  @Test
  void ofMemoryTheProgramsMapIsNamedAndNotTheListThatJnaKeeps() throws Exception {
    List<Held> holders = holders(memory);
    assertThat(holders).extracting(Held::place).containsExactly(VICTIM + ".BUFFERS");
    assertThat(holders.getFirst().key()).isEqualTo("frame");
    assertThat(holders.getFirst().pointer()).isEqualTo("JNA Memory");
  }
}
