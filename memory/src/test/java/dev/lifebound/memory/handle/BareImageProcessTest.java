package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the library loads of modules that a program may not have. */
class BareImageProcessTest {
  /** Everything that would make an event, and an MXBean. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      try (Registry registry =
          Registry.builder()
              .tracking(Tracking.FULL)
              .leakListener(leak -> System.out.print("leak=" + leak.tag() + " "))
              .build()) {
        long handle = registry.allocate(64, "freed");
        Lease lease = registry.lease(handle);
        registry.release(handle);
        lease.close();
        refused(() -> registry.lease(handle));
        refused(() -> registry.release(handle));
        registry.allocate(64, "kept");
      }
      if (args.length > 0) {
        refused(() -> Registry.builder().mxBean(args[0]).build());
      }
    }

    private static void refused(Runnable work) {
      try {
        work.run();
      } catch (LifeboundException | UnsupportedOperationException e) {
        System.out.print(e.getClass().getSimpleName() + " ");
      }
    }
  }

  private static List<String> run(List<String> options, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
    command.addAll(List.of(arguments));
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).as(out).isZero();
    return out.lines().toList();
  }

  @Test
  void theBaseModuleAloneIsEnough() throws Exception {
    assertThat(run(List.of("--limit-modules", "java.base"), "bare"))
        .containsExactly(
            "StaleHandleException DoubleReleaseException leak=kept UnsupportedOperationException ");
  }

  @Test
  void withoutARecordingTheRecorderIsNotStarted() throws Exception {
    List<String> loaded = run(List.of("-Xlog:class+load"));
    assertThat(loaded).anyMatch(line -> line.contains(Events.class.getName() + " "));
    assertThat(loaded.stream().filter(line -> line.contains("jdk.jfr.")).toList())
        .hasSizeLessThan(3)
        .allMatch(line -> line.contains("jdk.jfr.FlightRecorder"));
    assertThat(loaded)
        .noneMatch(line -> line.contains(JfrEvents.class.getName()))
        .noneMatch(line -> line.contains("java.lang.management"));
  }
}
