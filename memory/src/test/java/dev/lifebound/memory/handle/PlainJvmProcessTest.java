package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Handles in a JVM without a single flag: no warning, no error. */
class PlainJvmProcessTest {
  /** What the child runs: every operation once, and the refusal printed. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      try (Registry registry = Registry.create()) {
        long small = registry.allocate(64, "small");
        long large = registry.allocate(1 << 20, "large");
        try (Lease lease = registry.lease(small)) {
          lease.segment().set(java.lang.foreign.ValueLayout.JAVA_LONG, 0, 6);
          System.out.print(lease.getLong(0));
        }
        registry.release(small);
        registry.release(large);
        try {
          registry.lease(small).close();
        } catch (StaleHandleException e) {
          System.out.print(" refused");
        }
      }
    }
  }

  @Test
  void noFlagIsNeededAndNothingIsWarned() throws Exception {
    Process child =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Child.class.getName()))
            .start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(child.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(err).isEmpty();
    assertThat(out).isEqualTo("6 refused");
    assertThat(child.exitValue()).isZero();
  }
}
