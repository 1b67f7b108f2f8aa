package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every kind of access to a dead block, in a JVM for each compiler and mode: none ends the process,
 * and each is thrown, recovered or, when the kernel makes it, refused by an IOException.
 */
class EveryAccessProcessTest {
  /** Prints a line for each kind: its name, and what became of ten dead accesses. */
  static final class Child {
    private static final int ACCESSES = 10;

    @SuppressWarnings("UnusedVariable") // keeps results alive
    private static volatile long sink;

    private Child() {}

    public static void main(String[] args) throws InterruptedException {
      Mode mode = Mode.valueOf(args[0]);
      PageDeath pages = PageDeath.valueOf(args[1]);
      int warmUp = Integer.parseInt(args[2]);
      List<GuardReport> reports = new ArrayList<>();
      try (Armed guard = Guard.arm(GuardOptions.of(mode).pages(pages))) {
        guard.onReport(reports::add);
        Runnable all =
            () ->
                AccessKinds.all()
                    .forEach(
                        (name, kind) -> print(name, outcomes(guard, mode, name, kind, warmUp)));
        if (args[3].equals("virtual")) {
          Thread.ofVirtual().start(all).join();
        } else {
          all.run();
        }
        guard.flush();
      }
      print("reports", List.of(String.valueOf(reports.size())));
    }

    private static void print(String name, Iterable<String> outcomes) {
      System.out.println("kind " + name + " " + String.join(",", outcomes));
    }

    private static Set<String> outcomes(
        Armed guard, Mode mode, String name, AccessKinds.Kind kind, int warmUp) {
      MemorySegment good = block(guard);
      for (int i = 0; i < warmUp; i++) {
        run(name, kind, good);
      }
      guard.free(good.address());
      Set<String> outcomes = new TreeSet<>();
      for (int i = 0; i < ACCESSES; i++) {
        MemorySegment block = block(guard);
        guard.free(block.address());
        String outcome = run(name, kind, block);
        boolean met = guard.faults(block.address()) > 0;
        outcomes.add(outcome.equals("ran") ? (met ? "recovered" : "MISSED") : outcome);
        outcomes.add(strictRead(guard, mode, block));
      }
      outcomes.remove("");
      return outcomes;
    }

    /** Our own reads throw in strict mode, also of a page that was brought back. */
    private static String strictRead(Armed guard, Mode mode, MemorySegment block) {
      try {
        sink = guard.getLong(block, 8);
        return mode == Mode.STRICT ? "NOT_STRICT" : "";
      } catch (UseAfterFreeException e) {
        return mode == Mode.STRICT ? "" : "STRICT";
      }
    }

    private static String run(String name, AccessKinds.Kind kind, MemorySegment block) {
      try {
        return late(kind, block);
      } catch (InternalError e) {
        return "late";
      } catch (IOException e) {
        return name.equals("fileWrite") ? "refused:" + e.getMessage() : e.toString();
      } catch (IndexOutOfBoundsException e) {
        return "ran"; // getString without a zero byte
      } catch (Throwable e) {
        return e.toString();
      }
    }

    private static String late(AccessKinds.Kind kind, MemorySegment block) throws Throwable {
      try {
        sink = kind.on(block);
        GuardPool.deliverPendingError();
        return "ran";
      } catch (InternalError e) {
        return "thrown";
      }
    }

    private static MemorySegment block(Armed guard) {
      MemorySegment block = guard.tryAllocate(AccessKinds.BLOCK_BYTES).orElseThrow();
      block.fill((byte) 7);
      block.set(JAVA_BYTE, 100, (byte) 0);
      return block;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "STRICT, USERFAULTFD, 0, platform, -Xint",
    "STRICT, USERFAULTFD, 3000, virtual, -XX:TieredStopAtLevel=1",
    "STRICT, USERFAULTFD, 20000, platform, -XX:-TieredCompilation",
    "STRICT, REMAP, 20000, platform, -XX:+UseParallelGC",
    "STRICT, PROTECT, 20000, virtual, -XX:+UseZGC",
    "RECOVER, USERFAULTFD, 0, platform, -Xint",
    "RECOVER, USERFAULTFD, 20000, virtual, -XX:+UseSerialGC",
    "RECOVER, REMAP, 3000, platform, -XX:TieredStopAtLevel=1",
    "RECOVER, PROTECT, 20000, platform, -XX:-TieredCompilation"
  })
  void noDeadAccessEndsTheProcess(
      String mode, String pages, String warmUp, String thread, String flag) throws Exception {
    ChildJvm child = ChildJvm.run(Child.class, flag, mode, pages, warmUp, thread);
    assertThat(child.exit()).as(child.out()).isZero();
    List<String> lines = child.out().lines().filter(line -> line.startsWith("kind ")).toList();
    assertThat(lines).hasSize(AccessKinds.all().size() + 1);
    for (String line : lines) {
      String kind = line.split(" ", -1)[1];
      if (!kind.equals("reports")) {
        assertThat(line.substring(line.lastIndexOf(' ') + 1).split(",", -1))
            .as(child.out())
            .isSubsetOf(allowed(kind, Mode.valueOf(mode)));
      }
    }
  }

  private static String[] allowed(String kind, Mode mode) {
    if (kind.equals("fileWrite")) {
      return new String[] {"address"}; // refused:Bad address
    }
    return mode == Mode.STRICT
        ? new String[] {"thrown", "late", "recovered"}
        : new String[] {"recovered"};
  }

  /**
   * In compiled code the plain accesses do throw in strict mode: recovery is not the whole answer.
   */
  @ParameterizedTest
  @CsvSource({"-XX:TieredStopAtLevel=1 -Xbatch, 3000", "-XX:-TieredCompilation -Xbatch, 20000"})
  void plainAccessesOfCompiledCodeThrow(String flag, String warmUp) throws Exception {
    ChildJvm child = ChildJvm.run(Child.class, flag, "STRICT", "USERFAULTFD", warmUp, "platform");
    Map<String, String> outcomes =
        child
            .out()
            .lines()
            .filter(line -> line.startsWith("kind "))
            .map(line -> line.split(" ", 3))
            .collect(Collectors.toMap(w -> w[1], w -> w[2]));
    assertThat(Stream.of("get", "getByte", "set", "volatile", "box", "compare", "buffer"))
        .as(child.out().toLowerCase(Locale.ROOT))
        .allSatisfy(kind -> assertThat(outcomes.get(kind)).contains("thrown"));
  }
}
