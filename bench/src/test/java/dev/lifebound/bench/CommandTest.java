package dev.lifebound.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommandTest {
  @Test
  void theMedianIsTheMiddleOfAnyOrder() {
    assertThat(Command.median(new double[] {9, 1, 5})).isEqualTo(5);
    assertThat(Command.min(new double[] {9, 1, 5})).isEqualTo(1);
  }

  @Test
  void aRunCarriesOutputAndExit() throws Exception {
    Command.Run run = Command.java("--version").run();
    assertThat(run.exit()).isZero();
    assertThat(run.output()).contains("25");
    assertThat(run.millis()).isPositive();
    assertThat(Command.java("--no-such-flag").run().exit()).isNotZero();
  }
}
