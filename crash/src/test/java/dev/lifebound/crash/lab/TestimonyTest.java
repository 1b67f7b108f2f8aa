package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestimonyTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"", "plain", "two\nlines\r\n", "tab\tbed", "back\\slash\\n", "\\", "\u00fc\u2028"})
  void everyTextSurvivesTheWay(String text) {
    for (Result result :
        List.of(
            new Result.SilentWrongData(text),
            new Result.NoHarm(text),
            new Result.NotRun(text),
            new Result.Thrown("a.B", text))) {
      String line = Testimony.line(result);

      assertThat(line).endsWith("\n");
      assertThat(line.indexOf('\n')).isEqualTo(line.length() - 1);
      assertThat(Testimony.result(List.of(line.substring(0, line.length() - 1)))).contains(result);
    }
  }

  @Test
  void theLastResultCounts() {
    assertThat(
            Testimony.result(
                List.of(
                    "lifebound-lab no-harm\tfirst", "noise", "lifebound-lab silent\tlast", "#")))
        .contains(new Result.SilentWrongData("last"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "# SIGSEGV", "lifebound-lab ", "lifebound-lab silent", "lifebound-lab x\ty"})
  void otherLinesTellNothing(String line) {
    assertThat(Testimony.result(List.of(line))).isEmpty();
  }

  @Test
  void aLineCutOffInTheMiddleOfAnEscapeIsStillText() {
    assertThat(Testimony.result(List.of("lifebound-lab silent\tcut\\")))
        .contains(new Result.SilentWrongData("cut\\"));
  }

  @Test
  void aVictimCannotTestifyItsOwnDeath() {
    for (Result result :
        List.of(
            new Result.Abort(""),
            new Result.Failed("x"),
            new Result.Timeout(Duration.ofSeconds(1)),
            new Result.Crash("SIGSEGV", "SIGSEGV", null, null))) {
      assertThatThrownBy(() -> Testimony.line(result))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(result.outcome());
    }
  }
}
