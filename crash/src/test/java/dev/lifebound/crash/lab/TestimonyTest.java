package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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
            new Result.Leak(text),
            new Result.Reported("use after free", text),
            new Result.Thrown("a.B", text))) {
      String line = Testimony.line(result, OptionalLong.of(7));

      assertThat(line).endsWith("\n");
      assertThat(line.indexOf('\n')).isEqualTo(line.length() - 1);
      assertThat(Testimony.result(List.of(line.substring(0, line.length() - 1))))
          .contains(new Testimony.Told(result, Optional.of(Duration.ofNanos(7))));
    }
  }

  private static Optional<Result> result(List<String> lines) {
    return Testimony.result(lines).map(Testimony.Told::result);
  }

  @Test
  void withoutAMarkThereIsNoTime() {
    String line = Testimony.line(new Result.NoHarm("x"), OptionalLong.empty());

    assertThat(Testimony.result(List.of(line.strip())))
        .contains(new Testimony.Told(new Result.NoHarm("x"), Optional.empty()));
  }

  @Test
  void theLastMarkIsTheMistake() {
    List<String> lines =
        List.of(Testimony.bug(5).strip(), "noise", Testimony.bug(7).strip(), "lifebound-lab bug");

    assertThat(Testimony.bugTime(lines)).hasValue(7);
    assertThat(Testimony.bugTime(List.of("noise"))).isEmpty();
  }

  @Test
  void whatOnlyGoSaysIsUnderstood() {
    assertThat(result(List.of("lifebound-lab refuted\tit is not so\t")))
        .contains(new Result.Refuted("it is not so"));
    assertThat(result(List.of("lifebound-lab panicked\tassignment to entry in nil map\t12")))
        .contains(new Result.Panic("assignment to entry in nil map"));
  }

  @Test
  void theLastResultCounts() {
    assertThat(
            result(
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
    assertThat(result(List.of("lifebound-lab silent\tcut\\")))
        .contains(new Result.SilentWrongData("cut\\"));
  }

  @Test
  void aVictimCannotTestifyItsOwnDeath() {
    for (Result result :
        List.of(
            new Result.Abort("", null),
            new Result.FatalError("x", null),
            new Result.Failed("x"),
            new Result.Timeout(Duration.ofSeconds(1)),
            new Result.Crash("SIGSEGV", "SIGSEGV", null, null))) {
      assertThatThrownBy(() -> Testimony.line(result, OptionalLong.empty()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(result.outcome());
    }
  }
}
