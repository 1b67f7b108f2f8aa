package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RequestTest {
  private static final Request ALL = Request.of(Laboratory.scenarios());

  @Test
  void refusesWhatCannotBeRun() {
    assertThatThrownBy(() -> Request.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("scenarios=[]");
    assertThatThrownBy(() -> ALL.withRepeat(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("repeat=0");
    assertThatThrownBy(() -> ALL.withLanguages(Set.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("languages=[]");
    assertThatThrownBy(() -> ALL.withVictimLimit(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("victimLimit=PT0S");
  }

  @Test
  void eachChangeKeepsTheRest() {
    Request request =
        ALL.withRepeat(3)
            .withVictimLimit(Duration.ofSeconds(1))
            .withLibrary(LibraryChoice.COMPILED)
            .withLanguages(Set.of(Language.JAVA));

    assertThat(request)
        .isEqualTo(
            new Request(
                Laboratory.scenarios(),
                Set.of(Language.JAVA),
                3,
                Duration.ofSeconds(1),
                LibraryChoice.COMPILED,
                Analyser.NONE));
  }

  @Test
  void casesAreThoseInTheLanguagesAskedFor() {
    Request java = ALL.withLanguages(Set.of(Language.JAVA));

    assertThat(java.cases(Scenario.DOUBLE_FREE))
        .extracting(Case::text)
        .containsExactly("24 B", "48 B", "2 kB", "40 MB");
    assertThat(java.cases(Scenario.GO_BELIEFS)).isEmpty();
    assertThat(ALL.cases(Scenario.DOUBLE_FREE)).hasSize(8);
  }
}
