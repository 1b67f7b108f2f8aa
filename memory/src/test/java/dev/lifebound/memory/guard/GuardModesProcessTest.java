package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The guard under the interpreter, each compiler and several collectors, in a JVM each. */
class GuardModesProcessTest {
  /** Good and dead accesses of several kinds; prints how many of each were caught. */
  static final class Child {
    private static final List<BiFunction<GuardPool, MemorySegment, Object>> KINDS =
        List.of(
            (pool, b) -> pool.getByte(b, 1),
            (pool, b) -> pool.getInt(b, 3),
            (pool, b) -> pool.getLong(b, 8),
            (pool, b) -> pool.access(b, Child::write),
            (pool, b) -> pool.access(b, dead -> dead.fill((byte) 3)),
            (pool, b) -> pool.access(b, dead -> dead.toArray(JAVA_BYTE)),
            (pool, b) -> pool.access(b, dead -> dead.asByteBuffer().getLong(24)));

    private static MemorySegment write(MemorySegment block) {
      block.set(JAVA_LONG_UNALIGNED, 16, 5);
      return block;
    }

    private Child() {}

    public static void main(String[] args) throws InterruptedException {
      int rounds = Integer.parseInt(args[0]);
      Runnable work = () -> work(rounds);
      Thread thread = args[1].equals("virtual") ? Thread.ofVirtual().start(work) : null;
      if (thread == null) {
        work.run();
      } else {
        thread.join();
      }
    }

    private static void work(int rounds) {
      long caught = 0;
      long falseAlarms = 0;
      try (GuardPool pool = GuardPool.open()) {
        for (int i = 0; i < rounds; i++) {
          BiFunction<GuardPool, MemorySegment, Object> kind = KINDS.get(i % KINDS.size());
          MemorySegment block = pool.allocate(64);
          falseAlarms += isCaught(pool, block, kind);
          pool.free(block.address());
          caught += isCaught(pool, block, kind);
        }
      }
      System.out.print("caught=" + caught + " falseAlarms=" + falseAlarms);
    }

    private static int isCaught(
        GuardPool pool, MemorySegment block, BiFunction<GuardPool, MemorySegment, Object> kind) {
      try {
        var _ = kind.apply(pool, block);
        return 0;
      } catch (UseAfterFreeException e) {
        return 1;
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3000 platform -Xint",
        "30000 platform -XX:TieredStopAtLevel=1",
        "30000 platform -XX:-TieredCompilation",
        "30000 platform -XX:+UseZGC",
        "30000 platform -XX:+UseParallelGC",
        "30000 virtual -XX:+UseSerialGC"
      })
  void everyDeadAccessIsCaughtAndNoGoodOne(String run) throws Exception {
    String[] words = run.split(" ", -1);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(words[2], "-Xmx256m", "-XX:ErrorFile=/dev/null"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:-CreateCoredumpOnCrash"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
    command.addAll(List.of(words[0], words[1]));
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(out).isEqualTo("caught=" + words[0] + " falseAlarms=0");
    assertThat(child.exitValue()).isZero();
  }
}
