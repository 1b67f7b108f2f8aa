package dev.lifebound.memory.guard;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a self-test, with other programs in its place. */
class SelfTestTest {
  private static ProcessBuilder program(String script) {
    return new ProcessBuilder("sh", "-c", script).redirectErrorStream(true);
  }

  @Test
  void passesByItsLastLine() {
    assertThatCode(() -> SelfTest.run(program("echo warning; echo " + SelfTest.PASSED), 20))
        .doesNotThrowAnyException();
  }

  /** It would make the program hang that it shall protect. */
  @Test
  @Timeout(60)
  void oneThatHangsHasFailed() {
    assertThatThrownBy(() -> SelfTest.run(program("exec sleep 1000"), 1))
        .isInstanceOf(GuardUnavailableException.class)
        .hasMessageContaining("it did not end within 1 s");
  }

  @Test
  void anyOtherEndHasFailed() {
    assertThatThrownBy(() -> SelfTest.run(program("echo died; exit 3"), 20))
        .hasMessageContaining("exit=3, output=died");
    assertThatThrownBy(() -> SelfTest.run(program("echo something"), 20))
        .hasMessageContaining("exit=0, output=something");
    assertThatThrownBy(() -> SelfTest.run(new ProcessBuilder("/no/such/java"), 20))
        .isInstanceOf(GuardUnavailableException.class);
  }
}
