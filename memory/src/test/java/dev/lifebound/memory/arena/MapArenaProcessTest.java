package dev.lifebound.memory.arena;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Arenas in a JVM of their own: without a flag, with the check switch, with little memory. */
class MapArenaProcessTest {
  /** What the child runs: every operation once, and the refusals printed. */
  static final class EveryOperation {
    private EveryOperation() {}

    public static void main(String[] args) throws Exception {
      for (boolean shared : new boolean[] {false, true}) {
        MapArena arena = shared ? MapArena.shared("a") : MapArena.single("a");
        long block = arena.allocateBlock(64);
        arena.setLong(block, 6);
        MemorySegment segment = arena.allocate(64, 16);
        segment.set(JAVA_LONG, 0, arena.getLong(block));
        Mark mark = arena.mark();
        long late = arena.allocateZeroedBlock(1 << 20);
        arena.rollback(mark);
        try {
          arena.getLong(late);
          System.out.print("recycled ");
        } catch (RolledBackException e) {
          System.out.print("rolled back ");
        }
        Thread reader = Thread.ofVirtual().start(() -> System.out.print(arena.getLong(block)));
        reader.join();
        arena.reset();
        arena.close();
        try {
          segment.get(JAVA_LONG, 0);
        } catch (IllegalStateException e) {
          System.out.print(" refused ");
        }
      }
    }
  }

  /** Allocates until the JVM has no native memory, and goes on. */
  static final class LittleMemory {
    private LittleMemory() {}

    public static void main(String[] args) {
      try (MapArena arena = MapArena.single("little")) {
        List<Long> blocks = new ArrayList<>();
        try {
          while (blocks.size() < 100_000) {
            long block = arena.allocateBlock(1_000);
            arena.setLong(block, blocks.size());
            blocks.add(block);
          }
        } catch (OutOfMemoryError e) {
          System.out.print(e.toString().contains("tag=little") ? "refused" : e);
        }
        arena.checkInvariants();
        for (int i = 0; i < blocks.size(); i++) {
          if (arena.getLong(blocks.get(i)) != i) {
            System.out.print(" lost " + i);
          }
        }
        arena.reset();
        for (int i = 0; i < blocks.size(); i++) {
          arena.setLong(arena.allocateBlock(1_000), i);
        }
        arena.checkInvariants();
        System.out.print(blocks.size() > 7_000 ? " usable" : " too early: " + blocks.size());
      }
    }
  }

  @Test
  void noFlagIsNeededAndNothingIsWarned() throws Exception {
    assertThat(outputOf(EveryOperation.class)).isEqualTo("recycled 6 refused recycled 6 refused ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Dlifebound.check", "-Dlifebound.check=true"})
  void thePropertySwitchesCheckedModeOn(String option) throws Exception {
    assertThat(outputOf(EveryOperation.class, option))
        .isEqualTo("rolled back 6 refused rolled back 6 refused ");
  }

  @Test
  void whenTheSystemHasNoMemoryTheArenaStaysUsable() throws Exception {
    // MallocLimit makes the JVM's own malloc fail, as the system's would.
    assertThat(
            outputOf(
                LittleMemory.class,
                "-XX:NativeMemoryTracking=summary",
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:MallocLimit=other:8m:oom",
                "-Xlog:disable"))
        .isEqualTo("refused usable");
  }

  private static String outputOf(Class<?> main, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    Process child = new ProcessBuilder(command).start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(child.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(err).isEmpty();
    assertThat(child.exitValue()).isZero();
    return out;
  }
}
